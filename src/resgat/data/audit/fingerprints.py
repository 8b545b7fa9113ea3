"""What copies of a crop have in common, whatever became of their bytes."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: Cells of a crop's relief.
RELIEF_CELLS = 256

_SIDE = 16
#: In cells. Coarser shades, such as light from one side, are alike in many crops.
_BLUR = 1.5
#: Standard deviation of the relief in grey levels of 255; that of drawn and real faces is 5.8 at
#: least. Below it a crop is a plain surface, whose hash is that of its noise.
_FLAT_STD = 2.0

#: Pairs that are compared at a time: 32 MB.
_CHUNK = 16_384

Positions = NDArray[np.int64]
Reliefs = NDArray[np.int8]


class Fingerprint(NamedTuple):
    """What tells copies of a crop from other crops.

    Shape:
        code: 64 bits as one number, to search by
        relief: (256,) int8, to confirm by: what is lighter and darker than around it
    """

    code: np.uint64
    relief: NDArray[np.int8]
    is_flat: bool


def fingerprint(image: NDArray[np.uint8]) -> Fingerprint:
    """Take a crop's pHash, and its relief: 16 x 16 cells without their coarser shades.

    Args:
        image: (H, W, 3) RGB.

    Source:
        Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions".
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    bits = imagehash.phash(Image.fromarray(grey)).hash
    cells = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    relief = cells - cv2.GaussianBlur(cells, (0, 0), _BLUR)
    peak = float(np.abs(relief).max()) or 1.0
    return Fingerprint(
        code=np.packbits(bits.ravel()).view(np.uint64)[0],
        relief=np.rint(relief.ravel() / peak * 127).astype(np.int8),
        is_flat=bool(relief.std() < _FLAT_STD),
    )


def correlate(reliefs: Reliefs, first: Positions, second: Positions) -> NDArray[np.float32]:
    """Correlate pairs of reliefs; none of them may be flat.

    Args:
        reliefs: (n, 256)
        first: (p,) rows of ``reliefs``.
        second: (p,) rows of ``reliefs``.

    Returns:
        (p,) Pearson correlations.
    """
    parts = [np.zeros(0, np.float32)]
    for start in range(0, len(first), _CHUNK):
        some = slice(start, start + _CHUNK)
        a, b = (_standardised(reliefs[rows[some]]) for rows in (first, second))
        parts.append(np.einsum("ij,ij->i", a, b))
    return np.concatenate(parts)


def _standardised(reliefs: Reliefs) -> NDArray[np.float32]:
    centred = reliefs - reliefs.mean(1, keepdims=True, dtype=np.float32)
    return np.asarray(centred / np.linalg.norm(centred, axis=1, keepdims=True), np.float32)
