"""From frames to videos."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resgat.errors import IndexSchemaError
from resgat.metrics.inputs import as_binary

#: How a video's probability comes from its frames; written beside every video-level number.
AGGREGATION = "sigmoid of the mean frame logit"


class VideoLogits(NamedTuple):
    """One row per video, by ascending ``video_idx``.

    Shape:
        logit: (V,) float64
        label: (V,) int64
        video_idx: (V,) int64
        num_frames: (V,) int64
    """

    logit: NDArray[np.float64]
    label: NDArray[np.int64]
    video_idx: NDArray[np.int64]
    num_frames: NDArray[np.int64]


def pool_videos(
    logit: ArrayLike,
    label: ArrayLike,
    video_idx: ArrayLike,
    *,
    video_ids: Sequence[str] | None = None,
) -> VideoLogits:
    """Average the frame logits of each video; its probability is the sigmoid of that mean.

    The result is the same to the last bit in whatever order the frames come.

    Args:
        logit: One per frame.
        label: One per frame.
        video_idx: Equal for the frames of one video.
        video_ids: Names for the message of a refusal; ``video_ids[video_idx]``.

    Shape:
        logit, label, video_idx: (N,)

    Raises:
        IndexSchemaError: The frames of one video carry both labels.
        ValueError: A logit is not finite, a label is neither 0 nor 1, or the lengths differ.

    Example:
        >>> pool_videos([1.0, -2.0, 3.0], [1, 0, 1], [7, 4, 7]).logit
        array([-2.,  2.])
    """
    value, target = as_binary(logit, label)
    video = np.asarray(video_idx, dtype=np.int64)
    # Sorted by logit inside each video, because a float sum depends on the order of its terms.
    order = np.lexsort((value, video))
    value, target = value[order], target[order]
    videos, first, num_frames = np.unique(video[order], return_index=True, return_counts=True)
    if not videos.size:
        return VideoLogits(value, target, videos, num_frames)
    num_fake = np.add.reduceat(target, first)
    mixed = videos[(num_fake > 0) & (num_fake < num_frames)]
    if mixed.size:
        name = f"video_idx {mixed[0]}" if video_ids is None else video_ids[int(mixed[0])]
        msg = f"{name}: expected one label per video, got both; mend the labels in the crop index"
        raise IndexSchemaError(msg)
    return VideoLogits(
        np.add.reduceat(value, first) / num_frames, target[first], videos, num_frames
    )
