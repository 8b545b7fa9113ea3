"""Pictures of a crops folder, to look at: did preprocessing find the right faces?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.data.opening import open_columns
from resgat.data.spread import spread
from resgat.data.validation import preprocess_remedy
from resgat.data.video_io import quiet_opencv
from resgat.files import write_atomic
from resgat.types import FAKE

SHEETS_DIR = "contact_sheets"

#: Of larger corpora, so many videos are shown, evenly spread over the index.
_MAX_VIDEOS = 240
_VIDEOS_PER_SHEET = 12
_CROPS_PER_VIDEO = 8
_TILE_PX, _GAP_PX, _TEXT_PX = 112, 4, 22
_COLUMNS = ["video_id", "path", "label", "frame_idx", "mask_path"]

_BACKGROUND, _INK = (250, 250, 250), (40, 40, 40)
_FAKE, _REAL, _MASK = (192, 57, 43), (39, 110, 72), (255, 214, 10)

Row = dict[str, Any]
Picture = NDArray[np.uint8]


def write_contact_sheets(crops_dir: Path) -> Path:
    """Write PNG sheets of evenly spread videos and crops; masks are outlined in yellow.

    Args:
        crops_dir: A folder of loose crops with its index.

    Returns:
        The folder of the sheets, ``contact_sheets`` in the crops folder.
    """
    folder = crops_dir / SHEETS_DIR
    videos = _chosen_videos(crops_dir)
    for first in range(0, len(videos), _VIDEOS_PER_SHEET):
        strips = [_strip(rows, crops_dir) for rows in videos[first : first + _VIDEOS_PER_SHEET]]
        sheet = cv2.cvtColor(np.vstack(strips), cv2.COLOR_RGB2BGR)
        path = folder / f"sheet_{first // _VIDEOS_PER_SHEET:03d}.png"
        write_atomic(path, partial(_write_png, sheet))
    return folder


def _chosen_videos(crops_dir: Path) -> list[list[Row]]:
    """Return the rows of the videos to show, video by video."""
    columns = open_columns(crops_dir, preprocess_remedy(crops_dir))
    codes = columns.video_codes
    shown = spread(int(codes.max()) + 1, _MAX_VIDEOS)
    videos = []
    for code in shown:
        positions = np.flatnonzero(codes == code)
        kept = positions[spread(len(positions), _CROPS_PER_VIDEO)]
        videos.append(columns.take(_COLUMNS, kept).to_pylist())
    return videos


def _strip(rows: list[Row], crops_dir: Path) -> Picture:
    """Draw one video: its name above its crops."""
    width = _CROPS_PER_VIDEO * (_TILE_PX + _GAP_PX) + _GAP_PX
    strip = np.full((_TEXT_PX + _TILE_PX + _GAP_PX, width, 3), _BACKGROUND, np.uint8)
    is_fake = rows[0]["label"] == FAKE
    colour = _FAKE if is_fake else _REAL
    cv2.rectangle(strip, (_GAP_PX, 5), (_GAP_PX + 11, 16), colour, cv2.FILLED)
    # OpenCV's font has ASCII only.
    name = rows[0]["video_id"].encode("ascii", "replace").decode()
    text = f"{'fake' if is_fake else 'real'}  {name}"
    _write(strip, text, (_GAP_PX + 18, 15))
    for column, tile in enumerate(_tiles(rows, crops_dir)):
        left = _GAP_PX + column * (_TILE_PX + _GAP_PX)
        strip[_TEXT_PX : _TEXT_PX + _TILE_PX, left : left + _TILE_PX] = tile
    return strip


def _tiles(rows: list[Row], crops_dir: Path) -> Iterator[Picture]:
    for row in rows:
        with quiet_opencv():
            image = cv2.imread(str(crops_dir / row["path"]), cv2.IMREAD_COLOR_RGB)
        if image is None:
            yield np.full((_TILE_PX, _TILE_PX, 3), _FAKE, np.uint8)
            continue
        tile = np.asarray(cv2.resize(image, (_TILE_PX, _TILE_PX), interpolation=cv2.INTER_AREA))
        if row["mask_path"]:
            _outline(tile, crops_dir / row["mask_path"])
        # Readable on light and on dark crops.
        for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
            _write(tile, str(row["frame_idx"]), (3, _TILE_PX - 4), colour, thickness)
        yield tile.astype(np.uint8, copy=False)


def _outline(tile: NDArray[Any], mask_path: Path) -> None:
    with quiet_opencv():
        mask = cv2.imread(str(mask_path), cv2.IMREAD_GRAYSCALE)
    if mask is not None:
        small = cv2.resize(mask, (_TILE_PX, _TILE_PX), interpolation=cv2.INTER_NEAREST)
        contours, _ = cv2.findContours(small, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(tile, contours, -1, _MASK, 1, cv2.LINE_AA)


def _write_png(image: NDArray[Any], path: Path) -> None:
    _, encoded = cv2.imencode(".png", image)
    path.write_bytes(encoded.tobytes())


def _write(
    image: NDArray[Any],
    text: str,
    at: tuple[int, int],
    colour: tuple[int, int, int] = _INK,
    thickness: int = 1,
) -> None:
    cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, thickness, cv2.LINE_AA)
