"""From a face box to a square crop: pure geometry and resampling."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np

from resgat.checks import check_range
from resgat.data.detector import Box, Points
from resgat.data.video_io import Frame

Square = tuple[int, int, int, int]


@dataclass(frozen=True)
class CropSpec:
    """Everything that decides a crop's pixels, given the frame; models are tied to its hash.

    Attributes:
        size_px: Side of the stored crop.
        margin: Side of the square over the longer side of the face box.
        detector: The detector's ``spec``.
        alignment: ``"none"``: faces are not rotated upright, which would resample artefacts away.
        image_format: ``"png"``, 8-bit RGB, lossless.
    """

    size_px: int
    margin: float
    detector: Mapping[str, Any]
    alignment: str = "none"
    image_format: str = "png"

    def __post_init__(self) -> None:
        check_range("size_px", self.size_px, low=16, high=4096)
        check_range("margin", self.margin, low=1.0, high=4.0)
        # 1 and 1.0 are one margin and must give one hash.
        object.__setattr__(self, "size_px", int(self.size_px))
        object.__setattr__(self, "margin", float(self.margin))

    @property
    def hash(self) -> str:
        """First 12 hex digits of the SHA-256 of the spec as JSON with sorted keys.

        Example:
            >>> spec = CropSpec(224, 1.3, {"a": 1, "b": 2})
            >>> spec.hash == CropSpec(224, 1.3, {"b": 2, "a": 1}).hash
            True
        """
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self) | {"detector": dict(self.detector)}


def square_box(box: Box, margin: float, frame_shape: tuple[int, ...]) -> Square:
    """Enlarge a box to a square around its centre and shift it into the frame.

    A square that fits into the frame is moved inside, so that no pixel is invented; one that is
    larger than a side of the frame is centred on that side and overhangs it.

    Args:
        box: Face box in frame pixels.
        margin: Side of the square over the longer side of the box.
        frame_shape: Height, width and whatever follows.

    Returns:
        Left, top, right, bottom in whole pixels; right and bottom are exclusive.

    Source:
        Rossler et al. 2019, FaceForensics++ (factor 1.3); its code shrinks the square at the right
        and bottom edge, here it keeps its side.

    Example:
        >>> square_box((10, 10, 30, 20), 1.5, (100, 100, 3))
        (5, 0, 35, 30)
    """
    x0, y0, x1, y1 = box
    side = max(1, round(max(x1 - x0, y1 - y0) * margin))
    height, width = frame_shape[:2]
    left = _shifted((x0 + x1) / 2 - side / 2, side, width)
    top = _shifted((y0 + y1) / 2 - side / 2, side, height)
    return (left, top, left + side, top + side)


def crop_square(frame: Frame, box: Square, size_px: int) -> Frame:
    """Cut a square and resample it to ``size_px``: area averages down, cubic interpolation up.

    What lies beyond the frame repeats its edge.

    Shape:
        frame: (H, W, 3) uint8
        returned: (size_px, size_px, 3) uint8
    """
    left, top, right, bottom = box
    height, width = frame.shape[:2]
    cut = frame[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)]
    overhang = (max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0))
    if any(overhang):
        cut = np.asarray(cv2.copyMakeBorder(cut, *overhang, cv2.BORDER_REPLICATE), np.uint8)
    side = right - left
    if side == size_px:
        return np.ascontiguousarray(cut)
    method = cv2.INTER_AREA if side > size_px else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(cut, (size_px, size_px), interpolation=method), np.uint8)


def landmarks_to_crop(landmarks: Points, box: Square, size_px: int) -> Points:
    """Move points from frame pixels to crop pixels; (0, 0) is the top left corner in both.

    Example:
        >>> landmarks_to_crop(((15.0, 20.0),), (10, 10, 30, 30), 40)
        ((10.0, 20.0),)
    """
    left, top, right, _ = box
    scale = size_px / (right - left)
    return tuple(((x - left) * scale, (y - top) * scale) for x, y in landmarks)


def _shifted(start: float, side: int, length: int) -> int:
    """Move an interval into ``[0, length]``, or centre it there where it does not fit."""
    if side >= length:
        return (length - side) // 2
    return min(max(round(start), 0), length - side)
