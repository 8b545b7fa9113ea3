"""What happens to crops on their way to a detector; H.264, which needs PyAV, has its own file."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.robustness.draws import Draws
from resgat.robustness.graded import Clip, Graded

#: Of an occluded place: in the middle of the range, so that it is no more "dark" than "bright".
_GREY = 127

#: Directions that a crop may slip in, as rows and columns.
_SIDES = ((0, 1), (0, -1), (1, 0), (-1, 0))


class Jpeg(Graded):
    """Each crop stored as JPEG, chroma 4:2:0.

    Args:
        quality: 1 to 100.
    """

    def __init__(self, quality: Sequence[int]) -> None:
        super().__init__("quality", quality, mildest=100, severest=1)
        self._refuse_fractions()

    def _corrupt(self, clip: Clip, value: float, draws: Draws) -> Clip:
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
        super().__init__("sigma_px", sigma_px, mildest=0.1, severest=100)

    def _corrupt(self, clip: Clip, value: float, draws: Draws) -> Clip:
        return np.stack([cv2.GaussianBlur(crop, (0, 0), value) for crop in clip])


class GaussianNoise(Graded):
    """A sensor in the dark: noise of its own for every pixel, channel and frame.

    Args:
        std: Standard deviation, as a share of the range of values; the noise is scaled by it.
    """

    def __init__(self, std: Sequence[float]) -> None:
        super().__init__("std", std, mildest=0, severest=1)

    def _corrupt(self, clip: Clip, value: float, draws: Draws) -> Clip:
        frames = zip(clip, draws.of_frames(), strict=True)
        return np.stack([self._noisy(crop, 255 * value, rng) for crop, rng in frames])

    def _noisy(self, crop: Clip, std: float, rng: np.random.Generator) -> Clip:
        return _as_pixels(crop + np.float32(std) * rng.standard_normal(crop.shape, np.float32))


class Downscale(Graded):
    """A face that was small: scaled down by area and up again, bilinearly.

    Args:
        factor: Of the side, at most 1.
    """

    def __init__(self, factor: Sequence[float]) -> None:
        super().__init__("factor", factor, mildest=1, severest=0.01)

    def _corrupt(self, clip: Clip, value: float, draws: Draws) -> Clip:
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
        super().__init__("change", change, mildest=0, severest=1)

    def _corrupt(self, clip: Clip, value: float, draws: Draws) -> Clip:
        contrast, brightness = value * draws.of_clip().choice((-1, 1), size=2)
        mean = clip.mean()
        # Equal pixels become equal ones: 256 sums do for a track of any length.
        tones = mean + (1 + contrast) * (np.arange(256) - mean) + 127.5 * brightness
        return np.stack([cv2.LUT(crop, _as_pixels(tones)) for crop in clip])


class CropShift(Graded):
    """A face detector that jitters: each crop is cut a little beside its place.

    What lies outside the stored crop is unknown, and its edge is repeated there.

    Args:
        share_of_side: How far the window moves; up, down, left or right, drawn for each crop.
    """

    def __init__(self, share_of_side: Sequence[float]) -> None:
        super().__init__("share_of_side", share_of_side, mildest=0, severest=1)

    def _corrupt(self, clip: Clip, value: float, draws: Draws) -> Clip:
        sides = (_SIDES[rng.integers(len(_SIDES))] for rng in draws.of_frames())
        moved = zip(clip, sides, strict=True)
        return np.stack([self._shifted(crop, value, side) for crop, side in moved])

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
        super().__init__("share_of_area", share_of_area, mildest=0, severest=1)

    def _corrupt(self, clip: Clip, value: float, draws: Draws) -> Clip:
        sides = [round(size * value**0.5) for size in clip.shape[1:3]]
        # Shares of the room beside the box, and so a larger box holds a smaller one.
        places = draws.of_clip().random(2)
        top, left = (
            int(place * (size - side + 1))
            for place, size, side in zip(places, clip.shape[1:3], sides, strict=True)
        )
        covered = clip.copy()
        covered[:, top : top + sides[0], left : left + sides[1]] = _GREY
        return covered


def _as_pixels(values: NDArray[np.floating]) -> Clip:
    pixels: Clip = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return pixels
