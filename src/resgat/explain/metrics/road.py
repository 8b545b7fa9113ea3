"""ROAD: deletion whose holes are painted from their neighbours, from both ends of the order."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from resgat.checks import check_range, check_shape
from resgat.explain.faces import Faces
from resgat.explain.metrics.curves import pixel_order, top_masks
from resgat.explain.metrics.imputation import imputed
from resgat.explain.probe import Probe

SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)


def road(probe: Probe, faces: Faces, heat: Tensor, shares: Sequence[float] = SHARES) -> Tensor:
    """Return how much more P(fake) survives the loss of the coldest pixels than of the hottest.

    ``(mean_q f(x without coldest q) - mean_q f(x without hottest q)) / 2``. What is taken is an
    exact number of pixels, tied ones in an order drawn by the face's seed, and is imputed by
    :func:`~resgat.explain.metrics.imputation.imputed`: in images of more than 112 px the hole is
    filled at 112 px and upsampled. Two forward passes per share and face.

    Range -0.5 to 0.5, higher is better. Chance is what ``random_smooth`` scores on the same images,
    0 on average: an order that knows nothing is as likely as its reverse.

    Args:
        probe: The detector, held still.
        faces: The batch.
        heat: Which pixels come first.
        shares: How much is taken away, from 0 to less than 1.

    Shape:
        heat: (B, H, W)
        returns: (B,) float32

    Raises:
        ShapeError: The heat does not fit the faces.
        ConfigError: A share lies outside, or leaves no pixel to impute from.

    Source:
        Rong et al. 2022 (arXiv 2202.00449); both orders together as in ``ROADCombined`` of
        pytorch-grad-cam, whose threshold takes all tied pixels at once.
    """
    for share in shares:
        check_range("shares", share, low=0, high=1)
    size = (faces.pixels.shape[2], faces.pixels.shape[3])
    check_shape(heat, f"{len(faces.pixels)} {size[0]} {size[1]}", "heat")
    order = pixel_order(heat, faces.seed)
    hottest, coldest = (
        _mean_prob(probe, faces, top_masks(first, torch.tensor(shares), size))
        for first in (order, order.flip(1))
    )
    return (coldest - hottest) / 2


def _mean_prob(probe: Probe, faces: Faces, masks: Tensor) -> Tensor:
    """Return P(fake) averaged over the points (S, B, H, W), (B,)."""
    points = [probe.prob(imputed(faces.pixels, mask, faces.seed)).cpu() for mask in masks]
    return torch.stack(points).mean(0)
