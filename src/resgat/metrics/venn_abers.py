"""How far a probability can be trusted: two calibrated ones, with the truth between them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import isotonic_regression

from resgat.errors import SplitError
from resgat.metrics.inputs import as_binary

#: Rows of a split that a checkpoint carries; more would narrow an interval by less than 1/1000.
MAX_ROWS = 2048


class ValRows(NamedTuple):
    """What a detector said of the rows that it is calibrated on.

    Shape:
        logit, label: (N,), ascending by logit; 1 = fake
    """

    logit: NDArray[np.float64]
    label: NDArray[np.int64]


def thinned(logit: ArrayLike, label: ArrayLike) -> ValRows:
    """Return rows by ascending logit, at most :data:`MAX_ROWS` of them, evenly over the order.

    Example:
        >>> thinned([2.0, -1.0], [1, 0]).label.tolist()
        [0, 1]
    """
    value, target = as_binary(logit, label)
    order = np.argsort(value, kind="stable")
    kept = order[np.linspace(0, len(order) - 1, min(len(order), MAX_ROWS)).round().astype(int)]
    return ValRows(value[kept], target[kept])


def doubt_interval(logit: ArrayLike, val: ValRows) -> NDArray[np.float64]:
    """Return the Venn-Abers interval of P(fake) for each logit.

    Its ends are what isotonic regression on the rows of val gives once the new row is added as real
    and as fake. One of the two is perfectly calibrated if the new row comes from where the rows of
    val came from; they are far apart where val has few rows like it. Nothing is promised of another
    source.

    Args:
        logit: Of new rows, finite.
        val: Of the split that the detector was calibrated on.

    Returns:
        The lower and the upper end, in [0, 1].

    Shape:
        logit: (Q,)
        returns: (Q, 2)

    Raises:
        SplitError: The rows of val hold one class only.

    Source:
        Vovk, Petej and Fedorova 2015, "Large-scale probabilistic predictors with and without
        guarantees of validity" (arXiv 1511.00213), section 2.

    Example:
        >>> val = thinned([-2.0, -1.0, 1.0, 2.0], [0, 0, 1, 1])
        >>> doubt_interval([3.0, 0.0], val).round(3).tolist()
        [[0.667, 1.0], [0.0, 1.0]]
    """
    if len(set(val.label.tolist())) < 2:
        msg = "an interval of doubt needs real and fake rows; calibrate on a split that holds both"
        raise SplitError(msg)
    place, where = np.unique(val.logit, return_inverse=True)
    weight = np.bincount(where).astype(np.float64)
    fakes = np.bincount(where, weights=val.label).astype(np.float64)
    ends = [_ends(value, place, weight, fakes) for value in np.asarray(logit, np.float64)]
    return np.array(ends, np.float64).reshape(-1, 2)


def _ends(
    value: float,
    place: NDArray[np.float64],
    weight: NDArray[np.float64],
    fakes: NDArray[np.float64],
) -> tuple[float, float]:
    at = int(np.searchsorted(place, value))
    if at == len(place) or place[at] != value:
        weight, fakes = np.insert(weight, at, 0.0), np.insert(fakes, at, 0.0)
    heavier, more = weight.copy(), fakes.copy()
    heavier[at] += 1
    more[at] += 1
    as_real, as_fake = (
        float(isotonic_regression(count / heavier, weights=heavier).x[at])
        for count in (fakes, more)
    )
    return min(max(as_real, 0.0), 1.0), min(max(as_fake, 0.0), 1.0)
