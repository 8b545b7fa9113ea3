"""How much each training seed counts in a resample."""

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
