"""Can the network be talked out of "fake" by what the explanation shows, and by nothing else?"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from resgat.checks import check_range, check_shape
from resgat.explain.faces import Faces
from resgat.explain.metrics.curves import pixel_order
from resgat.explain.probe import Probe

# Steps add up to this many times the bound, so that each pixel can reach it and come back.
_REACH = 2.5


def adv_drop(
    probe: Probe,
    faces: Faces,
    heat: Tensor,
    share: float = 0.1,
    eps: float = 8 / 255,
    steps: int = 20,
) -> Tensor:
    """Return how far an attack on the hottest pixels of the face alone lowers P(fake).

    ``f(x) - min_t f(x_t)``, where ``x_{t+1} = clip(x_t - a m sign(dlogit/dx_t))``. The mask ``m``
    holds an exact share of the face's pixels (the union of its regions), the hottest ones, tied
    ones in an order drawn by the face's seed. ``clip`` keeps each value within ``eps`` of the face
    and within [0, 1]; ``a = 2.5 eps / steps``. It starts at the face itself, so that nothing in it
    is random, and the best picture so far is kept, the face included. ``steps + 1`` forward and
    ``steps`` backward passes per face.

    Range 0 to f(x), higher is better. It has no chance level of its own: chance is what the control
    ``random`` scores on the same images, an area as large anywhere on the face. nan where a face
    has no region.

    Args:
        probe: The detector, held still.
        faces: The batch.
        heat: Which pixels come first.
        share: Of the face's pixels.
        eps: Largest change of a value of [0, 1].
        steps: Of the attack.

    Shape:
        heat: (B, H, W)
        returns: (B,) float32

    Raises:
        ShapeError: The heat does not fit the faces.
        ConfigError: An argument is out of range.

    Source:
        Madry et al. 2018 (arXiv 1706.06083) for the attack; the question is that of Tsigos et al.
        2024 (arXiv 2404.18649), who call it sufficiency and count segments instead of area.
    """
    check_range("share", share, low=0, high=1)
    check_range("eps", eps, low=0, high=1)
    check_range("steps", steps, low=1)
    num, _, height, width = faces.pixels.shape
    check_shape(heat, f"{num} {height} {width}", "heat")
    is_face = faces.regions.any(1).cpu()
    mask = _hottest_of_face(heat.cpu(), is_face, faces.seed, share)
    before, lowest = _attacked(probe, faces.pixels, mask, eps, steps)
    return torch.where(is_face.flatten(1).any(1), before - lowest, math.nan)


def _hottest_of_face(heat: Tensor, is_face: Tensor, seed: Tensor, share: float) -> Tensor:
    """Return the mask (B, H, W) of an exact share of each face's pixels."""
    order = pixel_order(heat.float().masked_fill(~is_face, -math.inf), seed)
    count = (share * is_face.flatten(1).sum(1)).round()
    return (order.argsort(1) < count[:, None]).view_as(heat)


def _attacked(
    probe: Probe, pixels: Tensor, mask: Tensor, eps: float, steps: int
) -> tuple[Tensor, Tensor]:
    """Return P(fake) before the attack, and the lowest on its way, (B,) each."""
    step = _REACH * eps / steps * mask[:, None].to(pixels)
    low, high = (pixels - eps).clamp_min(0), (pixels + eps).clamp_max(1)
    now, seen = pixels, []
    for _ in range(steps):
        asked = now.detach().clone().requires_grad_()
        logit = probe.logit(asked)
        seen.append(logit.detach().cpu())
        towards = probe.gradient(logit, asked).sign()
        now = torch.minimum(torch.maximum(asked.detach() - step * towards, low), high)
    seen.append(probe.logit(now).cpu())
    return seen[0].sigmoid(), torch.stack(seen).amin(0).sigmoid()
