"""The eight regions of a face that evidence is planted in: disjoint, and placed by landmarks."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from resgat.checks import check_choice
from resgat.data.synthetic.forgery import region_mask
from resgat.types import REGIONS

#: ``parts`` are ellipses of each part's own size; ``discs`` have one area for all eight.
Shape = Literal["parts", "discs"]
SHAPES: tuple[Shape, ...] = get_args(Shape)

Masks = NDArray[np.bool_]
Landmarks = NDArray[np.float32]

#: Radius of a disc in eye distances: as large as the discs stay apart on a narrow face.
_DISC_RADIUS = 0.22


def plant_masks(landmarks: Landmarks, size_px: int, shape: Shape = "parts") -> Masks:
    """Return where each region lies; no pixel is in two.

    A pixel that two ellipses share goes to the part named first in ``REGIONS``: the eyes, the nose
    and the mouth keep their shape, and the skin gives way.

    Args:
        landmarks: Eyes, nose, mouth corners in crop px; of each pair the image's left one first.
        size_px: Side of the crop.
        shape: See :data:`SHAPES`.

    Shape:
        landmarks: (5, 2)
        returns: (8, size_px, size_px), in the order of ``REGIONS``

    Raises:
        ConfigError: There is no such shape.
    """
    check_choice("shape", shape, SHAPES)
    taken = np.zeros((size_px, size_px), np.bool_)
    masks = np.zeros((len(REGIONS), size_px, size_px), np.bool_)
    for mask, region in zip(masks, REGIONS, strict=True):
        ellipse = region_mask(landmarks, (region,), size_px) > 0
        mask[:] = (_disc(ellipse, landmarks) if shape == "discs" else ellipse) & ~taken
        taken |= mask
    return masks


def left_first(landmarks: Landmarks) -> Landmarks:
    """Put the image's left eye and left corner of the mouth first.

    Example:
        >>> points = np.array([[60, 40], [30, 40], [45, 55], [35, 70], [55, 70]], np.float32)
        >>> left_first(points)[:2].tolist()
        [[30.0, 40.0], [60.0, 40.0]]
    """
    pairs = (landmarks[:2], landmarks[3:])
    eyes, mouth = (pair[np.argsort(pair[:, 0], kind="stable")] for pair in pairs)
    return np.concatenate((eyes, landmarks[2:3], mouth))


def eye_distance(landmarks: Landmarks) -> float:
    """Return the distance of the eyes in px."""
    return float(np.hypot(*(landmarks[1] - landmarks[0])))


def centre_of(mask: NDArray[np.bool_]) -> tuple[float, float]:
    """Return x and y of a mask's centre of mass.

    Example:
        >>> centre_of(np.array([[False, True, True, True]]))
        (2.0, 0.0)
    """
    rows, cols = np.nonzero(mask)
    return float(cols.mean()), float(rows.mean())


def _disc(ellipse: NDArray[np.bool_], landmarks: Landmarks) -> NDArray[np.bool_]:
    x, y = centre_of(ellipse)
    rows, cols = np.indices(ellipse.shape)
    radius = _DISC_RADIUS * eye_distance(landmarks)
    return np.asarray((cols - x) ** 2 + (rows - y) ** 2 <= radius**2)
