"""What a corpus must answer. All else (crops, index, loaders) is the same for every corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from resgat.data.videos import VideoRecord


@dataclass(frozen=True)
class Census:
    """What a complete copy of a corpus holds, for the manifest to compare with.

    Attributes:
        official: Method -> split -> number of videos; the split ``"all"`` where the publisher gives
            one number for all splits. Empty for a corpus without a published count.
        absent: What belongs to the corpus, is not on disk and is known by name: video_ids, or
            folders for videos whose names only those folders hold. Sorted.
    """

    official: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    absent: tuple[str, ...] = ()


class Corpus(Protocol):
    """A collection of real and fake videos with labels, identities and splits."""

    @property
    def name(self) -> str:
        """The name by which ``data=...`` chooses the corpus."""
        ...

    def videos(self, raw_dir: Path) -> list[VideoRecord]:
        """List the videos below ``raw_dir``, for preprocessing to cut crops from.

        Raises:
            DatasetNotFoundError: ``raw_dir`` or a part of its expected layout is missing.
            MetadataError: The corpus's own list of labels or splits is malformed.
        """
        ...

    def census(self, records: Sequence[VideoRecord]) -> Census:
        """Compare what was found with what the publisher lists.

        Args:
            records: What :meth:`videos` returned.
        """
        ...

    def prepare(self, crops_dir: Path) -> None:
        """Make the crops and their index if the corpus can make its own and they are missing.

        Returns at once for a corpus whose crops come from preprocessing. One process calls this,
        before any reads the index.
        """
        ...
