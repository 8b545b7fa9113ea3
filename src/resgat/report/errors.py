"""Which of a detector's mistakes are the worst."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from resgat.types import FAKE, REAL


class Errors(NamedTuple):
    """Crops of the mistakes that a detector is surest of, the worst first.

    Attributes:
        false_alarms: Crop ids of real videos called fake.
        misses: Crop ids of fake videos called real.
    """

    false_alarms: list[str]
    misses: list[str]


def worst_errors(frame_table: pa.Table, threshold_prob: float, wanted: int) -> Errors:
    """Return a crop of each of the worst mistakes, no video twice.

    A frame is wrong where it lies on the wrong side of the threshold; each video is shown by its
    worst frame.

    Args:
        frame_table: As ``prediction_table`` returns it.
        threshold_prob: Of the frame level.
        wanted: At most so many of each kind.
    """
    called_fake = pc.greater_equal(frame_table["prob"], threshold_prob)
    alarms = frame_table.filter(pc.and_(called_fake, pc.equal(frame_table["label"], REAL)))
    missed = pc.and_(pc.invert(called_fake), pc.equal(frame_table["label"], FAKE))
    return Errors(
        _worst(alarms, "descending", wanted),
        _worst(frame_table.filter(missed), "ascending", wanted),
    )


def _worst(table: pa.Table, order: str, wanted: int) -> list[str]:
    ranked = table.sort_by([("logit", order), ("crop_id", "ascending")])
    _, first = np.unique(np.asarray(ranked["video_id"].to_pylist(), str), return_index=True)
    return [ranked["crop_id"][int(row)].as_py() for row in np.sort(first)[:wanted]]
