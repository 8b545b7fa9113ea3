"""How crops are cut, and the plain way of cutting one: a square, resampled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.checks import check_choice, check_range
from resgat.data.geometry import Points, Square
from resgat.errors import ConfigError

Alignment = Literal["none", "similarity"]
ImageFormat = Literal["png", "jpeg", "webp"]

#: Raised when the same settings give other crops than before: the search for faces, the choice of
#: the face or of the frames, the transform.
_EXTRACTION = 1

#: JPEG and WebP at this quality keep what a detector lives on; see docs/preprocessing.md.
DEFAULT_QUALITY = 95

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class CropSpec:
    """Everything that decides a video's crops, given the video; models are tied to its hash.

    Attributes:
        size_px: Side of the stored crop.
        margin: Side of the square over the longer side of the face box.
        detector: The detector's ``spec``.
        alignment: ``"none"`` leaves faces as they are, for turning them resamples artefacts away;
            ``"similarity"`` brings the five landmarks to the same place in every crop.
        image_format: ``"png"`` is lossless; ``"jpeg"`` and ``"webp"`` are smaller.
        quality: 1 to 100 for JPEG and WebP, 95 if None; PNG has none.
        frames_per_video: Crops wanted of each video, spread evenly; None takes all frames.
        stride: Only every so many-th frame may be taken.
        resample: How often other frames are tried where some of the wanted ones show no face.

    Raises:
        ConfigError: A value is out of range, or PNG is given a quality.
    """

    size_px: int
    margin: float
    detector: Mapping[str, Any]
    alignment: Alignment = "none"
    image_format: ImageFormat = "png"
    quality: int | None = None
    frames_per_video: int | None = 32
    stride: int = 1
    resample: int = 2

    def __post_init__(self) -> None:
        check_range("size_px", self.size_px, low=16, high=4096)
        check_range("margin", self.margin, low=1.0, high=4.0)
        check_choice("alignment", self.alignment, get_args(Alignment))
        check_choice("image_format", self.image_format, get_args(ImageFormat))
        check_range("stride", self.stride, low=1)
        check_range("resample", self.resample, low=0, high=8)
        if self.frames_per_video is not None:
            check_range("frames_per_video", self.frames_per_video, low=1)
        # 1 and 1.0 are one margin and must give one hash.
        object.__setattr__(self, "size_px", int(self.size_px))
        object.__setattr__(self, "margin", float(self.margin))
        object.__setattr__(self, "quality", _checked_quality(self.image_format, self.quality))

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
        plain = asdict(self) | {"detector": dict(self.detector)}
        return plain | {"extraction": _EXTRACTION}


class Placement(Protocol):
    """Where a crop lies in its frame; image, mask and landmarks go through the same transform."""

    @property
    def square(self) -> Square:
        """The crop's place, or the smallest upright square around it, in frame pixels."""
        ...

    def cut(self, image: Pixels) -> Pixels:
        """Cut an image (H, W, 3) or a mask (H, W); what lies beyond the frame repeats its edge."""
        ...

    def move(self, points: Points) -> Points:
        """Move points from frame pixels to crop pixels."""
        ...


@dataclass(frozen=True)
class SquarePlacement:
    """An upright square, resampled to ``size_px``: area averages down, cubic interpolation up.

    A square that has the size already keeps its pixels untouched.
    """

    square: Square
    size_px: int

    def cut(self, image: Pixels) -> Pixels:
        """Cut an image (H, W, 3) or a mask (H, W)."""
        cut = cut_square(image, self.square)
        side = len(cut)
        if side == self.size_px:
            return np.ascontiguousarray(cut)
        method = cv2.INTER_AREA if side > self.size_px else cv2.INTER_CUBIC
        size = (self.size_px, self.size_px)
        return np.asarray(cv2.resize(cut, size, interpolation=method), np.uint8)

    def move(self, points: Points) -> Points:
        """Move points from frame pixels to crop pixels.

        Example:
            >>> SquarePlacement((10, 10, 30, 30), 40).move(((15.0, 20.0),))
            ((10.0, 20.0),)
        """
        left, top, right, _ = self.square
        scale = self.size_px / (right - left)
        return tuple(((x - left) * scale, (y - top) * scale) for x, y in points)


def cut_square(image: Pixels, square: Square) -> Pixels:
    """Cut a square out of an image; what lies beyond it repeats its edge."""
    left, top, right, bottom = square
    height, width = image.shape[:2]
    cut = image[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)]
    overhang = (max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0))
    if any(overhang):
        cut = np.asarray(cv2.copyMakeBorder(cut, *overhang, cv2.BORDER_REPLICATE), np.uint8)
    return cut


def _checked_quality(image_format: str, quality: int | None) -> int | None:
    if image_format == "png":
        if quality is not None:
            msg = f"quality: PNG is lossless and has none, got {quality}; leave it out, or take "
            raise ConfigError(msg + "image_format=jpeg or webp")
        return None
    if quality is None:
        return DEFAULT_QUALITY
    check_range("quality", quality, low=1, high=100)
    return int(quality)
