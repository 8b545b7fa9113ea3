"""One number that makes a detector's probabilities honest: the temperature of its logits."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from resgat.checks import check_range
from resgat.errors import SplitError
from resgat.metrics.inputs import as_binary

#: Temperatures that are looked at. A detector without a mistake on val would get 0.
COLDEST, HOTTEST = 0.05, 20.0


def fit_temperature(logit: ArrayLike, label: ArrayLike) -> float:
    """Return the temperature that gives logits their smallest log loss.

    Above 1 the detector was too sure, below 1 not sure enough; ``sigmoid(logit / temperature)`` is
    the calibrated probability. The order of the rows, and with it the AUC, stays the same. Without
    a mistake to learn from, the result is the coldest that is allowed, 0.05; :func:`why_at_bound`
    tells such a result from a true minimum.

    Args:
        logit: On the validation split.
        label: 1 = fake.

    Shape:
        logit, label: (N,)

    Raises:
        SplitError: The rows hold one class only.
        ValueError: A logit is not finite, a label is neither 0 nor 1, or the lengths differ.

    Source:
        Guo et al. 2017, "On Calibration of Modern Neural Networks" (arXiv 1706.04599), section 4.2.

    Example:
        >>> round(fit_temperature([4.0, 4.0, 4.0, -4.0, -4.0, -4.0], [1, 1, 0, 0, 0, 1]), 2)
        5.77
    """
    value, target = as_binary(logit, label)
    num_fake = int(target.sum())
    if num_fake in (0, target.size):
        msg = (
            f"a temperature needs real and fake rows, got {target.size - num_fake} real and "
            f"{num_fake} fake; fit it on a split that holds both"
        )
        raise SplitError(msg)
    signed = np.where(target == 1, value, -value)

    # Convex in the inverse temperature, so the one minimum is found.
    def log_loss(inverse: float) -> float:
        return float(np.logaddexp(0, -signed * inverse).mean())

    ends = (1 / HOTTEST, 1 / COLDEST)
    found = minimize_scalar(log_loss, bounds=ends, method="bounded", options={"xatol": 1e-6})
    # The ends first: where they are as good, nothing between them was found.
    best = min((*ends, float(found.x)), key=log_loss)
    return 1 / best


def why_at_bound(temperature: float) -> str | None:
    """Say why a temperature is no minimum but the end of the search; None of a true one.

    Example:
        >>> why_at_bound(1.3), why_at_bound(0.05)
        (None, 'the end of the search: val holds no mistake that would keep it from 0')
    """
    if temperature <= COLDEST:
        return "the end of the search: val holds no mistake that would keep it from 0"
    if temperature >= HOTTEST:
        return "the end of the search: the logits say nothing of val, or the opposite of the truth"
    return None


def calibrated(logit: ArrayLike, temperature: float) -> NDArray[np.float64]:
    """Return logits at a temperature.

    Raises:
        ConfigError: ``temperature`` is outside [0.05, 20].
    """
    check_range("temperature", temperature, low=COLDEST, high=HOTTEST)
    return np.asarray(logit, np.float64) / temperature
