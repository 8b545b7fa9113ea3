"""What training seeds add to a resample of groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resgat.stats.student import student_scale


def seed_weights(rng: np.random.Generator, num_seeds: int, size: int) -> NDArray[np.float64]:
    """Return weights of seeds under which their mean is distributed by Student's t.

    Numbers x of S seeds, so weighted, add up to ``mean(x) + sd(x) / sqrt(S) * t`` with a draw t of
    Student's distribution of ``S - 1`` degrees of freedom. Drawn with replacement, two or three
    seeds would show too little of how much trainings differ. A weight may be negative or large:
    use them on sums, and never below a fraction.

    Args:
        rng: Draws.
        num_seeds: S; one counts for 1.
        size: D.

    Returns:
        A row for each draw, which adds up to 1.

    Shape:
        returns: (D, S)
    """
    if num_seeds == 1:
        return np.ones((size, 1))
    normal = rng.normal(size=(size, num_seeds))
    scale = student_scale(1 - rng.random(size), num_seeds)
    excess = scale[:, None] * (normal - normal.mean(1, keepdims=True))
    return np.asarray((1 + excess) / num_seeds, np.float64)


def with_seeds(
    whole: NDArray[np.float64],
    drawn: NDArray[np.float64],
    scale: NDArray[np.float64],
    apart: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return what groups, stretched, and seeds make of a mean over seeds.

    Groups move the mean over all seeds, and seeds move it by how far apart they are on *all*
    groups. Seeds of the resample itself lie further apart, by the noise of its groups, and that is
    in the groups' part already. What a seed does with one group and not with others remains in
    both parts. Taken out of the seeds' part, intervals of two seeds would cover as little as 90 %
    for 95, and p-values of three that say 0.005 would be 0.01.

    Args:
        whole: Of all groups.
        drawn: Of each resample of groups.
        scale: From :func:`~resgat.stats.student.student_scale`.
        apart: How far each seed's value on all groups is from the mean; adds up to 0.
        weights: From :func:`seed_weights`.

    Shape:
        whole: (M,), or a number
        drawn, scale, returns: (D, M) or (D,)
        apart: (S, M) or (S,)
        weights: (D, S)
    """
    return np.asarray(whole + scale * (drawn - whole) + weights @ apart, np.float64)
