"""Which crops are explained, and what is known of each: its twin, its track, what was altered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from resgat.data.index import CropIndex
from resgat.types import FAKE, REAL, REGIONS

#: The track of crops that were not planted.
ALL = "all"
#: The tracks on which a real crop is the subject: D shows nothing, E a watermark.
_REAL_TRACKS = ("D", "E")

_NONE = -1

Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class Subjects:
    """Crops of an index, in order; positions count in that index, -1 stands for none.

    Attributes:
        index: The crops, those of the split and no others.
        position: The crop.
        twin: The aligned original of a fake; of a planted real crop the one without the mark.
        track: A to F, or ``all``.
        region: Number of the altered region.
        second: Number of a second one.
        second_mask: Path of the pixels of the second one, in the index's store; or None.
        decoy_mask: Path of the decoy's pixels; or None.

    Shape:
        position, twin, region, second: (n,) int64
    """

    index: CropIndex
    position: NDArray[np.int64]
    twin: NDArray[np.int64]
    track: tuple[str, ...]
    region: NDArray[np.int64]
    second: NDArray[np.int64]
    second_mask: tuple[str | None, ...]
    decoy_mask: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.position)

    def at(self, places: NDArray[np.int64]) -> Subjects:
        """Return some of them."""
        return Subjects(
            self.index,
            self.position[places],
            self.twin[places],
            _chosen(self.track, places),
            self.region[places],
            self.second[places],
            _chosen(self.second_mask, places),
            _chosen(self.decoy_mask, places),
        )

    def spread(self, wanted: int) -> NDArray[np.int64]:
        """Return the places of so many subjects, the same number of each kind where there are.

        A kind is a track with its region, or a manipulation method; within one, in order.
        """
        methods = self.index.column("method").to_pylist()
        kinds = [
            (track, int(region), methods[position])
            for track, region, position in zip(self.track, self.region, self.position, strict=True)
        ]
        return in_turns(kinds, wanted)


def in_turns(kinds: Sequence[object], wanted: int) -> NDArray[np.int64]:
    """Return the places of ``wanted`` items, one of each kind after the other, sorted.

    Example:
        >>> in_turns(["a", "a", "a", "b"], 3).tolist()
        [0, 1, 3]
    """
    seen: dict[object, int] = {}
    turn = []
    for kind in kinds:
        turn.append(seen.get(kind, 0))
        seen[kind] = turn[-1] + 1
    order = np.argsort(np.asarray(turn, dtype=np.int64), kind="stable")
    return np.sort(order[:wanted])


def planted_subjects(index: CropIndex, planted: pa.Table) -> Subjects:
    """Take the planted crops of an index: the fakes, the reals of track D, the marked reals of E.

    Args:
        index: One split of the corpus.
        planted: As :func:`resgat.data.planted.table.read_planted` returns it.
    """
    ids = index.column("crop_id").to_pylist()
    place = {crop_id: position for position, crop_id in enumerate(ids)}
    label = dict(zip(ids, index.labels.tolist(), strict=True))
    rows = [row for row in planted.to_pylist() if row["crop_id"] in place]
    rows = [row for row in rows if _is_subject(row, label[row["crop_id"]])]
    rows.sort(key=lambda row: place[row["crop_id"]])
    return Subjects(
        index,
        np.array([place[row["crop_id"]] for row in rows], np.int64),
        np.array([place.get(_counterpart(row), _NONE) for row in rows], np.int64),
        tuple(row["track"] for row in rows),
        _region_numbers([row["region"] if row["track"] != "E" else None for row in rows]),
        _region_numbers([row["region_2"] for row in rows]),
        tuple(row["mask_2_path"] for row in rows),
        tuple(row["decoy_mask_path"] for row in rows),
    )


def paired_subjects(index: CropIndex) -> Subjects:
    """Take the fakes of an index, each with the aligned crop of its original, if there is one.

    Two crops are aligned if they are of one frame number and one square.
    """
    names = ["label", "video_id", "original_video_id", "frame_idx", "face_idx", "bbox_xyxy"]
    rows = index.take(names).to_pylist()
    where = {(row["video_id"], *_cut(row)): position for position, row in enumerate(rows)}
    fakes = [position for position, row in enumerate(rows) if row["label"] == FAKE]
    twins = [
        where.get((rows[position]["original_video_id"], *_cut(rows[position])), _NONE)
        for position in fakes
    ]
    nothing = np.full(len(fakes), _NONE)
    return Subjects(
        index,
        np.array(fakes, np.int64),
        np.array(twins, np.int64),
        (ALL,) * len(fakes),
        nothing,
        nothing,
        (None,) * len(fakes),
        (None,) * len(fakes),
    )


def _is_subject(row: dict[str, object], label: int) -> bool:
    """On E only the mark differs between a crop and its counterpart: it alone is evidence."""
    if row["track"] == "E":
        return label == REAL and bool(row["watermark"])
    return label == (REAL if row["track"] in _REAL_TRACKS else FAKE)


def _counterpart(row: dict[str, object]) -> object:
    return row["other_id"] if row["track"] == "E" else row["twin_id"]


def _cut(row: dict[str, object]) -> tuple[object, ...]:
    return row["frame_idx"], row["face_idx"], tuple(row["bbox_xyxy"])  # type: ignore[arg-type]


def _region_numbers(names: Sequence[object]) -> NDArray[np.int64]:
    known = {name: number for number, name in enumerate(REGIONS)}
    return np.array([known.get(str(name), _NONE) for name in names], np.int64)


def _chosen(values: Sequence[Value], places: NDArray[np.int64]) -> tuple[Value, ...]:
    return tuple(values[place] for place in places)
