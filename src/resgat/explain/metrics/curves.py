"""What the network says while one picture turns into another, the hottest pixels first.

Legend: B images, S + 1 points from nothing replaced to everything.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.transforms.v2.functional import gaussian_blur

from resgat.checks import check_range, check_shape
from resgat.errors import ShapeError
from resgat.explain.probe import Probe


def pixel_order(heat: Tensor, seed: Tensor) -> Tensor:
    """Return the pixels' numbers, hottest first; tied ones in an order drawn by the image's seed.

    A coarse map ties a thousand pixels; taken from the top left on, they would draw a pattern.

    Shape:
        heat: (B, H, W)
        seed: (B,) int64
        returns: (B, H * W) int64
    """
    check_shape(heat, "B H W", "heat")
    rows = []
    for values, number in zip(heat.flatten(1).cpu(), seed.tolist(), strict=True):
        generator = torch.Generator().manual_seed(number)
        mixed = torch.randperm(len(values), generator=generator)
        rows.append(mixed[values[mixed].argsort(descending=True, stable=True)])
    return torch.stack(rows)


def top_masks(order: Tensor, shares: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the pixels that come first, an exact number of them for each share.

    Shape:
        order: (B, H * W), from :func:`pixel_order`
        shares: (S,) in [0, 1]
        returns: (S, B, H, W) bool
    """
    place = order.argsort(1)  # each pixel's place in the order
    counts = (shares * order.shape[1]).round().long()
    return (place < counts[:, None, None]).view(len(shares), len(order), *size)


def replacement_curve(
    probe: Probe,
    start: Tensor,
    goal: Tensor,
    heat: Tensor,
    seed: Tensor,
    *,
    shares: Tensor,
    feather_px: float = 0.0,
) -> Tensor:
    """Return P(fake) while the hottest pixels of one picture are replaced by those of another.

    Args:
        probe: The detector, held still.
        start: The pictures at share 0.
        goal: The pictures at share 1.
        heat: Which pixels come first.
        seed: Decides between tied pixels.
        shares: How much is replaced at each point.
        feather_px: Standard deviation of a soft edge around what is replaced; 0 is a hard one.

    Shape:
        start, goal: (B, 3, H, W) in [0, 1]
        heat: (B, H, W)
        seed: (B,)
        shares: (S,)
        returns: (B, S) float32

    Raises:
        ShapeError: The shapes do not fit.
        ConfigError: ``feather_px`` is negative.
    """
    check_range("feather_px", feather_px, low=0)
    if start.shape != goal.shape or start.shape[2:] != heat.shape[1:]:
        msg = (
            f"goal and heat: expected the size of start, {tuple(start.shape)}, got "
            f"{tuple(goal.shape)} and {tuple(heat.shape)}"
        )
        raise ShapeError(msg)
    masks = top_masks(pixel_order(heat, seed), shares, (heat.shape[1], heat.shape[2]))
    points = []
    for mask in masks:  # one point of all images at a time, so that memory stays flat
        share = _feathered(mask.to(start), feather_px)[:, None]
        points.append(probe.prob(start + share * (goal - start)).cpu())
    return torch.stack(points, dim=1)


def area_under(curve: Tensor, shares: Tensor) -> Tensor:
    """Return the area under each curve by the trapezoidal rule, (B,)."""
    return torch.trapezoid(curve, shares.to(curve), dim=1)


def _feathered(mask: Tensor, sigma_px: float) -> Tensor:
    # Nothing and everything have no edge.
    if sigma_px == 0 or bool((mask == mask.flatten()[0]).all()):
        return mask
    kernel = 2 * round(2 * sigma_px) + 1
    blurred: Tensor = gaussian_blur(mask, [kernel, kernel], [sigma_px, sigma_px])
    return blurred
