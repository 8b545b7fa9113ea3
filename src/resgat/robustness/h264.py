"""Re-encoding as H.264, which is what every platform does to a video."""

from __future__ import annotations

import importlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from resgat.errors import ConfigError
from resgat.robustness.corruptions import Clip, Graded

_FRAMES_PER_S = 25

#: So that the bits depend on the pixels alone. x264's fastest routines are not exact: of random
#: clips one in six came out differently when it was encoded again in the same process.
_OPTIONS = {"preset": "medium", "threads": "1", "x264-params": "cpu-independent=1"}


class H264(Graded):
    """The clip as one H.264 video, 4:2:0, by x264 at a constant rate factor.

    Crops of odd sides are padded by their last row or column, which is cut off again.

    Args:
        crf: 0 (lossless but for chroma) to 51.

    Raises:
        ConfigError: PyAV is not installed, or a value is out of range.
    """

    def __init__(self, crf: Sequence[int]) -> None:
        super().__init__("crf", crf, low=0, high=51)
        _av()

    def _corrupt(self, clip: Clip, value: float, rng: np.random.Generator) -> Clip:
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
        stream.pix_fmt = "yuv420p"
        for crop in clip:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(crop, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


def decode(video: bytes) -> Clip:
    """Return all frames of a video file, in order of time: (T, H, W, 3) RGB.

    Raises:
        ConfigError: PyAV is not installed.
    """
    with _av().open(io.BytesIO(video)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


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
