"""The outline of the truly altered pixels."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

#: Of the outline, and of the dark rim that lets it be seen on light skin.
YELLOW, RIM = "#ffe000", "#00000090"


def outlines(mask: NDArray[np.bool_]) -> list[NDArray[Any]]:
    """Return the closed lines, as x, y of pixels, round each part and each hole of a mask.

    Shape:
        mask: (H, W)
        returns: (K, 2) each
    """
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    return [contour.reshape(-1, 2) for contour in found]


def outline_path(mask: NDArray[np.bool_]) -> str:
    """Return the outline as the path of an SVG whose unit is a pixel; "" if the mask is empty."""
    lines = ("L".join(f"{x + 0.5:g} {y + 0.5:g}" for x, y in line) for line in outlines(mask))
    return "".join(f"M{line}Z" for line in lines)
