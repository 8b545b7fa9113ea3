"""Reading chosen frames of a video, in order and without seeking."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.errors import VideoReadError

Frame = NDArray[np.uint8]


def count_frames(path: Path) -> int:
    """Return how many frames the container states.

    Raises:
        VideoReadError: The file is missing, empty, no video, or states no count.
    """
    with _opened(path) as capture:
        return _stated_count(capture, path)


def read_frames(path: Path, indices: Sequence[int]) -> Iterator[tuple[int, Frame]]:
    """Decode frames from the first one on and yield those asked for.

    Every frame up to the last index is grabbed and only the chosen ones are converted: several
    times faster than seeking, and the frame number is exact for every codec.

    Args:
        path: The video file.
        indices: Ascending frame numbers, counted from 0, each once.

    Returns:
        Pairs of frame number and RGB frame, ascending.

    Shape:
        frame: (H, W, 3) uint8, upright (the container's rotation is applied)

    Raises:
        VideoReadError: The file is missing, empty or no video, or decoding ends before the last
            index.
    """
    if not indices:
        return
    wanted = set(indices)
    last = max(indices)
    with _opened(path) as capture:
        for idx in range(last + 1):
            if not capture.grab():
                raise _ended_early(
                    path, got=idx, expected=max(last + 1, _stated_count(capture, path))
                )
            if idx in wanted:
                decoded, frame = capture.retrieve()
                if not decoded:
                    raise _ended_early(path, got=idx, expected=last + 1)
                yield idx, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


@contextmanager
def _opened(path: Path) -> Iterator[cv2.VideoCapture]:
    """Open with FFmpeg alone: other backends would take the name for a pattern or a camera."""
    if not path.is_file():
        msg = f"{path}: the video file is missing; download it again or remove it from the metadata"
        raise VideoReadError(msg)
    with _quiet():
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        if not capture.isOpened():
            size = path.stat().st_size
            msg = (
                f"{path}: expected a video, got {size} bytes that FFmpeg cannot open (empty or cut "
            )
            msg += "short?); download it again"
            raise VideoReadError(msg)
        yield capture
    finally:
        capture.release()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep OpenCV and FFmpeg from writing to stderr what the raised error says better."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)


def _stated_count(capture: cv2.VideoCapture, path: Path) -> int:
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    if count < 1:
        msg = (
            f"{path}: the container states {count} frames, expected at least 1; re-encode the video"
        )
        raise VideoReadError(msg)
    return count


def _ended_early(path: Path, *, got: int, expected: int) -> VideoReadError:
    msg = f"{path}: decoded {got} of {expected} frames, then the video ends; download it again"
    return VideoReadError(msg)
