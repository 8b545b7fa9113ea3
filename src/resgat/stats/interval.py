"""From the resamples of an estimate to an interval and a p-value."""

from __future__ import annotations

import math
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
    correction = _correction(estimate, drawn, left_out)
    if correction is None:
        return float(drawn.min()), float(drawn.max())
    bias, skew = correction

    def corrected(tail: float) -> float:
        z = bias + _NORMAL.inv_cdf(tail)
        return _NORMAL.cdf(bias + z / (1 - skew * z))

    tails = [corrected((1 - level) / 2), corrected((1 + level) / 2)]
    low, high = np.quantile(drawn, tails)
    return float(low), float(high)


def bca_p_value(estimate: float, drawn: Values, left_out: Values) -> float:
    """Return the two-sided p-value of "it is zero": below alpha where the interval excludes zero.

    The interval is :func:`bca_interval` at level ``1 - alpha``, solved for alpha. No number of
    draws shows that something is impossible: the least p-value is ``2 / (D + 1)``.

    Args:
        estimate: Of all groups.
        drawn: Of the resamples, finite.
        left_out: With each group, or each block of groups, left out in turn.

    Shape:
        drawn: (D,)
        left_out: (G,)

    Example:
        >>> bca_p_value(0.2, np.array([0.1, 0.2, 0.3]), np.array([0.1, 0.3]))
        0.5

    Source:
        Efron and Tibshirani 1993, "An Introduction to the Bootstrap", section 15.6.
    """
    tails = (
        _lower_tail(estimate, drawn, left_out),
        _lower_tail(-estimate, -drawn, -left_out),
    )
    return min(1.0, 2 * max(min(tails), 1 / (len(drawn) + 1)))


def _lower_tail(estimate: float, drawn: Values, left_out: Values) -> float:
    """Return the tail below which an interval leaves so little that its lower end is zero."""
    share = float((drawn <= 0).mean())
    correction = _correction(estimate, drawn, left_out)
    if correction is None or share in {0, 1}:
        return float(share > 0)
    bias, skew = correction
    z = _NORMAL.inv_cdf(share) - bias
    stretch = 1 + skew * z
    return _NORMAL.cdf((z / stretch if stretch > 0 else math.copysign(math.inf, z)) - bias)


def _correction(estimate: float, drawn: Values, left_out: Values) -> tuple[float, float] | None:
    """Return bias and acceleration; None where every draw lies on one side of the estimate."""
    ties = np.count_nonzero(drawn == estimate)
    below = (np.count_nonzero(drawn < estimate) + 0.5 * ties) / len(drawn)
    if not 0 < below < 1:
        return None
    pull = left_out.mean() - left_out
    spread = float((pull**2).sum())
    skew = 0.0 if spread == 0 else float((pull**3).sum()) / (6 * spread**1.5)
    return _NORMAL.inv_cdf(below), skew
