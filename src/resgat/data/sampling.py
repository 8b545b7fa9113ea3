"""Which frames of a video are looked at: evenly spread, and others where the face is missing."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from resgat.data.spread import spread


def choose_frames(num_frames: int, wanted: int | None, stride: int = 1) -> NDArray[np.int64]:
    """Choose ``wanted`` frames, spread evenly over every ``stride``-th frame of a video.

    Args:
        num_frames: Frames of the video.
        wanted: How many; None takes every ``stride``-th frame.
        stride: Frames between two that may be chosen.

    Returns:
        Ascending frame numbers; fewer than wanted if there are no more.

    Example:
        >>> choose_frames(100, 3).tolist()
        [0, 50, 99]
        >>> choose_frames(10, None, stride=4).tolist()
        [0, 4, 8]
    """
    available = len(range(0, num_frames, stride))
    return stride * spread(available, max(available, 1) if wanted is None else wanted)


def choose_paired_frames(
    num_frames: int, wanted: int, stride: int, paired: Iterable[int]
) -> NDArray[np.int64]:
    """Choose frames of a fake that its original was looked at in, so that the two make pairs.

    Args:
        num_frames: Frames of the fake.
        wanted: How many.
        stride: Frames between two that may be chosen.
        paired: Frames in which the original showed a face, ascending.

    Returns:
        Ascending frame numbers; others, evenly spread, fill up what the original's do not.

    Example:
        >>> choose_paired_frames(60, 3, 1, paired=[0, 33, 66, 99]).tolist()
        [0, 29, 33]
    """
    shared = np.fromiter((idx for idx in paired if idx < num_frames), np.int64)
    shared = shared[spread(len(shared), wanted)]
    missing = wanted - len(shared)
    if not missing:
        return shared
    unused = np.setdiff1d(choose_frames(num_frames, None, stride), shared)
    return np.union1d(shared, unused[spread(len(unused), missing)])


def other_frames(
    num_frames: int, stride: int, used: Iterable[int], missing: int
) -> NDArray[np.int64]:
    """Choose frames to look at in place of those without a face: two for each that is missing.

    Args:
        num_frames: Frames of the video.
        stride: Frames between two that may be chosen.
        used: Frames that have been looked at.
        missing: How many faces are missing.

    Returns:
        Ascending frame numbers, none of them used before.

    Example:
        >>> other_frames(10, 1, used=[0, 9], missing=1).tolist()
        [1, 8]
    """
    unused = np.setdiff1d(choose_frames(num_frames, None, stride), np.fromiter(used, np.int64))
    return unused[spread(len(unused), 2 * missing)]
