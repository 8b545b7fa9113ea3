"""Can a ranking of methods be trusted? If images disagree on it, no narrow interval helps.

Legend: n images, M methods.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resgat.checks import check_range
from resgat.errors import ShapeError

Values = NDArray[np.float64]

#: Below this the ranking is not to be trusted, however small the intervals.
LEAST_AGREEMENT = 0.2


def kendalls_w(values: Values) -> float | None:
    """Return how far the images agree on the ranking of the methods.

    ``W = 12 S / (n^2 (M^3 - M) - n sum T)``, ``S`` being the squared deviations of the methods'
    rank sums and ``T = sum (t^3 - t)`` over an image's ties. 0 is none, 1 full agreement; chance is
    ``1 / n``. Images with an undefined score are left out.

    Returns:
        W, or None with fewer than two images or methods, or where all scores are tied.

    Shape:
        values: (n, M)

    Raises:
        ShapeError: ``values`` has another number of dimensions.

    Source:
        Kendall and Babington Smith 1939; used for explanations by Tomsett et al. 2020 (AAAI 34).
    """
    _check(values)
    known = values[np.isfinite(values).all(1)]
    num, methods = known.shape
    if num < 2 or methods < 2:
        return None
    ranks = np.array([_ranks(row) for row in known])
    sums = ranks.sum(0)
    ties = sum(float((counts**3 - counts).sum()) for counts in map(_tie_sizes, known))
    below = num**2 * (methods**3 - methods) - num * ties
    if below <= 0:
        return None
    return float(12 * ((sums - sums.mean()) ** 2).sum() / below)


def split_half(values: Values, *, repeats: int = 100, seed: int = 0) -> float | None:
    """Return the rank correlation of the methods' means between random halves of the images.

    Spearman's, averaged over ``repeats`` splits. 1 means that any half tells the same ranking;
    chance is 0.

    Returns:
        The correlation, or None with fewer than four images or three methods.

    Shape:
        values: (n, M)

    Raises:
        ShapeError: ``values`` has another number of dimensions.
        ConfigError: ``repeats`` is below one.
    """
    _check(values)
    check_range("repeats", repeats, low=1)
    known = values[np.isfinite(values).all(1)]
    if len(known) < 4 or known.shape[1] < 3:
        return None
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(repeats):
        order = rng.permutation(len(known))
        halves = np.array_split(order, 2)
        first, second = (_ranks(known[half].mean(0)) for half in halves)
        if first.std() > 0 and second.std() > 0:
            found.append(float(np.corrcoef(first, second)[0, 1]))
    return float(np.mean(found)) if found else None


def _ranks(row: Values) -> Values:
    """Return ranks from 1, tied ones averaged."""
    below = (row[None, :] < row[:, None]).sum(1)
    tied = (row[None, :] == row[:, None]).sum(1)
    return np.asarray(below + (tied + 1) / 2, np.float64)


def _tie_sizes(row: Values) -> Values:
    return np.unique(row, return_counts=True)[1].astype(np.float64)


def _check(values: Values) -> None:
    if values.ndim != 2:
        msg = f"values: expected shape (images, methods), got {values.shape}"
        raise ShapeError(msg)
