"""Heat over a face, as an array of pixels.

Colours say the class and nothing else does: red for "fake", blue for "real", a third one for maps
whose sign is no class.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resgat.checks import check_range
from resgat.errors import ShapeError

#: Red, green and blue in [0, 1] at full heat.
FAKE_HUE = (0.94, 0.23, 0.13)
REAL_HUE = (0.17, 0.48, 0.94)
NO_CLASS_HUE = (0.65, 0.24, 0.94)
#: Heat at full colour, as a percentile over all maps that are compared.
DISPLAY_PERCENTILE = 99.5


def overlay(
    image: NDArray[np.uint8], heat: NDArray[np.floating[Any]], *, signed: bool, scale: float
) -> NDArray[np.uint8]:
    """Lay heat over a face: the stronger, the less of the grey face shows through.

    Args:
        image: Face crop.
        heat: One value per pixel; one that is not finite is drawn as 0.
        signed: Red for positive heat ("fake"), blue for negative ("real"). Otherwise the positive
            part only, in a third colour that claims no class.
        scale: Heat at full colour; the same for all pictures that are to be compared.

    Returns:
        RGB picture of the image's size.

    Shape:
        image: (H, W, 3)
        heat: (H, W)
        returns: (H, W, 3)

    Raises:
        ShapeError: ``image`` is no uint8 RGB image, or ``heat`` has another size.
        ConfigError: ``scale`` is not a positive number.
    """
    check_image(image)
    check_size("heat", heat, image.shape[:2])
    check_range("scale", float(scale), low=float(np.finfo(np.float32).tiny))
    level = np.nan_to_num(np.asarray(heat, np.float32), nan=0.0, posinf=0.0, neginf=0.0) / scale
    level = np.clip(level, -1 if signed else 0, 1)[..., None]
    positive_hue = FAKE_HUE if signed else NO_CLASS_HUE
    hue = np.where(level > 0, positive_hue, REAL_HUE)
    grey = image.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32) / 255
    # Less contrast than the crop, so that no bright cheek swallows the colour.
    base = 0.15 + 0.7 * grey[..., None]
    opacity = 0.85 * np.abs(level)
    blend: NDArray[np.uint8] = np.rint(255 * ((1 - opacity) * base + opacity * hue)).astype(
        np.uint8
    )
    return blend


def shared_scale(maps: Sequence[NDArray[np.floating[Any]] | None], *, signed: bool) -> float:
    """Return the heat at full colour for maps that are to be compared.

    A high percentile of what :func:`overlay` draws: the absolute values, or the positive part.
    Values that are not finite and maps that are None do not count. 1 where nothing is to be seen.
    """
    finite = [heat[np.isfinite(heat)] for heat in maps if heat is not None]
    values = [np.abs(heat) if signed else heat.clip(min=0) for heat in finite]
    together = np.concatenate([*values, np.zeros(1)])
    return float(np.percentile(together, DISPLAY_PERCENTILE)) or 1.0


def check_image(image: NDArray[np.uint8]) -> None:
    """Refuse anything but a uint8 RGB image."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        msg = (
            f"image: expected (H, W, 3) uint8 RGB, got {image.shape} {image.dtype}; undo the "
            "normalisation before drawing"
        )
        raise ShapeError(msg)


def check_size(name: str, values: NDArray[Any], size: tuple[int, ...]) -> None:
    """Refuse an array of another size."""
    if values.shape != size:
        msg = (
            f"{name}: expected shape {size}, got {values.shape}; carry node values to the image's "
            "pixels with node_to_pixel first"
        )
        raise ShapeError(msg)
