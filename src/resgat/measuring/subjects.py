"""Which crops are explained, and what is known of each: its twin, its track, what was altered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from resgat.checks import check_choices
from resgat.data.index import CropIndex
from resgat.data.pairs import fakes_with_originals
from resgat.types import FAKE, REAL, REGIONS

#: The track of crops that were not planted.
ALL = "all"
#: The tracks on which a real crop is the subject: D shows nothing, E a watermark.
REAL_TRACKS = ("D", "E")

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
        decoy: Number of the region that the decoy lies in.

    Shape:
        position, twin, region, second, decoy: (n,) int64
    """

    index: CropIndex
    position: NDArray[np.int64]
    twin: NDArray[np.int64]
    track: tuple[str, ...]
    region: NDArray[np.int64]
    second: NDArray[np.int64]
    second_mask: tuple[str | None, ...]
    decoy_mask: tuple[str | None, ...]
    decoy: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.position)

    @property
    def is_masked(self) -> NDArray[np.bool_]:
        """Whether the altered pixels of each are known, (n,): by a mask, or as all that differs."""
        has_mask = self.index.column("mask_path").is_valid().to_numpy()
        is_marked = (np.asarray(self.track) == "E") & (self.twin >= 0)
        return np.asarray(has_mask[self.position] | is_marked, np.bool_)

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
            self.decoy[places],
        )

    def on(self, tracks: object) -> Subjects:
        """Return those on some tracks.

        Raises:
            ConfigError: No track is named, or one that nobody is on.
        """
        check_choices("explain.tracks", tracks, sorted(set(self.track)))
        return self.at(np.flatnonzero(np.isin(self.track, np.array(tracks))))

    def spread(self, wanted: int) -> NDArray[np.int64]:
        """Return the places of so many subjects, as even as can be over what they are.

        Over the tracks first; then over the regions, the methods, and the identity groups, which
        intervals are made of.
        """
        facts = self.index.take(["method", "identity_group"], self.position)
        methods, groups = (facts[name].to_pylist() for name in facts.schema.names)
        kinds = zip(self.track, self.region.tolist(), methods, groups, strict=True)
        return spread_over(list(kinds), wanted)


def spread_over(kinds: Sequence[tuple[object, ...]], wanted: int) -> NDArray[np.int64]:
    """Return the places of ``wanted`` items, as even as can be over their kinds, sorted.

    Args:
        kinds: What each item is: first in the main, then more finely.
        wanted: How many; all of them if there are no more.

    Example:
        >>> spread_over([("a", 1), ("a", 1), ("a", 2), ("b", 1)], 3).tolist()
        [0, 2, 3]
    """
    order = _in_turns(list(range(len(kinds))), kinds, 0, 0)
    return np.sort(np.array(order[:wanted], np.int64))


def _in_turns(
    places: list[int], kinds: Sequence[tuple[object, ...]], depth: int, start: int
) -> list[int]:
    """Order places so that any first few are even over their kinds from ``depth`` on."""
    if not places or depth == len(kinds[places[0]]):
        return places
    groups: dict[object, list[int]] = {}
    for place in places:
        groups.setdefault(kinds[place][depth], []).append(place)
    # Each group begins with another kind of the next depth, or all would begin with the same.
    queues = [_in_turns(group, kinds, depth + 1, n) for n, group in enumerate(groups.values())]
    first = start % len(queues)
    turns = zip_longest(*queues[first:], *queues[:first])
    return [place for turn in turns for place in turn if place is not None]


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
        _region_numbers([row["decoy_region"] for row in rows]),
    )


def paired_subjects(index: CropIndex) -> Subjects:
    """Take the fakes of an index, each with the aligned crop of its original, if there is one."""
    fakes, originals = fakes_with_originals(index)
    nothing = np.full(len(fakes), _NONE)
    return Subjects(
        index,
        fakes,
        originals,
        (ALL,) * len(fakes),
        nothing,
        nothing,
        (None,) * len(fakes),
        (None,) * len(fakes),
        nothing,
    )


def _is_subject(row: dict[str, object], label: int) -> bool:
    """On E only the mark differs between a crop and its counterpart: it alone is evidence."""
    if row["track"] == "E":
        return label == REAL and bool(row["watermark"])
    return label == (REAL if row["track"] in REAL_TRACKS else FAKE)


def _counterpart(row: dict[str, object]) -> object:
    return row["other_id"] if row["track"] == "E" else row["twin_id"]


def _region_numbers(names: Sequence[object]) -> NDArray[np.int64]:
    known = {name: number for number, name in enumerate(REGIONS)}
    return np.array([known.get(str(name), _NONE) for name in names], np.int64)


def _chosen(values: Sequence[Value], places: NDArray[np.int64]) -> tuple[Value, ...]:
    return tuple(values[place] for place in places)
