"""From the resamples of an estimate to an interval and a p-value."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_NORMAL = NormalDist()


def bca_interval(
    estimate: float, drawn: Values, left_out: Values, level: float
) -> tuple[float, float]:
    """Return the bias-corrected and accelerated interval of an estimate.

    Args:
        estimate: Of all groups.
        drawn: Of the resamples, finite.
        left_out: With each group, or each block of groups, left out in turn.
        level: Share of the draws inside, before the correction.

    Shape:
        drawn: (D,)
        left_out: (G,)

    Source:
        Efron 1987, "Better Bootstrap Confidence Intervals".
    """
    ties = np.count_nonzero(drawn == estimate)
    below = (np.count_nonzero(drawn < estimate) + 0.5 * ties) / len(drawn)
    if not 0 < below < 1:
        return float(drawn.min()), float(drawn.max())
    bias = _NORMAL.inv_cdf(below)
    pull = left_out.mean() - left_out
    spread = float((pull**2).sum())
    skew = 0.0 if spread == 0 else float((pull**3).sum()) / (6 * spread**1.5)

    def corrected(tail: float) -> float:
        z = bias + _NORMAL.inv_cdf(tail)
        return _NORMAL.cdf(bias + z / (1 - skew * z))

    tails = [corrected((1 - level) / 2), corrected((1 + level) / 2)]
    low, high = np.quantile(drawn, tails)
    return float(low), float(high)


def two_sided(drawn: Values) -> float:
    """Return the p-value of "the difference is zero" from resamples of the difference.

    Shape:
        drawn: (D,); those that are not finite are left out

    Example:
        >>> two_sided(np.array([0.1, 0.2, 0.3]))
        0.5
    """
    drawn = drawn[np.isfinite(drawn)]
    # One more on each side: no number of draws shows that something is impossible.
    tails = (np.count_nonzero(drawn <= 0) + 1, np.count_nonzero(drawn >= 0) + 1)
    return float(min(1.0, 2 * min(tails) / (len(drawn) + 1)))
