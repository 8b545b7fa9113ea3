"""Originals with the fakes made from them: what is cut together, and lies in one shard."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from resgat.checks import check_range
from resgat.data.videos import VideoRecord


@dataclass(frozen=True)
class Family:
    """Aligned videos: an original and its fakes, or a video that has neither.

    Attributes:
        key: The original's video_id, whether or not it is there.
        original: None where it is not among the videos.
    """

    key: str
    original: VideoRecord | None
    fakes: tuple[VideoRecord, ...]

    @property
    def members(self) -> tuple[VideoRecord, ...]:
        """The original first, for its faces serve the fakes."""
        return self.fakes if self.original is None else (self.original, *self.fakes)


@dataclass(frozen=True)
class Shard:
    """One part of a corpus, of ``count`` parts that are cut by as many runs.

    Args:
        index: Which part, from 0; None is all of them.
        count: How many parts there are.

    Raises:
        ConfigError: ``count`` is below 1, or ``index`` is not below ``count``.
    """

    index: int | None = None
    count: int = 1

    def __post_init__(self) -> None:
        check_range("shard.count", self.count, low=1)
        if self.index is not None:
            check_range("shard.index", self.index, low=0, high=self.count - 1)

    @property
    def part(self) -> str:
        """Name, as in ``3-of-8``; of all parts together ``whole``."""
        return "whole" if self.index is None else f"{self.index}-of-{self.count}"

    def holds(self, family: Family) -> bool:
        """Tell whether a family is of this part; a matter of its key alone."""
        return self.index is None or shard_of(family.key, self.count) == self.index


def shard_of(key: str, count: int) -> int:
    """Return a family's shard: the same on every machine, whatever else the corpus holds."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % count


def families(records: Iterable[VideoRecord]) -> list[Family]:
    """Group videos by their original, in order of first appearance."""
    grouped: dict[str, list[VideoRecord]] = {}
    for record in records:
        grouped.setdefault(record.family_key, []).append(record)
    return [_family(key, members) for key, members in grouped.items()]


def _family(key: str, members: list[VideoRecord]) -> Family:
    original = next((record for record in members if record.video_id == key), None)
    fakes = tuple(record for record in members if record is not original)
    return Family(key, original, fakes)
