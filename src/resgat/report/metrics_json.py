"""``metrics.json``: what is in it, and the one function that writes it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from resgat.data.manifest import VIDEO_COUNTS
from resgat.errors import SplitError
from resgat.files import write_json
from resgat.metrics.bootstrap import auc_interval
from resgat.metrics.detection import detection_metrics
from resgat.metrics.pooling import AGGREGATION
from resgat.metrics.threshold import choose_threshold
from resgat.report.table import video_table
from resgat.types import FAKE, REAL

SCHEMA = 1
LEVELS = ("video", "frame")

_TOO_FEW_GROUPS = "fewer than two identity groups hold real rows, or fake rows"


def summarise(
    frame_table: pa.Table,
    thresholds: Mapping[str, float | None] | None = None,
    *,
    draws: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure one split at video and at frame level, as a whole and per manipulation method.

    A method's fakes are measured against all real videos of the split.

    Args:
        frame_table: As ``prediction_table`` returns it.
        thresholds: Probability thresholds under "video" and "frame", as chosen on the validation
            split; ``None`` chooses them on this split, which only the validation split may do.
        draws: Bootstrap resamplings behind each ``auc_ci``.
        seed: Seed of the bootstrap.

    Returns:
        ``{"video": {...}, "frame": {...}, "by_method": {method: {"video": {...}, "frame": {...}}},
        "coverage": {"videos": V, "crops": N}}``; each level holds what ``detection_metrics``
        returns, and ``auc_ci``, 95 % over identity groups.

    Raises:
        IndexSchemaError: The frames of one video carry both labels.
        ValueError: A logit is not finite, or ``thresholds`` lacks a level.
    """
    tables = {"video": video_table(frame_table), "frame": frame_table}
    cuts = choose_thresholds(tables) if thresholds is None else _checked(thresholds)

    def measure(method: str | None) -> dict[str, Any]:
        return {
            level: _measure_level(_against_reals(table, method), cuts[level], draws, seed)
            for level, table in tables.items()
        }

    summary = measure(None)
    summary["video"]["aggregation"] = AGGREGATION
    summary["by_method"] = {method: measure(method) for method in _fake_methods(tables["video"])}
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


def choose_thresholds(tables: Mapping[str, pa.Table]) -> dict[str, float | None]:
    """Choose one threshold per level; ``None`` where its table holds one class only."""

    def choose(table: pa.Table) -> float | None:
        try:
            return choose_threshold(table["prob"].to_numpy(), table["label"].to_numpy())
        except SplitError:
            return None

    return {level: choose(table) for level, table in tables.items()}


def _checked(thresholds: Mapping[str, float | None]) -> Mapping[str, float | None]:
    missing = [level for level in LEVELS if level not in thresholds]
    if missing:
        msg = f"thresholds: expected one for video and one for frame, {missing[0]} is missing"
        raise ValueError(msg)
    return thresholds


def _fake_methods(table: pa.Table) -> list[str]:
    fakes = table.filter(pc.equal(table["label"], FAKE))
    return sorted(pc.unique(fakes["method"]).to_pylist())


def _against_reals(table: pa.Table, method: str | None) -> pa.Table:
    if method is None:
        return table
    is_real = pc.equal(table["label"], REAL)
    return table.filter(pc.or_(is_real, pc.equal(table["method"], method)))


def _measure_level(
    table: pa.Table, threshold_prob: float | None, draws: int, seed: int
) -> dict[str, Any]:
    logit, label = table["logit"].to_numpy(), table["label"].to_numpy()
    # Numbered by name, so that the interval does not depend on the order of the rows.
    group = pc.rank(table["identity_group"], tiebreaker="dense").to_numpy()
    metrics = detection_metrics(logit, label, threshold_prob=threshold_prob)
    interval = auc_interval(logit, label, group, draws=draws, seed=seed)
    auc_ci: dict[str, Any] = {"auc_ci": interval and list(interval)}
    if interval is None:
        auc_ci["auc_ci_reason"] = metrics.get("auc_reason", _TOO_FEW_GROUPS)
    return {"auc": metrics["auc"]} | auc_ci | metrics


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
