"""Re-encoding as H.264, which is what every platform does to a video."""

from __future__ import annotations

import importlib
import io
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.errors import ConfigError
from resgat.robustness.draws import Draws
from resgat.robustness.graded import Clip, Graded

_FRAMES_PER_S = 25
#: One plane of brightness, and two of colour with half its sides below it.
_PIXELS = "yuv420p"

#: So that the bits depend on the pixels alone. x264's fastest routines are not exact: of random
#: clips one in six came out differently when it was encoded again in the same process.
_OPTIONS = {"preset": "medium", "threads": "1", "x264-params": "cpu-independent=1"}


class H264(Graded):
    """The clip as one H.264 video, 4:2:0, by x264 at a constant rate factor.

    Crops of odd sides are padded by their last row or column, which is cut off again.

    Args:
        crf: 0, where nothing is lost but by the conversion to 8-bit 4:2:0 and back, to 51.

    Raises:
        ConfigError: PyAV is not installed, or a value is out of range.
    """

    def __init__(self, crf: Sequence[int]) -> None:
        super().__init__("crf", crf, mildest=0, severest=51)
        self._refuse_fractions()
        _av()

    def _corrupt(self, clip: Clip, value: float, draws: Draws) -> Clip:
        height, width = clip.shape[1:3]
        even = np.pad(clip, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        return decode(encode(even, int(value)))[:, :height, :width]


def encode(clip: Clip, crf: int) -> bytes:
    """Return a clip of even sides as an MP4 file.

    Raises:
        ConfigError: PyAV is not installed.
    """
    av, file = _av(), io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        options = {"crf": str(crf), **_OPTIONS}
        stream = container.add_stream("libx264", rate=_FRAMES_PER_S, options=options)
        stream.height, stream.width = clip.shape[1:3]
        stream.pix_fmt = _PIXELS
        for crop in clip:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(to_yuv(crop), format=_PIXELS)))
        container.mux(stream.encode())
    return file.getvalue()


def decode(video: bytes) -> Clip:
    """Return all frames of a video file, in order of time: (T, H, W, 3) RGB.

    Raises:
        ConfigError: PyAV is not installed.
    """
    with _av().open(io.BytesIO(video)) as container:
        frames = [frame.to_ndarray(format=_PIXELS) for frame in container.decode(video=0)]
    return np.stack([cv2.cvtColor(frame, cv2.COLOR_YUV2RGB_I420) for frame in frames])


def to_yuv(crop: Clip) -> NDArray[np.uint8]:
    """Return a crop of even sides as 4:2:0, colour averaged over 2 x 2 pixels.

    Conversion is OpenCV's both ways: PyAV's cuts off where it should round, and what a detector
    lost to a picture that is one grey level darker would count as lost to compression.

    Shape:
        crop: (H, W, 3)
        returns: (H * 3 / 2, W), the planes below each other
    """
    height, width = crop.shape[:2]
    half = cv2.resize(crop, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    blocks = cv2.resize(half, (width, height), interpolation=cv2.INTER_NEAREST)
    planes = cv2.cvtColor(crop, cv2.COLOR_RGB2YUV_I420)
    # OpenCV takes the colour of one pixel of four, which no encoder's conversion does.
    planes[height:] = cv2.cvtColor(blocks, cv2.COLOR_RGB2YUV_I420)[height:]
    return np.asarray(planes, np.uint8)


def av_version() -> str:
    """Return the version of PyAV, whose wheel brings the encoder.

    Raises:
        ConfigError: PyAV is not installed.
    """
    return str(_av().__version__)


def _av() -> Any:
    """Import PyAV, which brings x264 along; OpenCV's wheels can only decode H.264."""
    try:
        return importlib.import_module("av")
    except ImportError as error:
        msg = (
            "robustness.corruptions.h264 needs PyAV; install it with "
            "pip install 'resgat[robustness]', or leave it out: robustness.corruptions.h264=null"
        )
        raise ConfigError(msg) from error
