"""The manipulated pixels of a fake, frame by frame, from the video that its corpus ships."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.data.geometry import Box
from resgat.data.video_io import VideoEndsEarlyError, read_frames
from resgat.errors import VideoReadError

#: The masks are H.264 videos: black and white have frayed edges, and half is the middle.
THRESHOLD = 127

Mask = NDArray[np.uint8]


def read_masks(path: Path, indices: Sequence[int]) -> Iterator[Mask | None]:
    """Yield the mask of each frame asked for, None where it cannot be decoded or behind the end.

    FaceForensics++ has mask videos that are shorter than their fakes.

    Shape:
        mask: (H, W) uint8, 255 = manipulated, else 0

    Raises:
        VideoReadError: The file cannot be opened.
    """
    expected = iter(indices)
    try:
        for idx, frame in read_frames(path, indices):
            while next(expected) < idx:
                yield None
            grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
            yield np.where(grey > THRESHOLD, 255, 0).astype(np.uint8)
    except VideoEndsEarlyError:
        pass
    except VideoReadError as error:  # it may have its fake's name, and lies elsewhere
        msg = f"its mask video {error}"
        raise VideoReadError(msg) from error
    yield from (None for _ in expected)


def fit_mask(mask: Mask, frame_shape: tuple[int, ...]) -> Mask:
    """Scale a mask to the size of its frame, if it is not of this size already."""
    height, width = frame_shape[:2]
    if mask.shape == (height, width):
        return mask
    return np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def share_inside(mask: Mask, box: Box) -> float:
    """Return which share of the manipulated pixels lies in a box; 0 where none is manipulated.

    Example:
        >>> mask = np.zeros((4, 4), np.uint8)
        >>> mask[:, :2] = 255
        >>> share_inside(mask, (0, 0, 1, 4))
        0.5
    """
    left, top, right, bottom = (max(0, round(side)) for side in box)
    total = int(np.count_nonzero(mask))
    return int(np.count_nonzero(mask[top:bottom, left:right])) / total if total else 0.0
