"""From scores to what is claimed of them: each method beside its controls, and each pair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc

from resgat.explain.stats.bootstrap import Estimate, compare, estimate_means
from resgat.explain.stats.scores import PERMUTED, Better, Block, block, check_scores
from resgat.stats.multiplicity import enough_draws, holm

#: Methods that know nothing of the model; none of them can beat the controls.
CONTROLS = (
    "random",
    "random_smooth",
    "center",
    "uniform",
    "face_prior",
    "srm_energy",
    "degree_null",
    "oracle_node",
)

_RIVALS = ("random_smooth", "center")


@dataclass(frozen=True)
class SummaryRow:
    """One method under one metric.

    Attributes:
        permuted: What the method's own maps of other images score: its honest chance level.
        diff_random: Paired difference from ``random_smooth``, with its interval.
        diff_center: Paired difference from ``center``, with its interval.
        better: Which way the metric is better.
        beats_controls: Whether the intervals of the differences from random_smooth, from center and
            from its own permuted maps, as far as these were scored, lie on the better side. Never
            for a control, never without an interval, and never under a metric with ``unrelated``.
        unrelated: What two unrelated maps score, under a metric that is perfect for whatever does
            not look at the picture: it describes, and no control is a rival. None under the others.
    """

    model: str
    track: str
    metric: str
    method: str
    mean: float | None
    low: float | None
    high: float | None
    n_images: int
    n_groups: int
    n_degenerate: int
    n_undefined: int
    permuted: float | None
    diff_random: float | None
    diff_random_low: float | None
    diff_random_high: float | None
    diff_center: float | None
    diff_center_low: float | None
    diff_center_high: float | None
    better: Better
    beats_controls: bool
    unrelated: float | None = None


@dataclass(frozen=True)
class PairRow:
    """Two methods under one metric; ``diff`` is ``a - b`` on the images that both have."""

    model: str
    track: str
    metric: str
    a: str
    b: str
    diff: float | None
    low: float | None
    high: float | None
    p_value: float | None
    p_holm: float | None
    superiority: float | None
    is_equivalent: bool
    margin: float


def summarise(
    scores: pa.Table,
    better: Mapping[str, Better],
    unrelated: Mapping[str, float] = MappingProxyType({}),
    *,
    draws: int = 10_000,
    seed: int = 0,
) -> list[SummaryRow]:
    """Summarise each method under each metric, beside its controls.

    Args:
        scores: Of :data:`~resgat.explain.stats.scores.SCORES_SCHEMA`.
        better: Which way each metric is better; one that is not named describes.
        unrelated: Metrics under which a map that does not look at the picture is perfect -> what
            two unrelated maps score.
        draws: Resamplings.
        seed: The same seed gives the same intervals.

    Raises:
        IndexSchemaError: ``scores`` breaks its contract.
    """
    check_scores(scores)
    rows: list[SummaryRow] = []
    for (model, track, metric), part in _parts(scores):
        level = unrelated.get(metric)
        found = _Summary(part, better.get(metric, "none"), level, draws, seed)
        rows += found.rows(model, track, metric)
    return rows


def compare_methods(
    scores: pa.Table, *, margin: float = 0.02, draws: int = 10_000, seed: int = 0
) -> list[PairRow]:
    """Compare all pairs of methods under each metric; Holm's correction is within a metric.

    Nobody asks which of two controls is better: such a pair has no ``p_holm``, and does not make
    the others' larger.

    Args:
        scores: Of :data:`~resgat.explain.stats.scores.SCORES_SCHEMA`.
        margin: Methods that differ by less count as equal.
        draws: Resamplings, at least; more where there are many pairs, see
            :func:`~resgat.stats.multiplicity.enough_draws`.
        seed: The same seed gives the same intervals.

    Raises:
        IndexSchemaError: ``scores`` breaks its contract.
        ConfigError: ``margin`` or ``draws`` is out of range.
    """
    check_scores(scores)
    rows: list[PairRow] = []
    for (model, track, metric), part in _parts(scores):
        places = [p for p, name in enumerate(part.methods) if not name.startswith(PERMUTED)]
        pairs = list(combinations(places, 2))
        if not pairs:
            continue
        first, second = (part.values[..., [pair[side] for pair in pairs]] for side in (0, 1))
        asked = [place for place, pair in enumerate(pairs) if not _are_controls(part, pair)]
        enough = enough_draws(draws, len(asked))
        found = compare(first, second, part.groups, margin=margin, draws=enough, seed=seed)
        raw = {at: p for at in asked if (p := found[at].p_value) is not None}
        adjusted = dict(zip(raw, holm(list(raw.values())), strict=True))
        rows += [
            PairRow(
                model,
                track,
                metric,
                part.methods[a],
                part.methods[b],
                *_ends(one.estimate),
                one.p_value,
                adjusted.get(place),
                one.superiority,
                one.is_equivalent,
                margin,
            )
            for place, ((a, b), one) in enumerate(zip(pairs, found, strict=True))
        ]
    return rows


class _Summary:
    """One metric of one model on one track."""

    def __init__(
        self, part: Block, better: Better, unrelated: float | None, draws: int, seed: int
    ) -> None:
        self._part = part
        self._better = better
        self._unrelated = unrelated
        self._options = {"draws": draws, "seed": seed}
        self._means = estimate_means(part.values, part.groups, draws=draws, seed=seed)

    def rows(self, model: str, track: str, metric: str) -> Iterator[SummaryRow]:
        """Yield one row for each method that is no permuted one."""
        has_rivals = self._unrelated is None
        against = {rival: self._against(rival) if has_rivals else {} for rival in _RIVALS}
        own = self._against_permuted() if has_rivals else {}
        for place, name in enumerate(self._part.methods):
            if name.startswith(PERMUTED):
                continue
            mean = self._means[place]
            rivals = [against[rival].get(name) for rival in _RIVALS]
            gaps = [gap for gap in (*rivals, own.get(name)) if gap and gap.mean is not None]
            yield SummaryRow(
                model,
                track,
                metric,
                name,
                mean.mean,
                mean.low,
                mean.high,
                mean.num_images,
                mean.num_groups,
                int(self._part.degenerate[place]),
                int(self._part.undefined[place]),
                self._permuted_mean(name),
                *_ends(rivals[0]),
                *_ends(rivals[1]),
                self._better,
                name not in CONTROLS and bool(gaps) and all(map(self._is_better, gaps)),
                self._unrelated,
            )

    def _against(self, rival: str) -> dict[str, Estimate]:
        """Return each other method's paired difference from a control, if it was scored."""
        methods = self._part.methods
        if rival not in methods:
            return {}
        gaps = self._part.values - self._part.values[..., [methods.index(rival)]]
        found = estimate_means(gaps, self._part.groups, **self._options)
        return {name: gap for name, gap in zip(methods, found, strict=True) if name != rival}

    def _against_permuted(self) -> dict[str, Estimate]:
        methods = self._part.methods
        names = [name for name in methods if PERMUTED + name in methods]
        if not names:
            return {}
        own = self._part.values[..., [methods.index(name) for name in names]]
        null = self._part.values[..., [methods.index(PERMUTED + name) for name in names]]
        found = estimate_means(own - null, self._part.groups, **self._options)
        return dict(zip(names, found, strict=True))

    def _permuted_mean(self, name: str) -> float | None:
        methods, null = self._part.methods, PERMUTED + name
        return self._means[methods.index(null)].mean if null in methods else None

    def _is_better(self, gap: Estimate) -> bool:
        if gap.low is None or gap.high is None or self._better == "none":
            return False
        return gap.low > 0 if self._better == "higher" else gap.high < 0


def _parts(scores: pa.Table) -> Iterator[tuple[tuple[str, str, str], Block]]:
    """Yield the scores of each model, track and metric, in order of their names."""
    keys = scores.group_by(["model", "track", "metric"]).aggregate([]).to_pylist()
    for model, track, metric in sorted(tuple(key.values()) for key in keys):
        is_mine = (
            (pc.field("model") == model)
            & (pc.field("track") == track)
            & (pc.field("metric") == metric)
        )
        yield (model, track, metric), block(scores.filter(is_mine))


def _ends(estimate: Estimate | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if estimate is None else (estimate.mean, estimate.low, estimate.high)


def _are_controls(part: Block, pair: tuple[int, int]) -> bool:
    return all(part.methods[place] in CONTROLS for place in pair)
