"""Four manipulation methods, each of which alters named regions of a drawn face with a soft blend.

Every method pastes other content into its regions and leaves one trace of its own, as real methods
do: a colour seam, the blur of up-sampling, a checkerboard, or pale skin without pores.
``difficulty`` in [0, 1] fades the trace; at 1 only the loss of the original's sensor noise remains.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.data.synthetic.drawing import Image, draw_face
from resgat.data.synthetic.person import Person, Scene

Mask = NDArray[np.float32]


@dataclass(frozen=True)
class Method:
    """A manipulation: which regions it alters, what it pastes there, and the trace it leaves."""

    name: str
    regions: tuple[tuple[str, ...], ...]  # the choices, one of which a video uses
    content: Callable[[Person, Person, Scene, int], Image]
    trace: Callable[[Image, float], Image]


#: Ellipse of each region: anchor as weights of the five landmarks, offset and radii in inter-ocular
#: distances along the eye line and across it.
_ELLIPSES: dict[str, tuple[tuple[float, ...], tuple[float, float], tuple[float, float]]] = {
    "l_eye": ((1, 0, 0, 0, 0), (0, 0), (0.36, 0.24)),
    "r_eye": ((0, 1, 0, 0, 0), (0, 0), (0.36, 0.24)),
    "nose": ((0.15, 0.15, 0.7, 0, 0), (0, 0), (0.26, 0.36)),
    "mouth": ((0, 0, 0, 0.5, 0.5), (0, 0.02), (0.58, 0.3)),
    "l_cheek": ((0.4, 0, 0, 0.6, 0), (-0.25, 0.0), (0.3, 0.34)),
    "r_cheek": ((0, 0.4, 0, 0, 0.6), (0.25, 0.0), (0.3, 0.34)),
    "forehead": ((0.5, 0.5, 0, 0, 0), (0, -0.62), (0.7, 0.22)),
    "chin": ((0, 0, 0, 0.5, 0.5), (0, 0.55), (0.45, 0.24)),
}


def region_mask(landmarks: NDArray[np.float32], regions: tuple[str, ...], size_px: int) -> Mask:
    """Return the union of regions as a hard mask.

    Shape:
        landmarks: (5, 2) px
        return: (size_px, size_px) float32, 0 or 1
    """
    mask = np.zeros((size_px, size_px), np.float32)
    across = landmarks[1] - landmarks[0]
    unit_px = float(np.hypot(*across))
    angle = float(np.degrees(np.arctan2(across[1], across[0])))
    axis_x, axis_y = across / unit_px, np.array([-across[1], across[0]]) / unit_px
    for region in regions:
        weights, (dx, dy), radii = _ELLIPSES[region]
        centre = np.asarray(weights) @ landmarks + unit_px * (dx * axis_x + dy * axis_y)
        box = (tuple(map(float, centre)), (2 * unit_px * radii[0], 2 * unit_px * radii[1]), angle)
        cv2.ellipse(mask, box, 1.0, -1)
    return mask


def forge(
    genuine: Image, pasted: Image, mask: Mask, *, feather_px: float
) -> tuple[Image, NDArray[np.bool_]]:
    """Blend ``pasted`` into ``genuine`` through a feathered mask.

    Returns:
        The forged image, and the pixels that took at least a quarter of their value from the paste.
    """
    share = np.asarray(cv2.GaussianBlur(mask, (0, 0), feather_px), np.float32)
    alpha = share[..., None]
    return genuine * (1 - alpha) + pasted * alpha, share >= 0.25


def _donor_face(_: Person, donor: Person, scene: Scene, size_px: int) -> Image:
    return draw_face(donor, scene, size_px)


def _other_expression(target: Person, _: Person, scene: Scene, size_px: int) -> Image:
    mouth = 1 - scene.mouth_open if abs(scene.mouth_open - 0.5) > 0.2 else 1.0
    return draw_face(target, replace(scene, mouth_open=mouth), size_px)


def _same_face(target: Person, _: Person, scene: Scene, size_px: int) -> Image:
    return draw_face(target, scene, size_px)


def _colour_cast(image: Image, strength: float) -> Image:
    return np.clip(image + strength * np.array([34, -6, -26], np.float32), 0, 255)


def _upsampling(image: Image, strength: float) -> Image:
    side = image.shape[0]
    small = cv2.resize(image, (side // 3, side // 3), interpolation=cv2.INTER_AREA)
    blurred = cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR)
    return image + strength * (np.asarray(blurred, np.float32) - image)


def _checkerboard(image: Image, strength: float) -> Image:
    rows, cols = np.indices(image.shape[:2])
    board = np.asarray(((rows // 2 + cols // 2) % 2) * 2 - 1, np.float32)
    return np.clip(image + 16 * strength * board[..., None], 0, 255)


def _smoothing(image: Image, strength: float) -> Image:
    smooth = cv2.GaussianBlur(image, (0, 0), image.shape[0] / 24)
    pale = np.array([-40, 16, 44], np.float32)
    return np.clip(image + strength * (smooth - image + pale), 0, 255)


METHODS = (
    Method("EyeSwap", (("l_eye", "r_eye"),), _donor_face, _colour_cast),
    Method("MouthReplay", (("mouth",),), _other_expression, _upsampling),
    Method("NoseBlend", (("nose",),), _donor_face, _checkerboard),
    Method(
        "SkinRetouch",
        (("l_cheek",), ("r_cheek",), ("forehead",), ("chin",)),
        _same_face,
        _smoothing,
    ),
)
