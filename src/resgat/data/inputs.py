"""What a video was cut from, noted so that files that come later or are replaced are noticed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from resgat.data.videos import VideoRecord


class Choice(NamedTuple):
    """The mask video that told whose face in an original was manipulated.

    Attributes:
        video_id: The fake that it belongs to.
        size: In bytes.
    """

    video_id: str
    size: int


class Inputs(NamedTuple):
    """What a video's crops depend on; sizes in bytes, 0 where there is no such file.

    Attributes:
        source: The video's own file or files.
        mask: The mask video of a fake.
        choice: Of an original: whose mask told which face to take.
        guide: Of a fake: fingerprint of what it took over from its original; "" for nothing.
    """

    source: int = 0
    mask: int = 0
    choice: Choice | None = None
    guide: str = ""

    @classmethod
    def from_list(cls, values: Sequence[Any]) -> Inputs:
        """Read back what JSON made of it."""
        source, mask, choice, guide = values
        return cls(source, mask, None if choice is None else Choice(*choice), guide)

    @staticmethod
    def fit(values: Any) -> bool:
        """Tell whether :meth:`from_list` can read values."""
        match values:
            case [int(), int(), None | [str(), int()], str()]:
                return True
        return False


def own_inputs(record: VideoRecord) -> Inputs:
    """Look at a video's own files."""
    mask = record.mask_path
    return Inputs(source_bytes(record), _size((mask,)) if mask else 0)


def source_bytes(record: VideoRecord) -> int:
    """Return the size of a video's file or files; 0 where there is none."""
    return _size(record.frames or (record.path,))


def has_newer(now: Inputs, noted: Inputs) -> bool:
    """Tell whether a file of the video's own came or was replaced since it was cut.

    One that was put away changes nothing.

    Example:
        >>> has_newer(Inputs(source=9, mask=5), Inputs(source=9))
        True
        >>> has_newer(Inputs(source=9), Inputs(source=9, mask=5))
        False
    """
    return now.source not in (0, noted.source) or now.mask not in (0, noted.mask)


def has_newer_choice(now: Choice | None, noted: Choice | None, order: Sequence[str]) -> bool:
    """Tell whether another mask would choose the face in an original.

    That of the first fake that has one chooses. One that was put away, or whose fake is not listed
    now, has chosen nevertheless.

    Args:
        now: The one that would choose.
        noted: The one that has chosen.
        order: The fakes that are listed now.
    """
    if noted is None or now is None:
        return now is not None
    if now.video_id == noted.video_id:
        return now.size != noted.size
    place = {video_id: number for number, video_id in enumerate(order)}
    return place[now.video_id] < place.get(noted.video_id, -1)


def choice_of(fake: VideoRecord | None) -> Choice | None:
    """Return the choice that a fake's mask makes; None without a mask."""
    size = _size((fake.mask_path,)) if fake and fake.mask_path else 0
    return Choice(fake.video_id, size) if fake and size else None


def _size(paths: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())
