"""A user's list of videos, read and checked: which lines are one video."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from resgat.data.corpora.csv_row import OPTIONAL, REQUIRED, Item, parse_row
from resgat.data.layout.media import FAKE_METHOD, is_image, natural_key
from resgat.data.layout.tables import Row, read_table
from resgat.data.naming import safe_name
from resgat.data.videos import REAL_METHOD
from resgat.errors import MetadataError
from resgat.types import FAKE

logger = logging.getLogger(__name__)

_REMEDY = "correct the line"


class Video(NamedTuple):
    """The lines of one video: one, or as many as it has frames, in order of their paths."""

    items: tuple[Item, ...]

    @property
    def item(self) -> Item:
        """The line that says what all of them say."""
        return self.items[0]

    @property
    def person(self) -> str:
        """Who is seen, or what stands for it."""
        return self.item.identity or self.item.key

    @property
    def method(self) -> str:
        """What made it, as part of a video_id."""
        is_fake = self.item.label == FAKE
        return safe_name(self.item.method or FAKE_METHOD) if is_fake else REAL_METHOD


def read_videos(path: Path, raw_dir: Path) -> list[Video]:
    """Read the table and put the frames of each video together, in order of their first lines.

    Raises:
        MetadataError: The table is missing or malformed. The message names the line.
    """
    rows = read_table(path, REQUIRED, _REMEDY)
    _warn_unread(path, rows)
    gathered: dict[str, list[Item]] = {}
    for item in _items(path, rows, raw_dir):
        members = gathered.setdefault(item.key, [])
        problem = _disagreement(members[0], item) if members else ""
        if problem:
            raise malformed(path, item.line, problem)
        members.append(item)
    return [Video(tuple(sorted(members, key=_by_number))) for members in gathered.values()]


def malformed(path: Path, line: int, problem: str) -> MetadataError:
    """Say what is wrong in a line."""
    return MetadataError(f"{path}: line {line}: {problem}; {_REMEDY}")


def _by_number(item: Item) -> tuple[tuple[int, str], ...]:
    return natural_key(item.path.as_posix())


def _items(path: Path, rows: Sequence[Row], raw_dir: Path) -> list[Item]:
    items: list[Item] = []
    lines: dict[Path, int] = {}
    for row in rows:
        try:
            item = parse_row(row, raw_dir)
        except ValueError as error:
            raise malformed(path, row.line, str(error)) from error
        first = lines.setdefault(Path(item.path), row.line)
        if first != row.line:
            raise malformed(path, row.line, f"path: {item.path} is listed in line {first} too")
        items.append(item)
    return items


def _disagreement(first: Item, other: Item) -> str:
    """Say why two lines cannot be frames of one video; empty where they can."""
    if first.video is None or other.video is None:
        return f"{first.key[:80]!r} is a path and a video's name, in line {first.line} too"
    where = f"as in line {first.line} of video {first.key[:80]!r}"
    if not (is_image(first.path) and is_image(other.path)):
        return f"path: expected images, {where}, where several lines are one video"
    for name, value in first.shared.items():
        if other.shared[name] != value:
            found = other.shared[name]
            return f"{name}: expected {value!r}, {where}, got {found!r}; or name another video"
    return ""


def _warn_unread(path: Path, rows: Sequence[Row]) -> None:
    unread = [name for name in (rows[0].cells if rows else ()) if name not in REQUIRED + OPTIONAL]
    if unread:
        known = ", ".join(REQUIRED + OPTIONAL)
        logger.warning("%s: columns %s are not read; those read are %s", path, unread, known)
