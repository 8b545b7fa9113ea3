"""Which of several detectors is better on the same rows, and which differences are real."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resgat.checks import check_choice
from resgat.errors import ShapeError
from resgat.metrics.detection import LOWER_IS_BETTER, METRIC_NAMES, detection_metrics
from resgat.metrics.inputs import as_binary
from resgat.metrics.measure import within_bounds
from resgat.metrics.resample import Resampled, resample
from resgat.metrics.tallies import Tallies
from resgat.stats.multiplicity import enough_draws, holm


@dataclass(frozen=True, eq=False)
class Contender:
    """A detector: the logits of each of its training seeds.

    Attributes:
        name: Of the detector.
        logits: One row per seed.
        threshold_probs: Of each seed, as chosen on val; None where none could be.

    Shape:
        logits: (S, N)
    """

    name: str
    logits: NDArray[np.float64]
    threshold_probs: Sequence[float | None]


@dataclass(frozen=True)
class Standing:
    """One detector under one metric, the mean over its seeds.

    Attributes:
        value: None where a seed has no value.
        low: Lower end of the 95 % interval; None where it cannot be had.
        high: Upper end.
    """

    name: str
    num_seeds: int
    metric: str
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Gap:
    """How one detector differs from another under a metric.

    Attributes:
        diff: Of ``first`` from ``second``.
        low: Lower end of the 95 % interval; None where it cannot be had.
        high: Upper end.
        p_value: Two-sided, of no difference.
        p_holm: The same for all pairs together.
        is_real: Whether ``p_holm`` is below 0.05.
    """

    first: str
    second: str
    metric: str
    diff: float
    low: float | None
    high: float | None
    p_value: float | None
    p_holm: float | None
    is_real: bool


def compare_detectors(
    contenders: Sequence[Contender],
    label: ArrayLike,
    group: ArrayLike,
    *,
    metric: str = "auc",
    draws: int = 10_000,
    seed: int = 0,
) -> tuple[list[Standing], list[Gap]]:
    """Rank detectors that judged the same rows, and test every pair.

    All are resampled by the same draws of identity groups, so that differences are paired; a
    detector of several seeds is resampled over these, too.

    Args:
        contenders: At least one.
        label: 1 = fake.
        group: Identity group of each row, as numbers or names.
        metric: Of ``detection_metrics``; ranks, and is tested.
        draws: Resamplings, at least; more where there are so many pairs that no p-value of so few
            draws could hold for all of them.
        seed: The same seed gives the same numbers.

    Returns:
        Every metric of every detector, the best by ``metric`` first; and every pair, the better one
        first, in the same order.

    Shape:
        label, group: (N,)

    Raises:
        ConfigError: ``metric`` is none of the metrics.
        ShapeError: A detector judged another number of rows.
        ValueError: A logit is not finite, or a label is neither 0 nor 1.
    """
    check_choice("metric", metric, METRIC_NAMES)
    draws = enough_draws(draws, math.comb(len(contenders), 2))
    target = np.asarray(label)
    names, group_idx = np.unique(np.asarray(group), return_inverse=True)
    exact = [_exact(one, target) for one in contenders]
    sides = [
        [
            Tallies.of(logit, target.astype(np.int64), group_idx, len(names), threshold)
            for logit, threshold in zip(one.logits, one.threshold_probs, strict=True)
        ]
        for one in contenders
    ]
    found = [
        {
            name: each.around(number)
            for name, each in one.items()
            if (number := known[name]) is not None
        }
        for one, known in zip(resample(*sides, draws=draws, seed=seed), exact, strict=True)
    ]
    order = sorted(range(len(contenders)), key=lambda place: _worth(exact[place][metric], metric))
    standings = [
        _standing(contenders[place], name, exact[place][name], found[place].get(name))
        for place in order
        for name in METRIC_NAMES
    ]
    pairs = [(a, b) for a, b in combinations(order, 2) if metric in found[a].keys() & found[b]]
    gaps = [found[a][metric] - found[b][metric] for a, b in pairs]
    raw = {place: p for place, gap in enumerate(gaps) if (p := gap.p_value()) is not None}
    adjusted = dict(zip(raw, holm(list(raw.values())), strict=True))
    return standings, [
        _gap(contenders[a].name, contenders[b].name, metric, gap, adjusted.get(place))
        for place, ((a, b), gap) in enumerate(zip(pairs, gaps, strict=True))
    ]


def _exact(contender: Contender, label: NDArray[np.int64]) -> dict[str, float | None]:
    """Return the means of the metrics over seeds; None where a seed has none."""
    if contender.logits.shape != (len(contender.threshold_probs), len(label)):
        expected = (len(contender.threshold_probs), len(label))
        msg = f"{contender.name}: expected logits of shape {expected}, got {contender.logits.shape}"
        raise ShapeError(msg)
    by_seed = [
        detection_metrics(as_binary(logit, label)[0], label, threshold_prob=threshold)
        for logit, threshold in zip(contender.logits, contender.threshold_probs, strict=True)
    ]
    means = {}
    for name in METRIC_NAMES:
        values = [one[name] for one in by_seed]
        means[name] = None if None in values else float(np.mean(values))
    return means


def _worth(value: float | None, metric: str) -> float:
    if value is None:
        return math.inf
    return value if metric in LOWER_IS_BETTER else -value


def _standing(
    contender: Contender, metric: str, value: float | None, resampled: Resampled | None
) -> Standing:
    interval = None if resampled is None else within_bounds(metric, resampled.interval())
    low, high = interval or (None, None)
    return Standing(contender.name, len(contender.logits), metric, value, low, high)


def _gap(first: str, second: str, metric: str, gap: Resampled, p_holm: float | None) -> Gap:
    low, high = gap.interval() or (None, None)
    is_real = p_holm is not None and p_holm < 0.05
    return Gap(first, second, metric, gap.estimate, low, high, gap.p_value(), p_holm, is_real)
