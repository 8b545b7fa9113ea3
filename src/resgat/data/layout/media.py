"""Files of a user's own: which are videos, which are images, and what a record of them says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath

from resgat.data.naming import safe_name
from resgat.data.videos import VideoRecord
from resgat.errors import ConfigError, MetadataError

VIDEO_SUFFIXES = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v")
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")

#: Of a fake whose method nobody names.
FAKE_METHOD = "fake"
#: Nobody knows how a user's file was compressed before.
COMPRESSION = "as_given"

_NUMBERS = re.compile(r"([0-9]+)")


def is_video(path: PurePath) -> bool:
    """Tell by its ending whether a file is a video."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def is_image(path: PurePath) -> bool:
    """Tell by its ending whether a file is a still image."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def natural_key(name: str) -> tuple[tuple[int, str], ...]:
    """Sort numbers in names by value: 2.png before 10.png, and 1.png before 01.png.

    Example:
        >>> sorted(["f10.png", "f2.png", "a.png"], key=natural_key)
        ['a.png', 'f2.png', 'f10.png']
    """
    parts = _NUMBERS.split(name)  # text and numbers by turns
    return *(_by_value(part) if idx % 2 else (0, part) for idx, part in enumerate(parts)), (0, name)


def _by_value(number: str) -> tuple[int, str]:
    """Of two numbers without leading zeros, the longer is the greater; however long they are."""
    digits = number.lstrip("0")
    return len(digits), digits


def check_dataset(dataset: str) -> None:
    """Refuse a dataset's name that cannot begin a video_id.

    Raises:
        ConfigError: It is no plain name.
    """
    if not isinstance(dataset, str) or safe_name(dataset) != dataset:
        msg = f"dataset: expected a plain name such as 'my_videos', got {dataset!r}; "
        raise ConfigError(msg + "use letters, digits, '_' and '-'")


def refuse_twice(records: Iterable[VideoRecord]) -> None:
    """Refuse two files that would share a video_id, such as two that differ in folder alone.

    Raises:
        MetadataError: There are such; names both.
    """
    first: dict[str, VideoRecord] = {}
    for record in records:
        other = first.setdefault(record.video_id, record)
        if other is not record:
            msg = f"{other.path} and {record.path} would both be {record.video_id!r}; "
            raise MetadataError(msg + "give one of them another name")
