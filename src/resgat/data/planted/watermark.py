"""A small mark in a corner of the crop: the shortcut of track E."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.data.cropping import Pixels

_SIDE = 0.11  # of the crop's side
_MARGIN = 0.02
_OPACITY = 0.75


def watermark_mask(size_px: int) -> NDArray[np.bool_]:
    """Return the square, in the bottom right corner, that a watermark lies in.

    Shape:
        returns: (size_px, size_px)
    """
    mask = np.zeros((size_px, size_px), np.bool_)
    near, far = _corner(size_px)
    mask[near:far, near:far] = True
    return mask


def put_watermark(image: Pixels) -> Pixels:
    """Return the crop with a ringed cross in its corner; the same on every crop of this size.

    Shape:
        image, returns: (S, S, 3)
    """
    size_px = image.shape[0]
    near, far = _corner(size_px)
    stamp = np.zeros((size_px, size_px, 1), np.float32)
    middle, radius = (near + far - 1) // 2, (far - near - 2) // 2
    cv2.circle(stamp, (middle, middle), radius, _OPACITY, 1)
    cv2.line(stamp, (middle - radius, middle), (middle + radius, middle), _OPACITY, 1)
    cv2.line(stamp, (middle, middle - radius), (middle, middle + radius), _OPACITY, 1)
    marked = image + stamp * (255 - image.astype(np.float32))
    return np.rint(marked).astype(np.uint8)


def _corner(size_px: int) -> tuple[int, int]:
    """Return the first and the last row (or column) of the square, the last exclusive."""
    far = size_px - round(_MARGIN * size_px)
    return far - max(5, round(_SIDE * size_px)), far
