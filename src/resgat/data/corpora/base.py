"""What a corpus must answer. All else (crops, index, loaders) is the same for every corpus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from resgat.data.videos import VideoRecord


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

    def prepare(self, crops_dir: Path) -> None:
        """Make the crops and their index if the corpus can make its own and they are missing.

        Returns at once for a corpus whose crops come from preprocessing. One process calls this,
        before any reads the index.
        """
        ...
