"""The variance of AUCs in closed form: a check on the bootstrap where rows are independent."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, rankdata

from resgat.checks import check_range
from resgat.metrics.inputs import as_binary


def delong(logits: ArrayLike, label: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the AUCs of detectors on the same rows, and their covariance.

    Rows count as independent. Frames of one video are not, and neither are videos of one person:
    on such rows the variance is too small, and :func:`~resgat.metrics.resample.resample` is right.

    Args:
        logits: Of each detector.
        label: 1 = fake.

    Returns:
        AUCs (M,) and their covariance (M, M).

    Shape:
        logits: (M, N)
        label: (N,)

    Raises:
        ValueError: Fewer than two reals or two fakes, or a logit that is not finite.

    Source:
        DeLong, DeLong and Clarke-Pearson 1988; by midranks, Sun and Xu 2014.
    """
    rows = [as_binary(one, label) for one in np.atleast_2d(np.asarray(logits, np.float64))]
    target = rows[0][1]
    fakes = int(target.sum())
    reals = target.size - fakes
    if min(fakes, reals) < 2:
        msg = f"expected at least two reals and two fakes, got {reals} and {fakes}"
        raise ValueError(msg)
    beaten = np.empty((len(rows), fakes))  # share of the reals below each fake
    lost = np.empty((len(rows), reals))  # share of the fakes above each real
    for place, (value, _) in enumerate(rows):
        rank = rankdata(value)
        beaten[place] = (rank[target == 1] - rankdata(value[target == 1])) / reals
        lost[place] = 1 - (rank[target == 0] - rankdata(value[target == 0])) / fakes
    covariance = np.atleast_2d(np.cov(beaten)) / fakes + np.atleast_2d(np.cov(lost)) / reals
    return beaten.mean(1), covariance


def delong_interval(
    logit: ArrayLike, label: ArrayLike, level: float = 0.95
) -> tuple[float, float] | None:
    """Return the interval of an AUC if rows were independent; None for fewer than two of a class.

    Shape:
        logit, label: (N,)

    Raises:
        ConfigError: ``level`` is outside [0, 1].
        ValueError: A logit is not finite, a label is neither 0 nor 1, or the lengths differ.
    """
    check_range("level", level, low=0, high=1)
    value, target = as_binary(logit, label)
    if min(target.sum(), target.size - target.sum()) < 2:
        return None
    (auc,), ((variance,),) = delong(value, target)
    reach = norm.ppf((1 + level) / 2) * np.sqrt(variance)
    return max(0.0, float(auc - reach)), min(1.0, float(auc + reach))
