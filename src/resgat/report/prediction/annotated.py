"""A video written again with its verdict drawn in."""

from __future__ import annotations

import importlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from resgat.data.geometry import Box
from resgat.data.video_io import Frame, count_frames, frames_per_s, read_frames
from resgat.errors import ConfigError, VideoReadError
from resgat.files import write_atomic
from resgat.inference.result import FacePrediction, FilePrediction, TrackPrediction
from resgat.report.prediction.drawing import hue

#: Where the container states no frame rate.
_FRAMES_PER_S = 25.0
#: Longer sides are scaled down: nobody looks at a verdict in 4K, and encoding would take minutes.
_LONGEST_SIDE_PX = 1280
_OPTIONS = {"preset": "veryfast", "crf": "23"}


def write_annotated(path: Path, prediction: FilePrediction) -> None:
    """Write an H.264 MP4 of a predicted video with boxes and P(fake) over time.

    Between two frames that were looked at, the box of a face that both show moves evenly.

    Raises:
        ConfigError: PyAV is not installed.
        VideoReadError: The video cannot be read any more.
    """
    av = pyav()
    source = prediction.path
    rate = Fraction(frames_per_s(source) or _FRAMES_PER_S).limit_denominator(1001)
    num_frames = count_frames(source)

    def write(beside: Path) -> None:
        with av.open(str(beside), "w", format="mp4", options={"movflags": "faststart"}) as file:
            stream = file.add_stream("libx264", rate=rate, options=_OPTIONS)
            stream.pix_fmt = "yuv420p"
            size: tuple[int, int] | None = None
            for idx, frame in _readable(source, num_frames):
                if size is None:
                    size = stream.width, stream.height = readable_size(frame)
                drawn = annotated(frame, idx, prediction.tracks, size)
                file.mux(stream.encode(av.VideoFrame.from_ndarray(drawn, format="rgb24")))
            file.mux(stream.encode())

    write_atomic(path, write)


def _readable(source: Path, num_frames: int) -> Iterator[tuple[int, Frame]]:
    """Yield the frames up to where decoding ends: what was predicted lies before."""
    seen = 0
    try:
        for idx, frame in read_frames(source, range(num_frames)):
            seen += 1
            yield idx, frame
    except VideoReadError:
        if not seen:
            raise


def readable_size(frame: Frame) -> tuple[int, int]:
    """Return the even width and height, of bounded length, that a frame is shown at."""
    height, width = frame.shape[:2]
    scale = min(1.0, _LONGEST_SIDE_PX / max(height, width))
    return max(2, int(width * scale) // 2 * 2), max(2, int(height * scale) // 2 * 2)


def annotated(
    frame: Frame, frame_idx: int, tracks: Sequence[TrackPrediction], size: tuple[int, int]
) -> Frame:
    """Draw the faces that are known at a frame, on a copy of a given width and height."""
    scale = size[0] / frame.shape[1]
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    drawn = np.ascontiguousarray(small, dtype=np.uint8)
    thick = max(2, round(max(size) / 400))
    for track in tracks:
        known = at_frame(track.faces, frame_idx)
        if known is None:
            continue
        box, prob = known
        colour = tuple(round(255 * part) for part in hue(track.verdict))
        left, top, right, bottom = (round(scale * side) for side in box)
        cv2.rectangle(drawn, (left, top), (right, bottom), colour, thick, cv2.LINE_AA)
        number = f"{track.track}: " if len(tracks) > 1 else ""
        _write(drawn, f"{number}P(fake) {prob:.2f}", (left, max(top, 0)), colour, thick)
    return drawn


def at_frame(faces: Sequence[FacePrediction], frame_idx: int) -> tuple[Box, float] | None:
    """Return where a face is at a frame, and its P(fake); None before the first and after the last.

    Example:
        >>> def face(at, left):
        ...     return FacePrediction(at, None, (left, 0, left + 10, 10), None, 0.0, 0.5, None)
        >>> at_frame([face(0, 0.0), face(10, 20.0)], 5)
        ((10.0, 0.0, 20.0, 10.0), 0.5)
    """
    frames = [face.frame_idx for face in faces]
    after = bisect_left(frames, frame_idx)
    if after == len(faces):
        return None
    later = faces[after]
    if later.frame_idx == frame_idx:
        return later.box_xyxy, later.prob
    if after == 0:
        return None
    earlier = faces[after - 1]
    share = (frame_idx - earlier.frame_idx) / (later.frame_idx - earlier.frame_idx)
    left, top, right, bottom = (
        (1 - share) * a + share * b for a, b in zip(earlier.box_xyxy, later.box_xyxy, strict=True)
    )
    return (left, top, right, bottom), (1 - share) * earlier.prob + share * later.prob


def _write(frame: Frame, text: str, corner: tuple[int, int], colour: Any, thick: int) -> None:
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, 0.28 * thick
    (width, height), below = cv2.getTextSize(text, font, scale, max(1, thick // 2))
    left, top = corner
    bottom = top + height + below + 4
    cv2.rectangle(frame, (left, top), (left + width + 6, bottom), colour, cv2.FILLED)
    cv2.putText(
        frame, text, (left + 3, top + height + 2), font, scale, (255, 255, 255),
        max(1, thick // 2), cv2.LINE_AA,
    )  # fmt: skip


def pyav() -> Any:
    """Import PyAV, which brings x264 along; browsers play nothing that OpenCV's wheels write.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        return importlib.import_module("av")
    except ImportError as error:
        msg = "video=true needs PyAV; install it with pip install 'resgat[video]'"
        raise ConfigError(msg) from error
