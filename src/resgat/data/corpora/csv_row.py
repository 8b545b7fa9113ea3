"""One line of a user's list of videos, checked by its text alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from resgat.data.layout.media import is_image, is_video
from resgat.data.layout.paths import relative_path
from resgat.data.layout.tables import Row
from resgat.data.schema import SPLITS
from resgat.data.videos import REAL_METHOD
from resgat.types import FAKE, REAL

REQUIRED = ("path", "label")
OPTIONAL = ("video", "identity", "split", "method", "original", "mask")

_LABELS = {"0": REAL, "real": REAL, "1": FAKE, "fake": FAKE}


@dataclass(frozen=True)
class Item:
    """A checked line; an empty cell is None.

    Attributes:
        path: Of a video or image, below the corpus's folder; the mask's too.
        original: The name or path of another line's video.
    """

    line: int
    path: PurePosixPath
    label: int
    video: str | None
    identity: str | None
    split: str | None
    method: str | None
    original: str | None
    mask: PurePosixPath | None

    @property
    def key(self) -> str:
        """What its video is called: its name, or else its path."""
        return self.video or self.path.as_posix()

    @property
    def shared(self) -> Mapping[str, Any]:
        """What the frames of one video have in common."""
        names = ("label", *OPTIONAL[1:])
        return {name: getattr(self, name) for name in names}


def parse_row(row: Row, root: Path) -> Item:
    """Check one line.

    Args:
        row: Cells by column; the optional ones may be absent.
        root: The folder that no path may leave.

    Raises:
        ValueError: A cell is not what it should be; says which, and what was expected.
    """
    cells = {name: row.cells.get(name) or None for name in (*REQUIRED, *OPTIONAL)}
    label = _label(cells["label"])
    path = _path("path", cells["path"], root)
    if not is_video(path) and not is_image(path):
        msg = f"path: expected a video or an image by its ending, got {_short(path.name)}"
        raise ValueError(msg)
    if label == REAL and (cells["original"] or cells["mask"]):
        msg = "original and mask: expected none for a real video"
        raise ValueError(msg)
    if label == FAKE and (cells["method"] or "").lower() == REAL_METHOD:
        msg = f"method: expected what made the fake, got {REAL_METHOD!r}, which real videos are"
        raise ValueError(msg)
    return Item(
        line=row.line,
        path=path,
        label=label,
        video=cells["video"],
        identity=cells["identity"],
        split=_split(cells["split"]),
        method=cells["method"],
        original=cells["original"],
        mask=_mask(cells["mask"], root),
    )


def _label(text: str | None) -> int:
    label = _LABELS.get((text or "").lower())
    if label is None:
        msg = f"label: expected 0, real, 1 or fake, got {_short(text)}"
        raise ValueError(msg)
    return label


def _split(text: str | None) -> str | None:
    split = text and text.lower()
    if split is not None and split not in SPLITS:
        msg = f"split: expected {', '.join(SPLITS)} or nothing, got {_short(text)}"
        raise ValueError(msg)
    return split


def _path(column: str, text: str | None, root: Path) -> PurePosixPath:
    path = relative_path(text or "", root)
    if path is None:
        msg = f"{column}: expected a path below {root}, without '..', got {_short(text)}"
        raise ValueError(msg)
    return path


def _mask(text: str | None, root: Path) -> PurePosixPath | None:
    if text is None:
        return None
    path = _path("mask", text, root)
    if not is_video(path):
        msg = f"mask: expected a video by its ending, got {_short(path.name)}"
        raise ValueError(msg)
    return path


def _short(text: str | None) -> str:
    return repr((text or "")[:80])
