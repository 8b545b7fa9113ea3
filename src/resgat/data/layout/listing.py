"""Videos that a corpus lists by name, and those on disk that it does not."""

from __future__ import annotations

import logging
import re
from collections.abc import Container, Iterable
from pathlib import Path

from resgat.data.videos import examples

logger = logging.getLogger(__name__)

_VIDEO_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_. -]{0,199}\.mp4")


def is_video_name(name: object) -> bool:
    """Tell whether a value is a plain name of a video file, which leads out of no folder."""
    return isinstance(name, str) and bool(_VIDEO_NAME.fullmatch(name)) and ".." not in name


def warn_unlisted(root: Path, found: Iterable[Path], listed: Container[Path], where: str) -> None:
    """Log once which video files are in no list: they have no label."""
    strays = [path.relative_to(root).as_posix() for path in sorted(found) if path not in listed]
    if strays:
        msg = "%d videos are in no %s and left out: %s"
        logger.warning(msg, len(strays), where, examples(strays))
