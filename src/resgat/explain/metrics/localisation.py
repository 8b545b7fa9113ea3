"""Does the heat lie on the altered pixels?

Legend: B images. ``heat`` is (B, H, W), higher is more suspect; ``mask`` is (B, H, W) bool, the
altered pixels; ``a`` is the share of the image that they cover. Every metric returns (B,) float64,
nan where the mask is empty, or where it leaves nothing to compare with.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from resgat.checks import check_shape
from resgat.errors import ShapeError
from resgat.explain.groups import Groups, group_list

_NAN = float("nan")
#: Far below the weight of a pixel of a mask that covers a whole picture.
_ROUNDING = 1e-12


def area(mask: Tensor) -> Tensor:
    """Return the covered share of each image: the chance level of all metrics but the AUROCs."""
    check_shape(mask, "B H W", "mask")
    return mask.double().mean((1, 2))


def pointing_game(heat: Tensor, mask: Tensor) -> Tensor:
    """Return 1 if the hottest pixel is altered; of tied ones, the share that is.

    Range 0 to 1, higher is better, chance ``a``.

    Source:
        Zhang et al. 2018 (arXiv 1608.00507), whose tolerance of 15 px is left out.
    """
    return _per_image(heat, mask, lambda values, inside: inside[values == values.max()].mean())


def relevance_mass(heat: Tensor, mask: Tensor) -> Tensor:
    """Return the share of the positive heat that is on altered pixels.

    ``sum_{p in M} h+ / sum h+``. Range 0 to 1, higher is better, chance ``a``, which a map without
    positive heat scores.

    Source:
        Arras, Osman and Samek 2022 (arXiv 2003.07258).
    """

    def score(values: Tensor, inside: Tensor) -> Tensor:
        positive = values.clamp_min(0)
        if positive.sum() == 0 or is_flat(values):
            return inside.mean()
        return (positive * inside).sum() / positive.sum()

    return _per_image(heat, mask, score)


def relevance_rank(heat: Tensor, mask: Tensor) -> Tensor:
    """Return which share of the K hottest pixels is altered, K being the number of altered ones.

    ``|top-K(h) and M| / K``; pixels tied at the limit count as their average. It equals the Dice
    coefficient of the top-K pixels. Range 0 to 1, higher is better, chance ``a``.

    Source:
        Arras, Osman and Samek 2022 (arXiv 2003.07258).
    """

    def score(values: Tensor, inside: Tensor) -> Tensor:
        wanted = int(inside.sum())
        limit = values.topk(wanted).values[-1]
        above, tied = values > limit, values == limit
        left = wanted - int(above.sum())
        return (inside[above].sum() + left * inside[tied].mean()) / wanted

    return _per_image(heat, mask, score)


def pixel_auroc(heat: Tensor, mask: Tensor) -> Tensor:
    """Return the chance that an altered pixel is hotter than an unaltered one; a tie is worth 1/2.

    Range 0 to 1, higher is better, chance 0.5, whatever ``a``.
    """

    def score(values: Tensor, inside: Tensor) -> Tensor:
        is_in = inside.bool()
        return weighted_auroc(values[is_in], values[~is_in], torch.ones_like(values[~is_in]))

    return _per_image(heat, mask, score)


def pixel_ap(heat: Tensor, mask: Tensor) -> Tensor:
    """Return the average precision of the pixels; tied ones are taken together.

    ``sum_n (R_n - R_{n-1}) P_n`` over the distinct values. Range 0 to 1, higher is better, chance
    ``a``.
    """

    def score(values: Tensor, inside: Tensor) -> Tensor:
        order = values.argsort(descending=True)
        ranked, hits = values[order], inside[order].cumsum(0)
        is_last = torch.ones_like(ranked, dtype=torch.bool)
        is_last[:-1] = ranked[1:] != ranked[:-1]
        hits = hits[is_last]
        taken = torch.nonzero(is_last)[:, 0] + 1
        gained = torch.diff(hits, prepend=hits.new_zeros(1))
        return (gained * hits / taken).sum() / inside.sum()

    return _per_image(heat, mask, score)


class MaskPool(NamedTuple):
    """Where the faces of each kind are altered: their masks added up, each of weight one.

    Shape:
        total: (H, W) float64 for each kind
        own: (H, W) float64 for each kind and identity group, its faces' part of the total
    """

    total: Mapping[Hashable, Tensor]
    own: Mapping[tuple[Hashable, Hashable], Tensor]


def pool_masks(batches: Iterable[tuple[Tensor, Groups, Groups]]) -> MaskPool | None:
    """Add up masks (B, H, W) with their faces' groups and kinds; None where there is no batch.

    A face counts once, however large its mask: large regions lie at the rim, and a centre prior
    would else be paid for that.
    """
    total: dict[Hashable, Tensor] = {}
    own: dict[tuple[Hashable, Hashable], Tensor] = {}
    for mask, groups, kinds in batches:
        names, of = group_list(groups, len(mask)), group_list(kinds, len(mask))
        shares = mask.double() / mask.double().sum((1, 2), keepdim=True).clamp_min(1)
        for kind, name, share in zip(of, names, shares, strict=True):
            total[kind] = total.get(kind, 0) + share
            own[kind, name] = own.get((kind, name), 0) + share
    return MaskPool(total, own) if own else None


def shuffled_auroc(
    heat: Tensor,
    mask: Tensor,
    groups: Groups,
    kinds: Groups | None = None,
    pool: MaskPool | None = None,
) -> Tensor:
    """Return the pixel AUROC against the pixels that are altered in images of other groups.

    Faces are in the middle of their crops, so a map that always points there has a high AUROC. Here
    a negative is drawn from the mask of another image: each image counts once, and what lies in
    one's own mask is no negative. Range 0 to 1, higher is better, chance 0.5. So it is for a map
    that is the same for every image, such as a centre prior, if masks do not overlap; where they
    do, it may be a little above.

    Args:
        heat: The maps.
        mask: The masks.
        groups: The identity group of each image; images of one group are no others.
        kinds: Images are compared within their kind, such as a track, where masks are alike; None
            takes all for one kind.
        pool: Of the faces that others are taken from, so that methods that are asked about fewer
            faces are asked the same question; None takes the images themselves.

    Source:
        Zhang et al. 2008 (SUN, Journal of Vision 8), there for eye fixations.

    Raises:
        ShapeError: The shapes differ, there is not one group and kind per image, or the pool lacks
            a kind.
    """
    _check(heat, mask)
    names = group_list(groups, len(heat))
    of = group_list([0] * len(heat) if kinds is None else kinds, len(heat))
    others = pool_masks([(mask, names, of)]) if pool is None else pool
    scores = []
    for values, inside, kind, name in zip(heat.double(), mask, of, names, strict=True):
        if others is None or not inside.any():
            scores.append(_NAN)
            continue
        if kind not in others.total:
            msg = f"kinds: the pool has no face of kind {kind!r}; pool and faces need one division"
            raise ShapeError(msg)
        weight = (others.total[kind] - others.own.get((kind, name), 0.0))[~inside]
        # What is left of one's own after the subtraction is rounding.
        weight = torch.where(weight > _ROUNDING, weight, 0.0)
        if weight.sum() == 0:
            scores.append(_NAN)
            continue
        scores.append(float(weighted_auroc(values[inside], values[~inside], weight)))
    return torch.tensor(scores, dtype=torch.float64)


def weighted_auroc(positive: Tensor, negative: Tensor, weight: Tensor) -> Tensor:
    """Return the chance that a positive beats a negative drawn by weight; a tie is worth 1/2.

    Example:
        >>> one, two = torch.tensor([2.0]), torch.tensor([1.0, 3.0])
        >>> weighted_auroc(one, two, torch.tensor([3.0, 1.0])).item()
        0.75
    """
    if not len(positive) or not weight.sum():
        return torch.tensor(_NAN, dtype=torch.float64)
    ranked, order = negative.sort()
    mass = torch.cat((weight.new_zeros(1), weight[order].cumsum(0))).double()
    below = mass[torch.searchsorted(ranked, positive)]
    upto = mass[torch.searchsorted(ranked, positive, right=True)]
    return ((below + upto) / 2 / mass[-1]).mean()


def is_flat(values: Tensor) -> bool:
    """Tell whether a map says the same everywhere, and so nothing."""
    return bool((values == values.flatten()[0]).all())


def _per_image(heat: Tensor, mask: Tensor, score: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Score each image whose mask covers something: flat float64 values and mask -> a number."""
    _check(heat, mask)
    pairs = zip(heat.double().flatten(1), mask.double().flatten(1), strict=True)
    scores = [float(score(values, inside)) if inside.any() else _NAN for values, inside in pairs]
    return torch.tensor(scores, dtype=torch.float64)


def _check(heat: Tensor, mask: Tensor) -> None:
    check_shape(heat, "B H W", "heat")
    if heat.shape != mask.shape:
        msg = f"mask: expected {tuple(heat.shape)} as the heat, got {tuple(mask.shape)}"
        raise ShapeError(msg)
