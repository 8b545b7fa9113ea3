"""What happens to videos on their way to a detector, at five levels from mild to severe.

A clip is the crops of one face in one video, in order of time: (T, H, W, 3) uint8, RGB.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.checks import check_range
from resgat.errors import ConfigError, ShapeError

Clip = NDArray[np.uint8]

NUM_LEVELS = 5

#: Of an occluded place: in the middle of the range, so that it is no more "dark" than "bright".
_GREY = 127

#: Directions that a crop may slip in, as rows and columns.
_SIDES = ((0, 1), (0, -1), (1, 0), (-1, 0))


class Corruption(Protocol):
    """A pure function of a clip, a level and random numbers.

    Attributes:
        parameter: What the levels differ in, such as ``quality``.
        values: That parameter at each level, mild to severe.
    """

    parameter: str
    values: tuple[float, ...]

    def __call__(self, clip: Clip, level: int, rng: np.random.Generator) -> Clip:
        """Return the corrupted clip.

        Args:
            clip: Left as it is.
            level: 1 (mild) to 5 (severe).
            rng: All that is random comes from here.

        Shape:
            clip, returns: (T, H, W, 3)
        """
        ...


class Graded(ABC):
    """A corruption with one parameter.

    Args:
        parameter: Its name.
        values: At levels 1 to 5.
        low: The least value that it may have.
        high: The largest.

    Raises:
        ConfigError: There are not five values, or one is out of range.
    """

    def __init__(self, parameter: str, values: Sequence[float], *, low: float, high: float) -> None:
        name = f"{type(self).__name__}.{parameter}"
        if len(values) != NUM_LEVELS:
            msg = f"{name}: expected {NUM_LEVELS} values, mild to severe, got {list(values)}"
            raise ConfigError(msg)
        for value in values:
            check_range(name, value, low=low, high=high)
        self.parameter = parameter
        self.values = tuple(values)

    def __call__(self, clip: Clip, level: int, rng: np.random.Generator) -> Clip:
        """Return the corrupted clip.

        Raises:
            ConfigError: ``level`` is not one of 1 to 5.
            ShapeError: ``clip`` is no (T, H, W, 3) of uint8, or it is empty.
        """
        if level not in range(1, NUM_LEVELS + 1):
            msg = f"level: expected 1 (mild) to {NUM_LEVELS} (severe), got {level!r}"
            raise ConfigError(msg)
        if clip.ndim != 4 or clip.shape[3] != 3 or clip.dtype != np.uint8 or not clip.size:
            msg = f"clip: expected uint8 (T, H, W, 3), got {clip.dtype} {clip.shape}"
            raise ShapeError(msg)
        return self._corrupt(clip, self.values[level - 1], rng)

    @abstractmethod
    def _corrupt(self, clip: Clip, value: float, rng: np.random.Generator) -> Clip:
        """Return the clip at one value of the parameter."""


class Jpeg(Graded):
    """Each crop stored as JPEG, chroma 4:2:0.

    Args:
        quality: 1 to 100.
    """

    def __init__(self, quality: Sequence[int]) -> None:
        super().__init__("quality", quality, low=1, high=100)

    def _corrupt(self, clip: Clip, value: float, rng: np.random.Generator) -> Clip:
        return np.stack([self._stored(crop, int(value)) for crop in clip])

    def _stored(self, crop: Clip, quality: int) -> Clip:
        # OpenCV takes blue first, and chroma is kept more coarsely than brightness.
        bgr = cv2.cvtColor(crop, cv2.COLOR_RGB2BGR)
        _, code = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
        decoded = np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR))
        return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


class GaussianBlur(Graded):
    """A lens out of focus.

    Args:
        sigma_px: Standard deviation, in pixels of the stored crop; cut off at three of them.
    """

    def __init__(self, sigma_px: Sequence[float]) -> None:
        super().__init__("sigma_px", sigma_px, low=0.1, high=100)

    def _corrupt(self, clip: Clip, value: float, rng: np.random.Generator) -> Clip:
        return np.stack([cv2.GaussianBlur(crop, (0, 0), value) for crop in clip])


class GaussianNoise(Graded):
    """A sensor in the dark: noise of its own for every pixel, channel and frame.

    Args:
        std: Standard deviation, as a share of the range of values.
    """

    def __init__(self, std: Sequence[float]) -> None:
        super().__init__("std", std, low=0, high=1)

    def _corrupt(self, clip: Clip, value: float, rng: np.random.Generator) -> Clip:
        return _as_pixels(clip + 255 * value * rng.standard_normal(clip.shape))


class Downscale(Graded):
    """A face that was small: scaled down by area and up again, bilinearly.

    Args:
        factor: Of the side, at most 1.
    """

    def __init__(self, factor: Sequence[float]) -> None:
        super().__init__("factor", factor, low=0.01, high=1)

    def _corrupt(self, clip: Clip, value: float, rng: np.random.Generator) -> Clip:
        height, width = clip.shape[1:3]
        small = (max(1, round(value * width)), max(1, round(value * height)))
        shrunk = [cv2.resize(crop, small, interpolation=cv2.INTER_AREA) for crop in clip]
        return np.stack(
            [cv2.resize(crop, (width, height), interpolation=cv2.INTER_LINEAR) for crop in shrunk]
        )


class BrightnessContrast(Graded):
    """A screen or a camera that is set wrongly, for the whole clip.

    ``mean + (1 ± change) * (clip - mean) ± change * 127.5``, with the clip's mean; each of the
    signs is drawn once for a clip.

    Args:
        change: Of the contrast, and of the brightness as a share of half the range of values.
    """

    def __init__(self, change: Sequence[float]) -> None:
        super().__init__("change", change, low=0, high=1)

    def _corrupt(self, clip: Clip, value: float, rng: np.random.Generator) -> Clip:
        contrast, brightness = value * rng.choice((-1, 1), size=2)
        mean = clip.mean()
        return _as_pixels(mean + (1 + contrast) * (clip - mean) + 127.5 * brightness)


class CropShift(Graded):
    """A face detector that jitters: each crop is cut a little beside its place.

    What lies outside the stored crop is unknown, and its edge is repeated there.

    Args:
        share_of_side: How far the window moves; up, down, left or right, drawn for each crop.
    """

    def __init__(self, share_of_side: Sequence[float]) -> None:
        super().__init__("share_of_side", share_of_side, low=0, high=1)

    def _corrupt(self, clip: Clip, value: float, rng: np.random.Generator) -> Clip:
        sides = rng.integers(len(_SIDES), size=len(clip))
        moved = zip(clip, sides, strict=True)
        return np.stack([self._shifted(crop, value, _SIDES[side]) for crop, side in moved])

    def _shifted(self, crop: Clip, share: float, side: tuple[int, int]) -> Clip:
        rows, columns = (
            np.clip(np.arange(size) + step * round(share * size), 0, size - 1)
            for size, step in zip(crop.shape, side, strict=False)
        )
        shifted: Clip = crop[rows][:, columns]
        return shifted


class Occlusion(Graded):
    """A hand, a microphone, a caption: a grey box, in one place throughout the clip.

    Args:
        share_of_area: What the box covers; it has the crop's proportions.
    """

    def __init__(self, share_of_area: Sequence[float]) -> None:
        super().__init__("share_of_area", share_of_area, low=0, high=1)

    def _corrupt(self, clip: Clip, value: float, rng: np.random.Generator) -> Clip:
        sides = [round(size * value**0.5) for size in clip.shape[1:3]]
        top, left = (
            int(rng.integers(size - side + 1))
            for size, side in zip(clip.shape[1:3], sides, strict=True)
        )
        covered = clip.copy()
        covered[:, top : top + sides[0], left : left + sides[1]] = _GREY
        return covered


def _as_pixels(values: NDArray[np.float64]) -> Clip:
    pixels: Clip = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return pixels
