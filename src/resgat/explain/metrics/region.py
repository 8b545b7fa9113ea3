"""Does the explanation name the region that was altered? R regions, ranked by a score each.

Legend: B images; ``score`` is (B, R), higher is more suspect; ``true`` is (B,) int64, the altered
region, or -1 where none is known. Per-image metrics return (B,) float64, nan where it is unknown.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from resgat.checks import check_shape
from resgat.errors import ShapeError

UNKNOWN = -1


def region_hit(score: Tensor, true: Tensor) -> Tensor:
    """Return 1 if the highest region is the true one; among tied ones, the chance that it is.

    Range 0 to 1, higher is better, chance ``1 / R``, which a map that says nothing scores.
    """
    _check(score, true)
    own = answers(score).gather(1, true.clamp_min(0)[:, None])[:, 0]
    return _where_known(own, true)


def reciprocal_rank(score: Tensor, true: Tensor) -> Tensor:
    """Return 1 over the rank of the true region, averaged over the orders of tied ones.

    Range ``1 / R`` to 1, higher is better, chance ``(1 + 1/2 + ... + 1/R) / R``.
    """
    _check(score, true)
    own = score.gather(1, true.clamp_min(0)[:, None])
    above, tied = (score > own).sum(1), (score == own).sum(1)
    # The mean of 1 / rank over the places that the tied ones share.
    harmonic = torch.cat((torch.zeros(1), 1 / torch.arange(1.0, score.shape[1] + 1))).double()
    upto = harmonic.cumsum(0)
    return _where_known((upto[above + tied] - upto[above]) / tied, true)


def region_recall(score: Tensor, true: Tensor) -> Tensor:
    """Return which share of an image's K true regions is among its K highest.

    Tied ones at the limit count as their average. Range 0 to 1, higher is better, chance ``K / R``.

    Shape:
        score: (B, R)
        true: (B, K) int64; an image with an unknown one is nan
        returns: (B,) float64
    """
    check_shape(true, f"{len(score)} K", "true")
    wanted = true.shape[1]
    limit = score.topk(wanted, dim=1).values[:, -1:]
    above, tied = score > limit, score == limit
    left = (wanted - above.sum(1, keepdim=True)) / tied.sum(1, keepdim=True)
    taken = above.double() + tied.double() * left.double()
    found = taken.gather(1, true.clamp_min(0)).mean(1)
    return torch.where((true != UNKNOWN).all(1), found, math.nan)


def answers(score: Tensor) -> Tensor:
    """Return which region an image's map names, (B, R) float64: 1 for one, shared by tied ones."""
    check_shape(score, "B R", "score")
    is_top = (score == score.max(1, keepdim=True).values).double()
    return is_top / is_top.sum(1, keepdim=True)


def confusion(score: Tensor, true: Tensor) -> Tensor:
    """Return how often each true region (row) was answered by each region (column), (R, R) float64.

    Tied regions share an answer. Images of unknown region do not count.
    """
    _check(score, true)
    known = true != UNKNOWN
    table = torch.zeros(score.shape[1], score.shape[1], dtype=torch.float64)
    return table.index_add(0, true[known], answers(score)[known])


def mutual_information(table: Tensor) -> Tensor:
    """Return what the answers say of the truth, in bits: ``H(row) + H(column) - H(both)``.

    From 0 to ``log2 R``, higher is better. A method that always names the same region says nothing,
    however often it is right. This is the plain estimate, and few images make it too high; see
    :func:`resgat.explain.stats.information.estimate_information`.

    Args:
        table: Counts, as :func:`confusion` returns them; one table or many.

    Shape:
        table: (..., R, S)
        returns: (...,) float64, nan for an empty table
    """
    if table.dim() < 2:
        msg = f"table: expected (..., R, S), got {tuple(table.shape)}"
        raise ShapeError(msg)
    counts = table.double()
    return _entropy(counts.sum(-1)) + _entropy(counts.sum(-2)) - _entropy(counts.flatten(-2))


def fooled(heat: Tensor, mask: Tensor, decoy: Tensor) -> Tensor:
    """Return 1 if the hottest pixel lies on a decoy and not on what was altered; shares for ties.

    Range 0 to 1, lower is better, chance is the decoy's share of the image. nan without a decoy.

    Shape:
        heat: (B, H, W)
        mask: (B, H, W) bool
        decoy: (B, H, W) bool, a visible change that both classes have
        returns: (B,) float64
    """
    check_shape(heat, "B H W", "heat")
    flat = heat.flatten(1)
    is_top = (flat == flat.max(1, keepdim=True).values).double()
    misled = (decoy & ~mask).flatten(1).double()
    share = (is_top * misled).sum(1) / is_top.sum(1)
    return torch.where(decoy.flatten(1).any(1), share, math.nan)


def _entropy(counts: Tensor) -> Tensor:
    share = counts / counts.sum(-1, keepdim=True)
    bits: Tensor = -torch.special.xlogy(share, share).sum(-1) / math.log(2)
    return bits


def _where_known(values: Tensor, true: Tensor) -> Tensor:
    return torch.where(true != UNKNOWN, values.double(), math.nan)


def _check(score: Tensor, true: Tensor) -> None:
    check_shape(score, "B R", "score")
    if true.shape != score.shape[:1] or int(true.max()) >= score.shape[1]:
        msg = (
            f"true: expected a region below {score.shape[1]} for each of {len(score)} images, "
            f"got {true.tolist()[:8]}"
        )
        raise ShapeError(msg)
