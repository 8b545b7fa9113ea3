"""Visible changes that say nothing about the label: light, a blur, a sticker, a moustache.

A decoy leaves the finest residual of the pixels that it covers as it was, as things do that were in
front of the camera: it is seen, and it is no trace of a forgery. Its edge is hard where that of a
plant is soft.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.data.planted.operators import Image
from resgat.data.planted.regions import Landmarks, centre_of, eye_distance
from resgat.data.synthetic.colour import hsv_colour

Mask = NDArray[np.bool_]
Point = tuple[float, float]
#: Draws into an empty (S, S) uint8 image, at a point, in a unit of px, turned by degrees.
Outline = Callable[[NDArray[np.uint8], Point, float, float], None]
Paint = Callable[[Image, np.random.Generator], Image]


@dataclass(frozen=True)
class Decoy:
    """Which decoy, and the name of the region that it lies in."""

    kind: str
    region: str


def draw_decoy(
    image: Image,
    decoy: Decoy,
    regions: dict[str, Mask],
    landmarks: Landmarks,
    rng: np.random.Generator,
    *,
    spared: Mask,
) -> tuple[Image, Mask]:
    """Draw a decoy into its region.

    Args:
        image: The face.
        decoy: What to draw, and where.
        regions: The mask of each region by name.
        landmarks: They give the decoy its size and its turn.
        rng: Decides colour and details.
        spared: Pixels that must not change: those of a plant.

    Shape:
        image: (S, S, 3) float32
        returns: the changed image, and the mask (S, S) of the decoy
    """
    outline, paint = DECOYS[decoy.kind]
    stencil = np.zeros(image.shape[:2], np.uint8)
    across = landmarks[1] - landmarks[0]
    turn_deg = float(np.degrees(np.arctan2(across[1], across[0])))
    outline(stencil, centre_of(regions[decoy.region]), eye_distance(landmarks), turn_deg)
    mask = (stencil > 0) & ~spared
    low = np.asarray(cv2.GaussianBlur(image, (0, 0), 1.0), np.float32)
    painted = np.clip(paint(low, rng) + (image - low), 0, 255)
    return np.where(mask[..., None], painted, image), mask


def _square(stencil: NDArray[np.uint8], at: Point, unit_px: float, turn_deg: float) -> None:
    corners = cv2.boxPoints((at, (0.46 * unit_px, 0.34 * unit_px), turn_deg))
    cv2.fillConvexPoly(stencil, np.rint(corners).astype(np.int32), 1)


def _disc(stencil: NDArray[np.uint8], at: Point, unit_px: float, _: float) -> None:
    cv2.circle(stencil, (round(at[0]), round(at[1])), round(0.22 * unit_px), 1, -1)


def _star(stencil: NDArray[np.uint8], at: Point, unit_px: float, turn_deg: float) -> None:
    angles = np.radians(turn_deg) + np.arange(10) * np.pi / 5
    reach = unit_px * np.where(np.arange(10) % 2, 0.12, 0.27)
    points = np.array(at) + reach[:, None] * np.stack((np.sin(angles), -np.cos(angles)), 1)
    cv2.fillPoly(stencil, [np.rint(points).astype(np.int32)], 1)


def _moustache(stencil: NDArray[np.uint8], at: Point, unit_px: float, turn_deg: float) -> None:
    angle = np.radians(turn_deg)
    across = np.array([np.cos(angle), np.sin(angle)])
    up = np.array([across[1], -across[0]])
    for side in (-1, 1):
        x, y = np.array(at) + unit_px * (0.17 * up + side * 0.17 * across)
        box = ((float(x), float(y)), (0.4 * unit_px, 0.13 * unit_px), turn_deg + side * 14)
        cv2.ellipse(stencil, box, 1, -1)


def _light(low: Image, rng: np.random.Generator) -> Image:
    return low * np.float32(rng.choice([0.6, 1.5]))


def _soften(low: Image, _: np.random.Generator) -> Image:
    return np.asarray(cv2.GaussianBlur(low, (0, 0), low.shape[0] / 28), np.float32)


def _colour(low: Image, rng: np.random.Generator) -> Image:
    return np.broadcast_to(
        np.array(hsv_colour(rng.uniform(0, 1), 0.75, rng.uniform(0.6, 0.95)), np.float32), low.shape
    )


def _hair(low: Image, rng: np.random.Generator) -> Image:
    dark = hsv_colour(rng.uniform(0.02, 0.1), rng.uniform(0.2, 0.6), rng.uniform(0.1, 0.3))
    return np.broadcast_to(np.array(dark, np.float32), low.shape)


#: Kind -> its outline, and what it does to the pixels inside.
DECOYS: dict[str, tuple[Outline, Paint]] = {
    "brightness": (_square, _light),
    "blur": (_disc, _soften),
    "sticker": (_star, _colour),
    "moustache": (_moustache, _hair),
}

_FEATURES = ("l_eye", "r_eye", "nose", "mouth")


def kinds_in(region: str) -> tuple[str, ...]:
    """Return the kinds of decoy that are seen in a region: blurred bare skin looks as before.

    Example:
        >>> kinds_in("l_eye"), kinds_in("chin")
        (('brightness', 'sticker', 'blur'), ('brightness', 'sticker'))
    """
    blur = ("blur",) if region in _FEATURES else ()
    moustache = ("moustache",) if region == "mouth" else ()
    return ("brightness", "sticker", *blur, *moustache)
