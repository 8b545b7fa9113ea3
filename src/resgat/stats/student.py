"""How far draws with replacement are stretched to spread as Student's t allows for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2


def student_scale(uniform: NDArray[np.float64], num: int) -> NDArray[np.float64]:
    """Return what to multiply each draw's deviation from the estimate by.

    N units drawn with replacement spread by too little by ``(N - 1) / N``, and tell their spread
    only with ``N - 1`` degrees of freedom. A normal deviation, times ``sqrt(N / chi2)`` with a
    draw of chi-squared of ``N - 1`` degrees of freedom, has Student's t for its distribution: at
    every level, as p-values that are corrected for their number need it, and not only at 95 %.

    Args:
        uniform: Draws above 0, up to 1.
        num: N; a single one has no deviation, and its scale is 1.

    Shape:
        uniform: (D,)
        returns: (D,)

    Source:
        Student 1908, "The Probable Error of a Mean".
    """
    if num < 2:
        return np.ones_like(uniform)
    return np.asarray(np.sqrt(num / chi2.ppf(uniform, num - 1)), np.float64)
