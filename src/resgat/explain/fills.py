"""What takes the place of hidden pixels, when one asks what the network says without them."""

from __future__ import annotations

from typing import Literal, get_args

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from resgat.checks import check_choice, check_shape
from resgat.errors import ConfigError

Fill = Literal["blur", "mean", "inpaint", "twin"]
FILLS: tuple[str, ...] = get_args(Fill)

_BLUR_SIGMA = 0.1  # of the image's side: no eye or mouth is left
_INPAINT_RADIUS_PX = 3.0


def filled(
    pixels: Tensor, hidden: Tensor, fill: Fill = "blur", twin: Tensor | None = None
) -> Tensor:
    """Return images in which what is hidden is replaced.

    No fill is neutral: a blur looks like a low-quality forgery, a mean like a hole. The aligned
    original (``twin``) is the one that leaves a picture as cameras make it.

    Args:
        pixels: Images in [0, 1].
        hidden: True, or the share of the fill between 0 and 1 for a soft edge.
        fill: ``blur``, the image's own ``mean`` colour, ``inpaint`` (Telea 2004, from the rim), or
            the ``twin``.
        twin: The aligned originals.

    Shape:
        pixels: (B, 3, H, W)
        hidden: (B, H, W) bool or float
        twin: (B, 3, H, W)
        returns: (B, 3, H, W)

    Raises:
        ConfigError: ``fill`` is unknown, or ``twin`` and there is none.
        ShapeError: The shapes do not fit.
    """
    check_choice("fill", fill, FILLS)
    check_shape(pixels, "B 3 H W", "pixels")
    check_shape(hidden, f"{len(pixels)} {pixels.shape[2]} {pixels.shape[3]}", "hidden")
    share = hidden[:, None].to(pixels)
    return pixels + share * (_background(pixels, hidden, fill, twin) - pixels)


def check_fills_all(fill: Fill) -> None:
    """Refuse a fill that cannot replace a whole image.

    Raises:
        ConfigError: It is ``inpaint``, or unknown.
    """
    check_choice("fill", fill, FILLS)
    if fill == "inpaint":
        msg = (
            "fill=inpaint paints from what is left of the image, and this method hides all of it; "
            "use fill=blur, mean or twin"
        )
        raise ConfigError(msg)


def _background(pixels: Tensor, hidden: Tensor, fill: Fill, twin: Tensor | None) -> Tensor:
    if fill == "twin":
        if twin is None:
            msg = (
                "fill=twin needs aligned originals, and these faces have none; use fill=blur, mean "
                "or inpaint"
            )
            raise ConfigError(msg)
        return twin.to(pixels)
    if fill == "mean":
        return pixels.mean((2, 3), keepdim=True).expand_as(pixels)
    if fill == "blur":
        return _blurred(pixels)
    return torch.stack([_inpainted(*pair) for pair in zip(pixels, hidden > 0, strict=True)])


def _blurred(pixels: Tensor) -> Tensor:
    """Blur by a Gaussian, one axis after the other: as a convolution it would outweigh a ResNet."""
    sigma = _BLUR_SIGMA * min(pixels.shape[2:])
    down, across = (_gaussian(side, sigma).to(pixels) for side in pixels.shape[2:])
    return down.T @ pixels @ across


def _gaussian(side: int, sigma: float) -> Tensor:
    """Return the matrix (side, side) that smooths one axis; each column sums to one."""
    # A kernel may not reach beyond the image's reflection.
    reach = min(round(2 * sigma), side - 1)
    place = torch.arange(-reach, reach + 1)
    kernel = torch.softmax(-(place**2) / (2 * sigma**2), dim=0)
    mirrored = F.pad(torch.eye(side)[:, None], (reach, reach), mode="reflect")
    return F.conv1d(mirrored, kernel.view(1, 1, -1))[:, 0]


def _inpainted(pixels: Tensor, hidden: Tensor) -> Tensor:
    image = (255 * pixels.permute(1, 2, 0)).round().clamp(0, 255).cpu().numpy().astype(np.uint8)
    mask = hidden.cpu().numpy().astype(np.uint8)
    painted = cv2.inpaint(image, mask, _INPAINT_RADIUS_PX, cv2.INPAINT_TELEA)
    return torch.from_numpy(painted).permute(2, 0, 1).to(pixels) / 255
