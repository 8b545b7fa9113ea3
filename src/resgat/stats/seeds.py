"""How much each training seed counts in a resample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t


def seed_weights(rng: np.random.Generator, num_seeds: int, size: int) -> NDArray[np.float64]:
    """Return weights of seeds under which their mean spreads as Student's t allows for at 95 %.

    Draws with replacement spread by too little by ``(S - 1) / S``, and S seeds tell their spread
    only with ``S - 1`` degrees of freedom; what is drawn is stretched around even weights. So a
    weight may be negative: use them on sums, and never below a fraction.

    Args:
        rng: Draws.
        num_seeds: S; one counts for 1.
        size: D.

    Returns:
        A row for each draw, which adds up to 1.

    Shape:
        returns: (D, S)

    Source:
        Davison and Hinkley 1997, "Bootstrap Methods and their Application", section 3.8.
    """
    if num_seeds == 1:
        return np.ones((size, 1))
    even = np.full(num_seeds, 1 / num_seeds)
    stretch = np.sqrt(num_seeds / (num_seeds - 1)) * t.ppf(0.975, num_seeds - 1) / norm.ppf(0.975)
    drawn = rng.multinomial(num_seeds, even, size) / num_seeds
    return np.asarray(even + stretch * (drawn - even), np.float64)
