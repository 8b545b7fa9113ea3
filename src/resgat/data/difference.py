"""Where a fake differs from its original: a mask for aligned pairs that come without one."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.errors import ShapeError

#: Width of the rim in which nothing was manipulated, over the crop's side.
_RIM = 0.06
#: Share of the rim's pixels whose differences are taken for those of the compression.
_FLOOR = 0.995
#: No smaller difference counts, in grey levels: a clean rim would make a mask of rounding.
_LEAST = 8.0
_SPECK = np.ones((3, 3), np.uint8)


def difference_mask(fake: NDArray[np.uint8], original: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return the pixels in which a fake differs by more than compression can explain.

    ``median over the channels of |fake - original| > tau``, without specks (a 3 x 3 opening).
    Compression changes pixels everywhere, so ``tau`` is read off the crop's rim, where no
    manipulation reaches. What was altered by less is not in the mask, nor is what was blended
    without a trace; so it is a lower bound, where official masks are an upper one.

    Shape:
        fake, original: (H, W, 3), of one frame and one square
        returns: (H, W)

    Raises:
        ShapeError: The two differ in size.
    """
    if fake.shape != original.shape:
        msg = f"original: expected shape {fake.shape} as the fake, got {original.shape}"
        raise ShapeError(msg)
    gap = np.median(np.abs(fake.astype(np.int16) - original.astype(np.int16)), axis=2)
    tau = max(_LEAST, float(np.quantile(gap[_rim(gap.shape)], _FLOOR)))
    differs = (gap > tau).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(differs, cv2.MORPH_OPEN, _SPECK) > 0)


def _rim(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    width = max(1, round(_RIM * min(shape[:2])))
    rim = np.ones(shape[:2], np.bool_)
    rim[width:-width, width:-width] = False
    return rim
