"""Maps that are given to other faces: what a method finds without looking at the face."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from resgat.explain.attribution import Kind, Native
from resgat.explain.controls import permuted
from resgat.explain.groups import Groups, group_list
from resgat.explain.metrics.catalogue import Maps
from resgat.types import REGIONS

#: Its track, and whether it is of the verified set.
Standing = tuple[str, bool]


def kinds_of(tracks: Sequence[str], counts: NDArray[np.bool_]) -> list[Standing]:
    """Say of what kind each subject is: others of its kind are altered and detected in like manner.

    Where the detector is unsure its maps are others, and a table is of those that count alone.
    """
    return list(zip(tracks, counts.tolist(), strict=True))


def others_of_the_kind(kinds: Sequence[Standing], groups: Groups) -> Tensor:
    """Say whose map each subject is given: that of another person of its kind.

    Args:
        kinds: From :func:`kinds_of`.
        groups: The identity group of each.

    Shape:
        returns: (n,) int64, a permutation
    """
    names = group_list(groups, len(kinds))
    others = torch.arange(len(kinds))
    for kind in dict.fromkeys(kinds):
        at = torch.tensor([place for place, one in enumerate(kinds) if one == kind])
        others[at] = permuted(at[:, None], [names[place] for place in at.tolist()])[:, 0]
    return others


def region_numbers(regions: Tensor) -> Tensor:
    """Return each pixel's region, from 1, or 0 where it lies in none.

    Shape:
        regions: (B, 8, H, W) bool, disjoint
        returns: (B, H, W) uint8
    """
    number = torch.arange(1, regions.shape[1] + 1, dtype=torch.uint8)
    return (regions.cpu() * number[:, None, None]).sum(1, dtype=torch.uint8)


def moved(maps: Maps, others: Tensor, regions: Tensor, native: Native, kind: Kind) -> Maps:
    """Give each face the map of another one, as if it were its own.

    What a method says of pixels stays in its place, and falls into this face's regions; what it
    says of regions is painted into them, as its own map is: a sum over this face's region.

    Args:
        maps: Of all faces.
        others: Whose map each face is given.
        regions: From :func:`region_numbers`.
        native: Where the method lives.
        kind: Whether its values sum to something.
    """
    number = regions.flatten(1).long()
    none = maps.pixel.new_zeros(len(number), len(REGIONS) + 1)
    area = none.scatter_add(1, number, none.new_ones(number.shape))[:, 1:].clamp_min(1)
    if native == "region":
        values = maps.region[others]
        heat = values / area if kind == "additive" else values
        painted = F.pad(heat, (1, 0)).gather(1, number)  # 0 outside all regions
        return Maps(painted.view(regions.shape), values)
    pixel = maps.pixel[others]
    inside = none.scatter_add(1, number, pixel.flatten(1))[:, 1:]
    return Maps(pixel, inside / area)
