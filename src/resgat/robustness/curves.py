"""From the predictions at each level to numbers: each level's, and the area under their curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from resgat.metrics.measure import measure, within_bounds
from resgat.metrics.resample import Resampled, resample
from resgat.metrics.tallies import Tallies
from resgat.report.table import video_table
from resgat.robustness.graded import NUM_LEVELS, Corruption

_NO_INTERVAL = "fewer than half of the resamples of identity groups have an AUC at every level"

#: Of levels 0 to 5 in trapezoids: the ends count half.
_WEIGHTS = np.array([0.5, *[1.0] * (NUM_LEVELS - 1), 0.5])


@dataclass(frozen=True)
class LevelRow:
    """A detector at one level of one corruption.

    Attributes:
        level: 0 is the same crops as they are.
        parameter: What the levels differ in.
        value: Of the parameter; None at level 0.
        pooling: video or frame.
        auc: None where it cannot be had.
        auc_low: Lower end of its 95 % interval over identity groups.
        auc_high: Upper end.
        balanced_accuracy: At the threshold that the checkpoint carries.
        n: Videos or frames.
        reason: Why a number is missing; empty if none is.
    """

    corruption: str
    level: int
    parameter: str
    value: float | None
    pooling: str
    auc: float | None
    auc_low: float | None
    auc_high: float | None
    balanced_accuracy: float | None
    n: int
    reason: str


@dataclass(frozen=True)
class AreaRow:
    """What one corruption costs a detector, over all levels.

    Attributes:
        pooling: video or frame.
        area: Normalised area under the curve of the AUC over the levels, ``(auc_0 / 2 + auc_1 +
            ... + auc_4 + auc_5 / 2) / 5``: the mean AUC. None where there is no AUC.
        area_low: Lower end of its 95 % interval.
        area_high: Upper end.
        drop: ``auc_0 - area``.
        drop_low: Lower end of its 95 % interval: paired, all levels in the same resamples.
        drop_high: Upper end.
        reason: Why a number is missing; empty if none is.
    """

    corruption: str
    pooling: str
    area: float | None
    area_low: float | None
    area_high: float | None
    drop: float | None
    drop_low: float | None
    drop_high: float | None
    reason: str


def judge(
    name: str,
    corruption: Corruption,
    tables: Sequence[pa.Table],
    thresholds: Mapping[str, float | None],
    *,
    draws: int = 1000,
) -> tuple[list[LevelRow], list[AreaRow]]:
    """Measure a detector under one corruption, at video and at frame level.

    Args:
        name: Of the corruption.
        corruption: Names the parameter of each level.
        tables: Frame tables of the same crops at levels 0 to 5.
        thresholds: Under "video" and "frame"; None where val had none.
        draws: Bootstrap resamplings behind each interval.
    """
    values = [None, *corruption.values]
    rows, areas = [], []
    for pooling, threshold in thresholds.items():
        pooled = [video_table(table) if pooling == "video" else table for table in tables]
        found = [_measure(table, threshold, draws) for table in pooled]
        rows += [
            _level_row(name, level, corruption.parameter, value, pooling, numbers)
            for level, (value, numbers) in enumerate(zip(values, found, strict=True))
        ]
        areas.append(_area_row(name, pooling, pooled, found, draws))
    return rows, areas


def _measure(table: pa.Table, threshold: float | None, draws: int) -> dict[str, Any]:
    return measure(*_columns(table), threshold_prob=threshold, temperature=None, draws=draws)


def _columns(table: pa.Table) -> tuple[Any, Any, Any]:
    """Return logits, labels, and groups numbered by name."""
    group = pc.rank(table["identity_group"], tiebreaker="dense").to_numpy()
    return table["logit"].to_numpy(), table["label"].to_numpy(), group


def _level_row(
    name: str,
    level: int,
    parameter: str,
    value: float | None,
    pooling: str,
    numbers: Mapping[str, Any],
) -> LevelRow:
    low, high = numbers["auc_ci"] or (None, None)
    return LevelRow(
        corruption=name,
        level=level,
        parameter=parameter,
        value=value,
        pooling=pooling,
        auc=numbers["auc"],
        auc_low=low,
        auc_high=high,
        balanced_accuracy=numbers["balanced_accuracy"],
        n=numbers["n"],
        reason=_reason(numbers, "auc_reason", "auc_ci_reason", "balanced_accuracy_reason"),
    )


def _area_row(
    name: str,
    pooling: str,
    tables: Sequence[pa.Table],
    found: Sequence[Mapping[str, Any]],
    draws: int,
) -> AreaRow:
    aucs = [numbers["auc"] for numbers in found]
    if None in aucs:
        reason = _reason(found[aucs.index(None)], "auc_reason")
        return AreaRow(name, pooling, None, None, None, None, None, None, reason)
    area = float(_area(aucs))
    drop = aucs[0] - area
    if found[0]["auc_ci"] is None:
        reason = _reason(found[0], "auc_ci_reason")
        return AreaRow(name, pooling, area, None, None, drop, None, None, reason)
    curve = _resampled(tables, aucs, draws)
    under = _mean(curve)
    of_area = within_bounds("auc", under.interval())
    of_drop = (curve[0] - under).interval()
    low, high = of_area or (None, None)
    drop_low, drop_high = of_drop or (None, None)
    reason = _NO_INTERVAL if of_area is None or of_drop is None else ""
    return AreaRow(name, pooling, area, low, high, drop, drop_low, drop_high, reason)


def _reason(numbers: Mapping[str, Any], *keys: str) -> str:
    return next((str(numbers[key]) for key in keys if key in numbers), "")


def _resampled(tables: Sequence[pa.Table], aucs: Sequence[float], draws: int) -> list[Resampled]:
    """Return the AUC of each level in the same resamples of identity groups."""
    sides = []
    for table in tables:
        logit, label, group = _columns(table)
        num_groups = int(group.max())
        sides.append([Tallies.of(logit, label.astype(np.int64), group - 1, num_groups, None)])
    drawn = resample(*sides, draws=draws)
    return [one["auc"].around(auc) for one, auc in zip(drawn, aucs, strict=True)]


def _mean(curve: Sequence[Resampled]) -> Resampled:
    """Return the normalised area under a curve, in every resample."""
    return Resampled(
        float(_area([one.estimate for one in curve])),
        _area([one.drawn for one in curve]),
        _area([one.left_out for one in curve]),
    )


def _area(curve: Sequence[Any]) -> Any:
    """Return the normalised area: by trapezoids, over the width of the range of levels."""
    return _WEIGHTS @ np.stack(curve) / NUM_LEVELS
