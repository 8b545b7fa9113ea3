"""Fakes and the aligned crops of their originals: the same frame, cut at the same place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resgat.data.index import CropIndex
from resgat.types import FAKE

_NONE = -1
_COLUMNS = ["video_id", "original_video_id", "frame_idx", "face_idx", "bbox_xyxy"]


def fakes_with_originals(index: CropIndex) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the fakes of an index, and the aligned crop of each one's original.

    Two crops are aligned if they are of one frame number and one square.

    Returns:
        Positions of the fakes, ascending, and of the originals' crops, -1 where there is none.

    Shape:
        returns: (n,), (n,)
    """
    fakes = np.flatnonzero(index.labels == FAKE)
    rows = index.take(_COLUMNS).to_pylist()
    where = {(row["video_id"], *_cut(row)): position for position, row in enumerate(rows)}
    originals = [
        where.get((rows[position]["original_video_id"], *_cut(rows[position])), _NONE)
        for position in fakes.tolist()
    ]
    return fakes, np.array(originals, np.int64)


def aligned_pairs(index: CropIndex) -> NDArray[np.int64]:
    """Return the positions (n, 2) of the fakes that have an aligned original, and of that one."""
    fakes, originals = fakes_with_originals(index)
    return np.stack((fakes, originals), axis=1)[originals >= 0]


def _cut(row: dict[str, object]) -> tuple[object, ...]:
    return row["frame_idx"], row["face_idx"], tuple(row["bbox_xyxy"])  # type: ignore[arg-type]
