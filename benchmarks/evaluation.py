"""A million predictions with all intervals, next to the same numbers without one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.paired import Sides
from resgat.metrics.detection import detection_metrics
from resgat.metrics.inputs import sigmoid
from resgat.report.metrics_json import OperatingPoint, summarise
from resgat.report.table import video_table
from resgat.types import REAL

_NUM_VIDEOS = 31_250
_FRAMES_PER_VIDEO = 32
_METHODS = np.array(["original", "A", "B", "C", "D", "E"])
_POINTS = {level: OperatingPoint(0.5, 1.2) for level in ("video", "frame")}


def evaluation_sides() -> Sides:
    """Compare ``summarise`` with 1,000 resamples with torchmetrics on the same parts."""
    table = _table()
    return Sides(lambda: summarise(table, _POINTS), lambda: _without_intervals(table))


def _without_intervals(table: pa.Table) -> None:
    for level in (video_table(table), table):
        is_real = pc.equal(level["label"], REAL)
        parts = [level]
        parts += [
            level.filter(pc.or_(is_real, pc.equal(level["method"], method)))
            for method in _METHODS[1:]
        ]
        for part in parts:
            logit, label = part["logit"].to_numpy(), part["label"].to_numpy()
            detection_metrics(logit, label, threshold_prob=0.5)


def _table() -> pa.Table:
    """Return predictions on 31,250 videos, five fakes to a real one, 30 videos to a person."""
    rng = np.random.default_rng(0)
    video = np.repeat(np.arange(_NUM_VIDEOS), _FRAMES_PER_VIDEO)
    method = _METHODS[np.arange(_NUM_VIDEOS) % len(_METHODS)]
    ids = pa.array([f"d/{m}/c23/{v}" for v, m in enumerate(method)])
    people = pa.array([f"p{v // 30}" for v in range(_NUM_VIDEOS)])
    label = (method != "original").astype(np.int8)[video]
    logit = rng.normal(size=len(video)) + label
    return pa.table(
        {
            "crop_id": pa.array(np.arange(len(video)).astype(str)),
            "video_id": ids.take(pa.array(video)),
            "dataset": pa.repeat("d", len(video)),
            "method": pa.array(method[video]),
            "compression": pa.repeat("c23", len(video)),
            "identity_group": people.take(pa.array(video)),
            "label": label,
            "logit": logit,
            "prob": sigmoid(logit),
            "split": pa.repeat("test", len(video)),
        }
    )
