"""What a forger does to a patch of a face: six operators, each of which leaves one kind of trace.

An operator says how the patch looks at full strength; :func:`alter` goes a part of the way there.
Images are float32 RGB in 0-255; a patch is the surroundings of one region, a few dozen pixels wide.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Effect = Callable[[Image, Image, np.random.Generator], Image]

#: What a detector is trained on. With plants that are hardly there among them it is never sure that
#: a face is real.
TRAIN_STRENGTHS = (1.0,)
#: The strengths of the ladder on which explanations are compared.
STRENGTHS = (1.0, 0.5, 0.25, 0.125)


def alter(
    operator: str, patch: Image, donor: Image, strength: float, rng: np.random.Generator
) -> Image:
    """Return the patch moved by ``strength`` towards what the operator makes of it.

    Formula:
        patch + strength * (effect(patch) - patch), clipped to 0-255

    Args:
        operator: A name of :data:`OPERATORS`.
        patch: The genuine pixels.
        donor: Those of another face in the same place.
        strength: In [0, 1]; the change grows with it, and 0 is the identity.
        rng: Decides the operator's details.

    Shape:
        patch, donor, returns: (H, W, 3)
    """
    effect = OPERATORS[operator](patch, donor, rng)
    return np.clip(patch + np.float32(strength) * (effect - patch), 0, 255)


def _self_blend(patch: Image, _: Image, rng: np.random.Generator) -> Image:
    """The same face, bent by a pixel or two, sharpened or softened, in other colours."""
    bent = _bend(patch, rng, reach_px=2.5)
    soft = _blur(bent, 1.2)
    detail = 2.0 if rng.random() < 0.5 else -0.9
    return bent + detail * (bent - soft) + _cast(patch, 72, rng)


def _donor_swap(patch: Image, donor: Image, rng: np.random.Generator) -> Image:
    """Another face in the same pose, colour matched; matching is never perfect."""
    matched = (donor - _mean(donor)) * (_spread(patch) / _spread(donor)) + _mean(patch)
    return _blur(matched, 0.7) + _cast(patch, 40, rng)


def _upsampling(patch: Image, _: Image, rng: np.random.Generator) -> Image:
    """What a decoder leaves that ends in a transposed convolution: blur, and a checkerboard."""
    factor = int(rng.integers(2, 4))
    height, width = patch.shape[:2]
    small = (max(1, width // factor), max(1, height // factor))
    coarse = cv2.resize(patch, small, interpolation=cv2.INTER_AREA)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    rows, cols = np.indices((height, width))
    board = ((rows // factor + cols // factor) % 2) * 2 - 1
    return np.asarray(smooth + 20 * board[..., None], np.float32)


def _noise_mismatch(patch: Image, _: Image, rng: np.random.Generator) -> Image:
    """The camera's noise taken out, and the coarser grain of another one put in."""
    grain = _blur(rng.normal(0, 1, patch.shape).astype(np.float32), 0.8)
    return _blur(patch, 1.2) + 24 * grain / np.float32(grain.std())


def _jpeg_ghost(patch: Image, _: Image, rng: np.random.Generator) -> Image:
    """A patch out of a strongly compressed picture, on a grid of its own."""
    pixels = np.clip(np.rint(patch[..., ::-1]), 0, 255).astype(np.uint8)
    options = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(2, 6))]
    coded = cv2.imencode(".jpg", pixels, options)[1]
    decoded = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.float32)
    return decoded[..., ::-1]


def _pale_smoothing(patch: Image, _: Image, rng: np.random.Generator) -> Image:
    """Skin without pores, paler than the rest."""
    smooth = _blur(patch, min(patch.shape[:2]) / 10)
    pallor = np.array([-36, 14, 38], np.float32) * rng.uniform(0.8, 1.2)
    return smooth + pallor.astype(np.float32)


def _bend(patch: Image, rng: np.random.Generator, reach_px: float) -> Image:
    height, width = patch.shape[:2]
    field = _blur(rng.normal(0, 1, (height, width, 2)).astype(np.float32), 3)
    field *= reach_px / np.abs(field).max()
    rows, cols = np.indices((height, width)).astype(np.float32)
    bent = cv2.remap(
        patch,
        cols + field[..., 0],
        rows + field[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(bent, np.float32)


def _cast(patch: Image, levels: float, rng: np.random.Generator) -> Image:
    """Return a shift of the colours by ``levels`` grey levels, in a random direction.

    A channel that it would drive into black or white goes the other way: there it would be lost.
    """
    direction = rng.normal(0, 1, 3)
    shift = levels * direction / np.linalg.norm(direction)
    goal = _mean(patch) + shift
    return np.asarray(np.where((goal < 0) | (goal > 255), -shift, shift), np.float32)


def _blur(image: Image, sigma_px: float) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), np.float32)


def _mean(patch: Image) -> Image:
    return np.asarray(patch.mean((0, 1)), np.float32)


def _spread(patch: Image) -> Image:
    # One grey level at least: a flat patch has no contrast to scale.
    return np.maximum(np.asarray(patch.std((0, 1)), np.float32), 1)


#: Name -> the look at full strength. The first are trained on, the last are met in the test only.
OPERATORS: dict[str, Effect] = {
    "self_blend": _self_blend,
    "donor_swap": _donor_swap,
    "upsampling": _upsampling,
    "noise_mismatch": _noise_mismatch,
    "jpeg_ghost": _jpeg_ghost,
    "pale_smoothing": _pale_smoothing,
}
