"""Every number of one detector on one set of rows, each with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resgat.metrics.calibration import calibrated, why_at_bound
from resgat.metrics.delong import delong_interval
from resgat.metrics.detection import (
    METRIC_NAMES,
    PROBABILITY_NAMES,
    Metrics,
    detection_metrics,
    probability_metrics,
)
from resgat.metrics.inputs import as_binary
from resgat.metrics.resample import Resampled, resample
from resgat.metrics.tallies import Tallies

_TOO_FEW_GROUPS = "fewer than two identity groups hold real rows, or fake rows"
_NO_SPREAD = "every resample gives the same number, which says nothing of other people"
_NO_VARIANCE = "all fakes are above all reals, or below, which says nothing of other rows"
_ECE = "an estimate of it cannot fall below its own noise, so resamples do not tell the true one"
_NO_TEMPERATURE = "no temperature was fitted on val"


def measure(
    logit: ArrayLike,
    label: ArrayLike,
    group: ArrayLike,
    *,
    threshold_prob: float | None,
    temperature: float | None,
    draws: int = 1000,
    seed: int = 0,
) -> Metrics:
    """Measure a detector, with 95 % intervals over identity groups.

    Args:
        logit: One per row.
        label: 1 = fake.
        group: Identity group of each row, as numbers or names.
        threshold_prob: As ``detection_metrics`` takes it.
        temperature: As ``fit_temperature`` returned it for val; None where none could be fitted.
        draws: Resamplings behind each interval.
        seed: The same seed gives the same intervals.

    Returns:
        What ``detection_metrics`` returns, ``temperature``, and ``log_loss``, ``brier`` and ``ece``
        of the calibrated probabilities under ``<key>_calibrated``; ``temperature_reason`` where the
        temperature is only the end of the search for one. Beside each metric its interval,
        ``<key>_ci``: two numbers, or None with ``<key>_ci_reason``. ``auc_delong_ci`` is what the
        interval would be if all rows were independent. ``n_groups`` counts the groups,
        ``n_groups_real`` and ``n_groups_fake`` those that hold a real or a fake.

    Shape:
        logit, label, group: (N,)

    Raises:
        ConfigError: A threshold, a temperature or ``draws`` is out of range.
        ValueError: A logit is not finite, a label is neither 0 nor 1, or the lengths differ.
    """
    value, target = as_binary(logit, label)
    names, group_idx = np.unique(np.asarray(group), return_inverse=True)
    rows = _Rows(target, group_idx, len(names))
    exact = detection_metrics(value, target, threshold_prob=threshold_prob)
    cooler = None if temperature is None else calibrated(value, temperature)
    as_it_is, cooled = rows.resample(value, cooler, threshold_prob, draws, seed)
    found = _with_intervals(METRIC_NAMES, exact, as_it_is)
    found |= _delong(value, target)
    found |= {"n": target.size, "n_fake": int(target.sum()), "n_groups": len(names)}
    for side, what in enumerate(("real", "fake")):
        found[f"n_groups_{what}"] = len(np.unique(group_idx[target == side]))
    found |= {"threshold_prob": threshold_prob, "temperature": temperature}
    if temperature is not None and (why := why_at_bound(temperature)) is not None:
        found["temperature_reason"] = why
    return found | _calibrated(cooler, target, cooled)


class _Rows(NamedTuple):
    """What detectors are measured on.

    Attributes:
        label: (N,), 1 = fake.
        group_idx: (N,), below ``num_groups``.
    """

    label: NDArray[np.int64]
    group_idx: NDArray[np.int64]
    num_groups: int

    def resample(
        self,
        logit: NDArray[np.float64],
        cooler: NDArray[np.float64] | None,
        threshold_prob: float | None,
        draws: int,
        seed: int,
    ) -> tuple[dict[str, Resampled], dict[str, Resampled]]:
        """Return the metrics of logits, and of calibrated ones, in the same resamples."""
        if not self.num_groups:
            return {}, {}
        plain = Tallies.of(logit, *self, threshold_prob)
        if cooler is None:
            return resample([plain], draws=draws, seed=seed)[0], {}
        cooled = Tallies.of_probabilities(cooler, *self)
        first, second = resample([plain], [cooled], draws=draws, seed=seed)
        return first, second


def _calibrated(
    logit: NDArray[np.float64] | None,
    label: NDArray[np.int64],
    resampled: Mapping[str, Resampled],
) -> Metrics:
    """Return what a temperature changes, under ``<key>_calibrated``."""
    found: Metrics = {}
    if logit is None:
        for key in (f"{name}_calibrated{end}" for name in PROBABILITY_NAMES for end in ("", "_ci")):
            found |= {key: None, f"{key}_reason": _NO_TEMPERATURE}
        return found
    exact = probability_metrics(logit, label)
    for key, number in _with_intervals(PROBABILITY_NAMES, exact, resampled).items():
        name = next(name for name in PROBABILITY_NAMES if key.startswith(name))
        found[f"{name}_calibrated{key.removeprefix(name)}"] = number
    return found


def _with_intervals(
    names: Sequence[str], exact: Metrics, resampled: Mapping[str, Resampled]
) -> Metrics:
    """Return metrics, each with its interval or the reason why it has none."""
    found: Metrics = {}
    for name in names:
        found |= {key: exact[key] for key in (name, f"{name}_reason") if key in exact}
        interval = None
        if exact[name] is not None and name in resampled:
            interval = within_bounds(name, resampled[name].around(exact[name]).interval())
        found[f"{name}_ci"] = interval
        if interval is None:
            why = _NO_SPREAD if name in resampled else why_not_resampled(name)
            found[f"{name}_ci_reason"] = exact.get(f"{name}_reason", why)
    return found


def why_not_resampled(name: str) -> str:
    """Say why resamples tell nothing of a metric that has a value.

    Example:
        >>> why_not_resampled("auc")
        'fewer than two identity groups hold real rows, or fake rows'
    """
    return _ECE if name == "ece" else _TOO_FEW_GROUPS


def within_bounds(name: str, interval: tuple[float, float] | None) -> list[float] | None:
    """Return an interval inside the range of its metric: all but the log loss end at 1.

    One without a width is None: it would read as certainty.
    """
    if interval is None:
        return None
    low, high = interval
    if low == high:
        return None
    return [max(0.0, low), high if name == "log_loss" else min(1.0, high)]


def _delong(logit: NDArray[np.float64], label: NDArray[np.int64]) -> Metrics:
    interval = delong_interval(logit, label)
    found = within_bounds("auc", interval)
    if found is None:
        reason = "fewer than two rows are real, or fewer than two are fake"
        return {
            "auc_delong_ci": None,
            "auc_delong_ci_reason": reason if interval is None else _NO_VARIANCE,
        }
    return {"auc_delong_ci": found}
