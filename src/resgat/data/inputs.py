"""What a video was cut from, as sizes of files: by them it is noticed that another one came."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from resgat.data.videos import VideoRecord


class Inputs(NamedTuple):
    """Sizes in bytes of the files that a video's crops depend on; 0 where there is none.

    Attributes:
        source: The video's own file or files.
        mask: Its mask video; of an original the one that tells whose face was manipulated.
        original: The source of the original whose faces it takes over.
        original_mask: The mask of that original.
    """

    source: int = 0
    mask: int = 0
    original: int = 0
    original_mask: int = 0

    def guided_by(self, original: Inputs) -> Inputs:
        """Return these with what an original was cut from."""
        return self._replace(original=original.source, original_mask=original.mask)

    def outdate(self, noted: Inputs) -> bool:
        """Tell whether a file came or was replaced; one that was put away changes nothing.

        Example:
            >>> Inputs(source=9, mask=5).outdate(noted=Inputs(source=9))
            True
            >>> Inputs(source=9).outdate(noted=Inputs(source=9, mask=5))
            False
        """
        return any(now not in (0, then) for now, then in zip(self, noted, strict=True))


def inputs_of(record: VideoRecord, choice_mask: Path | None) -> Inputs:
    """Look at a video's own files.

    Args:
        record: The video.
        choice_mask: Of an original: a fake's mask video that tells whose face was manipulated.
    """
    is_original = record.original_video_id is None
    mask = (choice_mask if is_original else None) or record.mask_path
    return Inputs(source_bytes(record), _size((mask,)) if mask else 0)


def source_bytes(record: VideoRecord) -> int:
    """Return the size of a video's file or files; 0 where there is none."""
    return _size(record.frames or (record.path,))


def _size(paths: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())
