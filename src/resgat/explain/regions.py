"""The eight named parts of a face as pixel masks, and how much heat lies in each.

Coordinates are crop pixels (x, y) with a pixel's centre at whole numbers, as in OpenCV. Left and
right are the image's.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from resgat.checks import check_shape
from resgat.errors import IndexSchemaError, ShapeError
from resgat.types import FACE_TEMPLATE, REGIONS


class _Ellipse(NamedTuple):
    """A region's place: an anchor among the landmarks, a shift and semi-axes in eye distances.

    ``anchor`` weighs the five landmarks. The shift's x runs along the eye line to the image's
    right, its y from the eyes towards the mouth.
    """

    anchor: tuple[float, float, float, float, float]
    shift: tuple[float, float]
    semi_axes: tuple[float, float]


_EYES = (0.5, 0.5, 0.0, 0.0, 0.0)
_MOUTH = (0.0, 0.0, 0.0, 0.5, 0.5)
_ELLIPSES = {
    "l_eye": _Ellipse((1.0, 0.0, 0.0, 0.0, 0.0), (-0.03, -0.05), (0.38, 0.26)),
    "r_eye": _Ellipse((0.0, 1.0, 0.0, 0.0, 0.0), (0.03, -0.05), (0.38, 0.26)),
    "nose": _Ellipse((0.0, 0.0, 1.0, 0.0, 0.0), (0.0, -0.18), (0.28, 0.44)),
    "mouth": _Ellipse(_MOUTH, (0.0, 0.0), (0.50, 0.26)),
    "l_cheek": _Ellipse((0.5, 0.0, 0.0, 0.5, 0.0), (-0.22, 0.03), (0.40, 0.46)),
    "r_cheek": _Ellipse((0.0, 0.5, 0.0, 0.0, 0.5), (0.22, 0.03), (0.40, 0.46)),
    "forehead": _Ellipse(_EYES, (0.0, -0.68), (0.90, 0.40)),
    "chin": _Ellipse(_MOUTH, (0.0, 0.48), (0.52, 0.30)),
}


class RegionShares(NamedTuple):
    """How the heat of one image is spread over the regions.

    Shape:
        mass: (8,), share of the image's positive heat that lies in the region
        density: (8,), mean heat of the region's pixels, signed; rank regions by this one
    """

    mass: Tensor
    density: Tensor


def region_masks(landmarks: Tensor | None, size_px: int) -> Tensor:
    """Return disjoint masks of the eight facial regions.

    Each region is an ellipse placed by the landmarks, sized by the distance of the eyes and turned
    with the eye line. A pixel belongs to the region whose normalised ellipse distance is smallest,
    if that is below 1; a pixel in none lies outside the regions. A region may lie off the crop and
    have no pixel.

    Args:
        landmarks: Left eye, right eye, nose tip, left and right mouth corner, in crop pixels; None
            takes :data:`FACE_TEMPLATE`. Of each pair, the one with the smaller x is the left one.
        size_px: Side of the square crop.

    Shape:
        landmarks: (5, 2) as x, y
        returns: (8, size_px, size_px) bool, in the order of ``resgat.types.REGIONS``

    Raises:
        ShapeError: ``landmarks`` is not (5, 2).
        IndexSchemaError: A landmark is not finite, or the eyes coincide.
    """
    points = _template(size_px) if landmarks is None else _ordered(landmarks)
    origin, across, down, eye_dist = _face_frame(points)
    axis = torch.arange(size_px, dtype=torch.float32, device=points.device)
    pixels = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), dim=-1)

    shapes = [_ELLIPSES[name] for name in REGIONS]
    anchor, shift, semi_axes = (points.new_tensor(part) for part in zip(*shapes, strict=True))
    turn = torch.stack((across, down), dim=1)  # (2, 2): image axes -> face axes
    centre = (anchor @ points - origin) @ turn / eye_dist + shift
    x, y = ((pixels - origin) @ turn / eye_dist).unbind(dim=-1)
    centre_x, centre_y = centre.T[..., None, None]
    semi_x, semi_y = semi_axes.T[..., None, None]
    # In place, and without argmin, it costs a fraction: a face has its masks made for it.
    squared_dist = (x - centre_x).div_(semi_x).square_()
    squared_dist += (y - centre_y).div_(semi_y).square_()
    nearest = squared_dist == squared_dist.amin(dim=0)
    first = nearest.cumsum(dim=0, dtype=torch.uint8) == 1  # of regions as near as each other
    masks: Tensor = nearest & first & (squared_dist < 1)
    return masks


def region_shares(pixel_heat: Tensor, masks: Tensor) -> RegionShares:
    """Return how much of a heat map lies in each region, as mass and as density.

    Mass favours large regions (a cheek is three times an eye); rank regions by density. A region
    without a pixel has mass 0 and density 0; so has every mass where no heat is positive.

    Args:
        pixel_heat: Signed heat of one image.
        masks: Regions from :func:`region_masks`.

    Shape:
        pixel_heat: (H, W)
        masks: (8, H, W) bool

    Raises:
        ShapeError: The heat map and the masks differ in size.
    """
    check_shape(pixel_heat, "H W", "pixel_heat")
    if masks.shape[1:] != pixel_heat.shape:
        msg = (
            f"masks: expected {tuple(pixel_heat.shape)} pixels as in the heat map, got "
            f"{tuple(masks.shape[1:])}; build them with the same size_px"
        )
        raise ShapeError(msg)
    heat = pixel_heat.float().flatten()
    member = masks.flatten(1).float()
    positive = heat.clamp_min(0)
    mass = member @ positive / positive.sum().clamp_min(torch.finfo(heat.dtype).tiny)
    density = member @ heat / member.sum(dim=1).clamp_min(1)
    return RegionShares(mass, density)


def _template(size_px: int) -> Tensor:
    """Return the template's landmarks in the pixels of a crop."""
    return torch.tensor(FACE_TEMPLATE) * size_px - 0.5


def _ordered(landmarks: Tensor) -> Tensor:
    """Check landmarks, and put the image's left one of each pair first."""
    check_shape(landmarks, "5 2", "landmarks")
    points = landmarks.float()
    if not points.isfinite().all() or (points[0] - points[1]).norm() < 1:
        msg = (
            "landmarks: expected five finite points with the eyes at least 1 px apart, got "
            f"{landmarks.tolist()}; pass None to use the face template"
        )
        raise IndexSchemaError(msg)
    eyes, nose, mouth = points[:2], points[2:3], points[3:]
    left_first = [pair[pair[:, 0].argsort(stable=True)] for pair in (eyes, mouth)]
    return torch.cat((left_first[0], nose, left_first[1]))


def _face_frame(points: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the eyes' middle, the unit vectors across and down the face, the eye distance."""
    eye_line = points[1] - points[0]
    eye_dist = eye_line.norm()
    across = eye_line / eye_dist
    origin = points[:2].mean(dim=0)
    down = torch.stack((-across[1], across[0]))
    # A face on its head: its mouth lies above its eyes.
    if (points[3:].mean(dim=0) - origin) @ down < 0:
        down = -down
    return origin, across, down, eye_dist
