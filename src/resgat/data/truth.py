"""Where a crop was really manipulated, and where its facial parts are."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.data.index import CropIndex
from resgat.errors import CropReadError


def load_mask(index: CropIndex, position: int, size_px: int) -> NDArray[np.bool_] | None:
    """Load the mask of the manipulated pixels at the size of the network's input.

    A pixel of the result is manipulated if more than half of its area is.

    Args:
        index: The index that ``position`` counts in.
        position: Which crop.
        size_px: Side of the result.

    Returns:
        (size_px, size_px), or None where the index names no mask.

    Raises:
        CropReadError: The index names a mask and it cannot be read.
    """
    mask = index.read_mask(position)
    return None if mask is None else resize_mask(mask, size_px)


def resize_mask(mask: NDArray[np.bool_], size_px: int) -> NDArray[np.bool_]:
    """Return a square mask of another side: true where more than half of a pixel's area is."""
    share = mask.astype(np.float32)
    return cv2.resize(share, (size_px, size_px), interpolation=cv2.INTER_AREA) > 0.5


def load_landmarks(index: CropIndex, position: int, size_px: int) -> NDArray[np.float32] | None:
    """Load the five landmarks in the pixels of the network's input.

    Coordinates are continuous, with the origin at the top left corner, so they scale with the side.

    Args:
        index: The index that ``position`` counts in.
        position: Which crop.
        size_px: Side of the network's input.

    Returns:
        (5, 2) x and y of the eyes, the nose and the corners of the mouth, or None where the index
        has none.

    Raises:
        CropReadError: The crop cannot be read, or its landmarks are those of no face.
    """
    values = index.value("landmarks", position)
    if values is None:
        return None
    height, width = index.read_image(position).shape[:2]
    scale = np.array([size_px / width, size_px / height], dtype=np.float32)
    points = np.asarray(values, dtype=np.float32).reshape(5, 2) * scale
    if not np.isfinite(points).all() or np.linalg.norm(points[0] - points[1]) < 1:
        msg = (
            f"crop {index.value('crop_id', position)!r}: its landmarks are not finite, or both "
            "eyes are at one place. Make it again with `python src/preprocess.py`, or empty its "
            "landmarks in the index: the regions are then those of the average face"
        )
        raise CropReadError(msg)
    return points
