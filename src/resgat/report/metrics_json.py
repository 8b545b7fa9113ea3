"""``metrics.json``: what is in it, and the one function that writes it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from resgat.data.manifest import VIDEO_COUNTS
from resgat.errors import SplitError
from resgat.files import write_json
from resgat.metrics.calibration import fit_temperature
from resgat.metrics.measure import measure
from resgat.metrics.pooling import AGGREGATION
from resgat.metrics.threshold import choose_threshold
from resgat.report.table import attribute_columns, video_table
from resgat.types import FAKE, REAL

SCHEMA = 2
LEVELS = ("video", "frame")


class OperatingPoint(NamedTuple):
    """What a detector's logits are read with, chosen on val; None where it could not be.

    Attributes:
        threshold_prob: A row is called fake where its probability is at least this.
        temperature: What logits are divided by, so that probabilities are honest.
    """

    threshold_prob: float | None
    temperature: float | None


def summarise(
    frame_table: pa.Table,
    points: Mapping[str, OperatingPoint] | None = None,
    *,
    draws: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure one split at video and at frame level: as a whole and in its parts.

    A method's fakes are measured against all real videos of the split; those of a compression or of
    an attribute's value against the reals of the same.

    Args:
        frame_table: As ``prediction_table`` returns it.
        points: Under "video" and "frame", as chosen on the validation split; ``None`` chooses them
            on this split, which only the validation split may do.
        draws: Bootstrap resamplings behind each interval.
        seed: Seed of the bootstrap.

    Returns:
        ``{"video": {...}, "frame": {...}, "by_method": {method: {"video": {...}, "frame": {...}}},
        "by_compression": {...}, "by_attribute": {attribute: {value: {...}}}, "coverage":
        {"videos": V, "crops": N}}``; each level holds what
        :func:`~resgat.metrics.measure.measure` returns. ``by_compression`` is empty where there is
        one only. What has no value of an attribute is in none of its parts.

    Raises:
        IndexSchemaError: The frames of one video carry both labels.
        ValueError: A logit is not finite, or ``points`` lacks a level.
    """
    tables = {"video": video_table(frame_table), "frame": frame_table}
    chosen = choose_points(tables) if points is None else _checked(points)

    def measure_rows(keep: Callable[[pa.Table], pa.Table]) -> dict[str, Any]:
        return {
            level: _measure_level(keep(table), chosen[level], draws, seed)
            for level, table in tables.items()
        }

    summary = measure_rows(lambda table: table)
    summary["video"]["aggregation"] = AGGREGATION
    summary["by_method"] = {
        method: measure_rows(partial(_against_reals, method=method))
        for method in _fake_methods(tables["video"])
    }

    def measure_values(column: str) -> dict[str, Any]:
        return {
            value: measure_rows(partial(_with_value, column=column, value=value))
            for value in sorted(pc.unique(tables["video"][column].drop_null()).to_pylist())
        }

    has_several = len(pc.unique(tables["video"]["compression"])) > 1
    summary["by_compression"] = measure_values("compression") if has_several else {}
    summary["by_attribute"] = {
        name: measure_values(column) for name, column in attribute_columns(frame_table).items()
    }
    summary["coverage"] = {
        "videos": tables["video"].num_rows,
        "crops": frame_table.num_rows,
    }
    return summary


def add_coverage(
    summary: Mapping[str, Any], video_counts: Mapping[str, int] | str
) -> dict[str, Any]:
    """Put before a summary's coverage what became of its videos before they were crops.

    Args:
        summary: What ``summarise`` returned.
        video_counts: As ``count_videos`` returns them; or why they cannot be had, which is written
            as ``coverage_reason`` while the counts are null.
    """
    if isinstance(video_counts, str):
        unknown = dict.fromkeys(VIDEO_COUNTS)
        return {
            **summary,
            "coverage": unknown | summary["coverage"],
            "coverage_reason": video_counts,
        }
    return {**summary, "coverage": {**video_counts, **summary["coverage"]}}


def choose_points(tables: Mapping[str, pa.Table]) -> dict[str, OperatingPoint]:
    """Choose a threshold and a temperature per level; None where its table holds one class only."""

    def choose(table: pa.Table) -> OperatingPoint:
        label = table["label"].to_numpy()
        try:
            return OperatingPoint(
                choose_threshold(table["prob"].to_numpy(), label),
                fit_temperature(table["logit"].to_numpy(), label),
            )
        except SplitError:
            return OperatingPoint(None, None)

    return {level: choose(table) for level, table in tables.items()}


def _checked(points: Mapping[str, OperatingPoint]) -> Mapping[str, OperatingPoint]:
    missing = [level for level in LEVELS if level not in points]
    if missing:
        msg = f"points: expected one for video and one for frame, {missing[0]} is missing"
        raise ValueError(msg)
    return points


def _fake_methods(table: pa.Table) -> list[str]:
    fakes = table.filter(pc.equal(table["label"], FAKE))
    return sorted(pc.unique(fakes["method"]).to_pylist())


def _against_reals(table: pa.Table, method: str) -> pa.Table:
    is_real = pc.equal(table["label"], REAL)
    return table.filter(pc.or_(is_real, pc.equal(table["method"], method)))


def _with_value(table: pa.Table, column: str, value: str) -> pa.Table:
    return table.filter(pc.equal(table[column], value))


def _measure_level(table: pa.Table, point: OperatingPoint, draws: int, seed: int) -> dict[str, Any]:
    return measure(
        table["logit"].to_numpy(),
        table["label"].to_numpy(),
        # Numbered by name, so that the interval does not depend on the order of the rows.
        pc.rank(table["identity_group"], tiebreaker="dense").to_numpy(),
        threshold_prob=point.threshold_prob,
        temperature=point.temperature,
        draws=draws,
        seed=seed,
    )


def write_metrics(path: Path, results: Mapping[str, Any]) -> None:
    """Write ``metrics.json``, whole or not at all.

    A number that is not finite is written as null with ``<key>_reason`` beside it, so that every
    JSON reader can read the file and nobody takes nan for a result.

    Args:
        path: Where to.
        results: Split -> what ``summarise`` returned, and whatever else the run reports.
    """
    write_json(path, {"schema": SCHEMA, **_finite(results)})


def _finite(values: Mapping[str, Any]) -> dict[str, Any]:
    clean: dict[str, Any] = {}
    for key, value in values.items():
        plain = value.item() if isinstance(value, np.generic) else value
        if isinstance(plain, Mapping):
            clean[key] = _finite(plain)
        elif _has_non_finite(plain):
            clean[key] = None
            clean[f"{key}_reason"] = f"not a finite number: {plain}"
        else:
            clean[key] = plain
    return clean


def _has_non_finite(value: object) -> bool:
    if isinstance(value, list | tuple):
        return any(_has_non_finite(item) for item in value)
    return isinstance(value, float) and not math.isfinite(value)
