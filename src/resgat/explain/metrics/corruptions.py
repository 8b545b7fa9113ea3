"""Small changes of a face that leave what is fake about it where it was, or move it in a known way.

What goes with the pixels goes along: the twin is changed as the face is, and where the face moves,
so do the mask and the regions. The seed stays, so that a method draws the same numbers again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.transforms.v2.functional import gaussian_blur

from resgat.checks import check_range, check_shape
from resgat.explain.explanation import Explanation
from resgat.explain.faces import Faces
from resgat.types import REGIONS

_MIRRORED = {"l_": "r_", "r_": "l_"}
_SWAPPED = [REGIONS.index(_MIRRORED.get(name[:2], name[:2]) + name[2:]) for name in REGIONS]


class Corruption(NamedTuple):
    """A change of faces, and what brings an explanation of changed faces back to the first ones."""

    change: Callable[[Faces], Faces]
    undo: Callable[[Explanation], Explanation] = lambda explanation: explanation


def jpeg(faces: Faces, quality: int) -> Faces:
    """Compress and decompress as JPEG; 4:2:0 chroma, as cameras and platforms do.

    Raises:
        ConfigError: ``quality`` is outside 1 to 100.
    """
    check_range("quality", quality, low=1, high=100)
    return _repainted(faces, partial(_each, partial(_jpeg, quality=quality)))


def resized(faces: Faces, factor: float = 0.75) -> Faces:
    """Scale down, without aliasing, and up again; bilinear.

    Raises:
        ConfigError: ``factor`` is outside 0 to 1.
    """
    check_range("factor", factor, low=0, high=1)
    return _repainted(faces, partial(_resized, factor=factor))


def blurred(faces: Faces, sigma_px: float = 1.0) -> Faces:
    """Blur by a Gaussian, cut off at two standard deviations.

    Raises:
        ConfigError: ``sigma_px`` is below 0.3: no neighbour would have any weight.
    """
    check_range("sigma_px", sigma_px, low=0.3)
    kernel = 2 * max(1, round(2 * sigma_px)) + 1
    return _repainted(
        faces, lambda pixels: gaussian_blur(pixels, [kernel, kernel], [sigma_px, sigma_px])
    )


def flipped(faces: Faces) -> Faces:
    """Mirror left and right; what was the image's left eye is then its right one."""
    return faces._replace(
        pixels=faces.pixels.flip(-1),
        regions=faces.regions.flip(-1)[:, _SWAPPED],
        mask=None if faces.mask is None else faces.mask.flip(-1),
        twin=None if faces.twin is None else faces.twin.flip(-1),
    )


def flipped_back(explanation: Explanation) -> Explanation:
    """Return the explanation of mirrored faces as one of the faces themselves, in every view."""
    on_grid = explanation.node.view(-1, *explanation.grid)
    return replace(
        explanation,
        node=on_grid.flip(-1).flatten(1),
        region=explanation.region[:, _SWAPPED],
        mass=explanation.mass[:, _SWAPPED],
        pixel=explanation.pixel.flip(-1),
    )


#: The changes that robustness is measured under.
CORRUPTIONS = {
    "jpeg90": Corruption(partial(jpeg, quality=90)),
    "jpeg70": Corruption(partial(jpeg, quality=70)),
    "jpeg50": Corruption(partial(jpeg, quality=50)),
    "resize": Corruption(resized),
    "blur": Corruption(blurred),
    "flip": Corruption(flipped, flipped_back),
}


def _repainted(faces: Faces, paint: Callable[[Tensor], Tensor]) -> Faces:
    """Change the pixels and the twin's, where nothing moves."""
    check_shape(faces.pixels, "B 3 H W", "pixels")
    twin = None if faces.twin is None else paint(faces.twin)
    return faces._replace(pixels=paint(faces.pixels), twin=twin)


def _each(paint: Callable[[Tensor], Tensor], pixels: Tensor) -> Tensor:
    return torch.stack([paint(image) for image in pixels])


def _jpeg(image: Tensor, quality: int) -> Tensor:
    rgb = (255 * image.detach().permute(1, 2, 0)).round().clamp(0, 255).cpu().numpy()
    # OpenCV takes blue first, and chroma is kept more coarsely than brightness.
    bgr = np.ascontiguousarray(rgb[..., ::-1].astype(np.uint8))
    _, code = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    found = np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR))[..., ::-1]
    return torch.from_numpy(found.copy()).permute(2, 0, 1).to(image) / 255


def _resized(pixels: Tensor, factor: float) -> Tensor:
    size = (pixels.shape[2], pixels.shape[3])
    small = (max(1, round(factor * size[0])), max(1, round(factor * size[1])))
    down = F.interpolate(pixels, small, mode="bilinear", antialias=True)
    return F.interpolate(down, size, mode="bilinear").clamp(0, 1)
