"""What is too large to be looked at, told from a file's header before anything is decoded."""

from __future__ import annotations

import struct
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from resgat.checks import check_range
from resgat.data.video_io import count_frames, frame_size_px, frames_per_s
from resgat.errors import VideoReadError
from resgat.inference.cutting import Cutter, FileCut, kind_of

#: What Pillow may open: the kinds of :data:`~resgat.data.layout.media.IMAGE_SUFFIXES`.
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
#: Where a container states no frame rate.
_FRAMES_PER_S = 25.0
#: No camera of people is faster; a container that states more is not believed about its duration.
_FASTEST = 120


@dataclass(frozen=True)
class Limits:
    """What is accepted.

    Attributes:
        max_upload_mb: Size of a file, in millions of bytes.
        max_clip_s: How long a clip may last.
        max_megapixels: Of an image, or of a frame.

    Raises:
        ConfigError: One is not positive.
    """

    max_upload_mb: float
    max_clip_s: float
    max_megapixels: float

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            check_range(name, value, low=1e-3)


@dataclass(frozen=True)
class LimitedCutter:
    """A cutter that looks at a file's header first; pickled for worker processes.

    What a container states of its duration need not be true: a clip may not have more frames than
    the fastest camera takes in that time either, and frames beyond those stated are never read.

    Args:
        cutter: What cuts a file that is small enough.
        limits: What is small enough.
    """

    cutter: Cutter
    limits: Limits

    def cut(self, path: Path) -> FileCut:
        """Cut one file.

        Raises:
            VideoReadError: It is too large, broken, or neither an image nor a video.
        """
        if kind_of(path) == "image":
            self._check_pixels(path, *_image_size_px(path))
        else:
            self._check_pixels(path, *frame_size_px(path))
            self._check_duration(path, count_frames(path), frames_per_s(path) or _FRAMES_PER_S)
        return self.cutter.cut(path)

    def _check_pixels(self, path: Path, width: int, height: int) -> None:
        megapixels = width * height / 1e6
        if megapixels > self.limits.max_megapixels:
            msg = (
                f"{path}: {width} x {height} px are {megapixels:.3g} megapixels, and at most "
                f"{self.limits.max_megapixels:g} are looked at; send a smaller copy"
            )
            raise VideoReadError(msg)

    def _check_duration(self, path: Path, num_frames: int, rate: float) -> None:
        longest = self.limits.max_clip_s
        remedy = "cut out the part that matters"
        if num_frames / rate > longest:
            lasts, most = duration_words(num_frames / rate), duration_words(longest)
            msg = f"{path}: the clip lasts {lasts}, and at most {most} are looked at; {remedy}"
            raise VideoReadError(msg)
        if num_frames > longest * _FASTEST:
            msg = (
                f"{path}: the clip has {num_frames:,} frames, and at most "
                f"{longest * _FASTEST:,.0f} are looked at; {remedy}"
            )
            raise VideoReadError(msg)


def duration_words(seconds: float) -> str:
    """Say a duration.

    Example:
        >>> duration_words(3600), duration_words(90), duration_words(2.5)
        ('60 min', '1 min 30 s', '2.5 s')
    """
    if seconds < 60:
        return f"{round(seconds, 1):g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def _image_size_px(path: Path) -> tuple[int, int]:
    """Return width and height as the header states them."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=_FORMATS) as image:
                return image.size
    except Image.DecompressionBombError as error:
        msg = f"{path}: the image has far too many pixels; send a smaller copy"
        raise VideoReadError(msg) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, struct.error) as error:
        msg = f"{path}: this is no PNG, JPEG, WebP or BMP image, whatever its name says"
        raise VideoReadError(msg) from error
