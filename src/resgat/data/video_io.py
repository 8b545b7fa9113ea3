"""Reading chosen frames of a video file, in order and without seeking."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.data.naming import as_text
from resgat.errors import VideoReadError

Frame = NDArray[np.uint8]

#: 16K video has 133 million pixels; a header that states more is damaged.
MAX_FRAME_PX = 140_000_000

#: No camera is faster by far; a header that states more knows nothing of its rate.
MAX_FRAMES_PER_S = 1000.0

#: So many frames in a row that cannot be decoded are the video's end (four seconds, mostly).
MAX_LOST = 100

#: Containers that hold their own frames. A playlist under a video's name would have FFmpeg read the
#: files that it names.
_CONTAINERS = "mov,mp4,avi,matroska,webm,mpegts,mpeg,flv,asf,ogg,m4v,h264,hevc,ivf,gif"

# FFmpeg's own threads only get in the way of the worker processes. Both are read at each opening.
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", f"threads;1|format_whitelist;{_CONTAINERS}")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


class VideoEndsEarlyError(VideoReadError):
    """Decoding ended before the frames that were asked for.

    Attributes:
        num_decoded: Frames that could be decoded.
    """

    def __init__(self, message: str, num_decoded: int) -> None:
        super().__init__(message)
        self.num_decoded = num_decoded

    def __reduce__(self) -> tuple[type[VideoEndsEarlyError], tuple[str, int]]:
        """Let a worker process hand it to its parent."""
        return VideoEndsEarlyError, (str(self), self.num_decoded)


def count_frames(path: Path) -> int:
    """Return how many frames the container states, or how many there are where it states none.

    Raises:
        VideoReadError: The file is missing, empty, no video, or holds no frame.
    """
    with _opened(path) as capture:
        stated = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        # A header that states none, or more than the file has bytes, knows nothing of its frames.
        is_possible = 0 < stated <= path.stat().st_size
        num_frames = stated if is_possible else _count_by_decoding(capture)
    if num_frames < 1:
        msg = f"{path}: the video holds no frame that can be decoded; download it again"
        raise VideoReadError(msg)
    return num_frames


def frames_per_s(path: Path) -> float | None:
    """Return the frame rate that the container states, or None where it states none.

    Raises:
        VideoReadError: The file is missing, empty or no video.
    """
    with _opened(path) as capture:
        rate = float(capture.get(cv2.CAP_PROP_FPS))
    return rate if 0 < rate <= MAX_FRAMES_PER_S else None


def frame_size_px(path: Path) -> tuple[int, int]:
    """Return the width and height of the frames that the container states.

    Raises:
        VideoReadError: The file is missing, empty or no video.
    """
    with _opened(path) as capture:
        return _stated_size_px(capture)


def read_frames(path: Path, indices: Sequence[int]) -> Iterator[tuple[int, Frame]]:
    """Decode frames from the first one on and yield those asked for.

    Every frame up to the last index is grabbed and only the chosen ones are converted: several
    times faster than seeking, and the frame number is exact for every codec and for a variable
    frame rate. A frame that cannot be decoded is passed over and counted; up to :data:`MAX_LOST` in
    a row, one that can be must follow. In a stream whose frames are stored out of order (H.264 with
    B-frames) the few frames beside a damaged one may bear their neighbours' numbers.

    Args:
        path: The video file.
        indices: Ascending frame numbers, counted from 0, each once.

    Returns:
        Pairs of frame number and RGB frame, ascending.

    Shape:
        frame: (H, W, 3) uint8, upright (the container's rotation is applied)

    Raises:
        VideoEndsEarlyError: Decoding ends before the last index.
        VideoReadError: The file is missing, empty or no video.
    """
    if not indices:
        return
    wanted = set(indices)
    last = max(indices)
    with _opened(path) as capture:
        end = 0
        for idx in count():
            is_decoded = _grabbed(capture)
            frame = _retrieved(capture) if is_decoded and idx in wanted else None
            if frame is not None:
                yield idx, frame
            if is_decoded and (frame is not None or idx not in wanted):
                end = idx + 1
            if end > last:
                return
            if idx + 1 - end == MAX_LOST:
                raise _ended_early(path, got=end, expected=last + 1)


@contextmanager
def quiet_opencv() -> Iterator[None]:
    """Keep OpenCV from writing to stderr what the raised error says better."""
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)


@contextmanager
def _opened(path: Path) -> Iterator[cv2.VideoCapture]:
    """Open with FFmpeg alone: other backends would take the name for a pattern or a camera."""
    name = str(path.absolute())  # so that it is not taken for a protocol such as "concat:"
    if as_text(name) != name:  # OpenCV would crash
        msg = f"{path}: its name, or that of a folder above it, is no UTF-8; rename it"
        raise VideoReadError(msg)
    if not path.is_file():
        msg = f"{path}: the video file is missing; download it again or remove it from the metadata"
        raise VideoReadError(msg)
    with quiet_opencv():
        capture = cv2.VideoCapture(name, cv2.CAP_FFMPEG)
    try:
        if not capture.isOpened():
            size = path.stat().st_size
            msg = f"{path}: expected a video, got {size} bytes that FFmpeg cannot open (empty or "
            msg += "cut short?); download it again"
            raise VideoReadError(msg)
        _check_size(capture, path)
        yield capture
    finally:
        capture.release()


def _check_size(capture: cv2.VideoCapture, path: Path) -> None:
    width, height = _stated_size_px(capture)
    if width < 1 or height < 1 or width * height > MAX_FRAME_PX:
        msg = f"{path}: the container states frames of {width} x {height} px; download it again"
        raise VideoReadError(msg)


def _stated_size_px(capture: cv2.VideoCapture) -> tuple[int, int]:
    sides = (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
    width, height = (int(capture.get(side)) for side in sides)
    return width, height


def _grabbed(capture: cv2.VideoCapture) -> bool:
    try:
        return bool(capture.grab())
    except cv2.error:  # a damaged stream
        return False


def _retrieved(capture: cv2.VideoCapture) -> Frame | None:
    try:
        decoded, frame = capture.retrieve()
    except cv2.error:  # a damaged stream
        return None
    if not decoded or frame is None or frame.ndim != 3:
        return None
    return cv2.cvtColor(frame, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def _count_by_decoding(capture: cv2.VideoCapture) -> int:
    end = 0
    for idx in count():
        if _grabbed(capture):
            end = idx + 1
        elif idx + 1 - end == MAX_LOST:
            break
    return end


def _ended_early(path: Path, *, got: int, expected: int) -> VideoEndsEarlyError:
    msg = f"{path}: decoded {got} of {expected} frames, then the video ends; download it again"
    return VideoEndsEarlyError(msg, got)
