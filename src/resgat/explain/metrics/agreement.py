"""How alike are two explanations of one face? Ranks only: neither scale nor resolution decides.

Maps are compared on one grid of 28 x 28 cells, signed, for else the larger one's pixels would all
be ties of the smaller. Every metric returns (B,) float64, nan where a map is constant: it has no
order that could agree. Legend: B images.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from scipy.stats import kendalltau, rankdata
from torch import Tensor

from resgat.checks import check_shape
from resgat.errors import ShapeError
from resgat.explain.metrics.complexity import CELLS

_TOP_SHARE = 0.1
#: What :func:`top_iou` gives two independent maps.
TOP_IOU_CHANCE = _TOP_SHARE / (2 - _TOP_SHARE)


def pooled(heat: Tensor) -> Tensor:
    """Return the means over 28 x 28 cells: (B, H, W) -> (B, 784) float64."""
    check_shape(heat, "B H W", "heat")
    return F.adaptive_avg_pool2d(heat.detach().cpu().double(), CELLS).flatten(1)


def spearman(first: Tensor, second: Tensor) -> Tensor:
    """Return Spearman's correlation of the cells; tied cells share the mean of their ranks.

    Range -1 to 1, higher is more alike, chance 0; a map agrees with itself by 1.

    Shape:
        first, second: (B, H, W)
    """
    _check_pair(first, second)
    return (ranked(first) * ranked(second)).sum(1)


def ranked(heat: Tensor) -> Tensor:
    """Return the ranks of the cells, centred and of length 1: their products are Spearman's.

    Shape:
        heat: (B, H, W)
        returns: (B, 784) float64, nan for a constant map
    """
    return unit_ranks(pooled(heat))


def unit_ranks(values: Tensor) -> Tensor:
    """Return the ranks in each row, centred and of length 1; tied values share their mean rank.

    Shape:
        values: (B, N)
        returns: (B, N) float64, nan for a constant row
    """
    ranks = torch.from_numpy(rankdata(values.detach().cpu().numpy(), axis=1))
    centred = ranks - ranks.mean(1, keepdim=True)
    length = centred.norm(dim=1, keepdim=True)
    return torch.where(length > 0, centred / length, math.nan)


def top_iou(first: Tensor, second: Tensor) -> Tensor:
    """Return the overlap of the hottest tenths of the cells: intersection over union.

    Cells tied at the limit are left out together, so that a tenth is at most 78 cells, and no cell
    is hot by its place; if that leaves none, the tied hottest ones are taken. Range 0 to 1, higher
    is more alike, chance about 0.05: ``s / (2 - s)`` for two independent shares ``s``.

    Shape:
        first, second: (B, H, W)
    """
    _check_pair(first, second)
    one, other = _hot(pooled(first)), _hot(pooled(second))
    shared, either = (one & other).sum(1), (one | other).sum(1)
    is_known = one.any(1) & other.any(1)
    return torch.where(is_known, shared.double() / either.clamp_min(1), math.nan)


def kendall(first: Tensor, second: Tensor) -> Tensor:
    """Return Kendall's tau-b of the values of the regions.

    Range -1 to 1, higher is more alike, chance 0.

    Shape:
        first, second: (B, R)
    """
    check_shape(first, "B R", "first")
    check_shape(second, f"{first.shape[0]} {first.shape[1]}", "second")
    pairs = zip(first.detach().cpu().numpy(), second.detach().cpu().numpy(), strict=True)
    return torch.from_numpy(np.array([kendalltau(*pair).statistic for pair in pairs], np.float64))


def _hot(cells: Tensor) -> Tensor:
    """Return which cells are among the hottest tenth, (B, 784) bool; none of a constant map."""
    count = int(_TOP_SHARE * cells.shape[1])
    limit = cells.topk(count + 1, dim=1).values[:, -1:]
    above = cells > limit
    hottest = cells == cells.amax(1, keepdim=True)
    is_flat = hottest.all(1, keepdim=True)
    return torch.where(above.any(1, keepdim=True), above, hottest) & ~is_flat


def _check_pair(first: Tensor, second: Tensor) -> None:
    check_shape(first, "B H W", "first")
    if first.shape != second.shape:
        msg = f"second: expected {tuple(first.shape)} as the first, got {tuple(second.shape)}"
        raise ShapeError(msg)
