"""How concentrated is the heat? Description, not quality: a wrong point is as sharp as a right one.

Maps are compared on one grid of 28 x 28 cells, for else their resolution would decide. Only the
positive part counts; a map without any is spread evenly. Legend: B images; ``heat`` is (B, H, W).
Every metric returns (B,) float64.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from resgat.checks import check_shape

CELLS = 28


def gini(heat: Tensor) -> Tensor:
    """Return the Gini index of the cells: 0 evenly spread, near 1 all in one cell.

    ``1 - 2 sum_k v_(k) / sum v * (N - k + 1/2) / N``, values ascending. No direction; a uniform map
    scores 0.

    Source:
        Hurley and Rickard 2009 (arXiv 0811.4706); Chalasani et al. 2020 for explanations.
    """
    share = _shares(heat).sort(1).values
    num = share.shape[1]
    rank = torch.arange(1, num + 1, dtype=torch.float64)
    return 1 - 2 * (share * (num - rank + 0.5) / num).sum(1)


def entropy(heat: Tensor) -> Tensor:
    """Return the entropy of the cells over its largest value, ``log N``: 1 evenly spread, 0 in one.

    No direction; a uniform map scores 1.

    Source:
        Bhatt et al. 2020 (arXiv 2005.00631).
    """
    share = _shares(heat)
    return -torch.xlogy(share, share).sum(1) / math.log(share.shape[1])


def k80(heat: Tensor) -> Tensor:
    """Return the smallest share of the cells that holds 80 % of the heat.

    Range ``1 / N`` to 0.8; no direction; a uniform map scores 0.8.
    """
    share = _shares(heat).sort(1, descending=True).values.cumsum(1)
    # A hair less than 0.8, so that rounding does not ask for one more cell.
    needed = (share < 0.8 - 1e-9).sum(1) + 1
    return needed.double() / share.shape[1]


def _shares(heat: Tensor) -> Tensor:
    """Return each cell's share of the positive heat, (B, 784); even where there is none."""
    check_shape(heat, "B H W", "heat")
    cells = F.adaptive_avg_pool2d(heat.double().clamp_min(0), CELLS).flatten(1)
    total = cells.sum(1, keepdim=True)
    return torch.where(total > 0, cells / total.clamp_min(1e-300), 1 / cells.shape[1])
