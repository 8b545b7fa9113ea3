"""Does an explanation order the regions as they move the logit?"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from resgat.checks import check_shape
from resgat.errors import ConfigError
from resgat.explain.explanation import Explanation
from resgat.explain.faces import Faces
from resgat.explain.methods.occlusion import RegionOcclusion
from resgat.explain.metrics.agreement import unit_ranks
from resgat.explain.probe import Probe


def region_effects(probe: Probe, faces: Faces) -> Tensor:
    """Return what each region of a fake adds to the logit: its fall once the region is repaired.

    ``logit(x) - logit(x with the original's pixels in the region)``, (B, 8). Nine forward passes.

    Raises:
        ConfigError: The faces have no aligned originals.
    """
    if faces.twin is None:
        msg = (
            "causal gives regions back from the aligned original, and these faces have none; leave "
            "it out of explain.metrics"
        )
        raise ConfigError(msg)
    return RegionOcclusion("twin").attribute(probe, faces).values.detach().cpu()


def region_totals(explanation: Explanation, regions: Tensor) -> Tensor:
    """Return what an explanation says of whole regions, as an effect is of a whole region.

    Of a method that lives on regions its own values; of others the heat of all pixels of a region.

    Shape:
        regions: (B, 8, H, W) bool
        returns: (B, 8)
    """
    if explanation.native == "region":
        return explanation.region
    return explanation.region * regions.cpu().sum((2, 3))


def causal_calibration(region: Tensor, effect: Tensor) -> Tensor:
    """Return Spearman's correlation of regions' values and effects; tied ones share their ranks.

    Range -1 to 1, higher is better, chance 0, which a map that says nothing scores. nan where all
    effects are equal: there is no order to find. Where one region of eight has an effect it tells
    the rank of that one: 0.58 if it comes first and no others are tied, 1 if all others are.

    Args:
        region: What the explanation says of each region.
        effect: From :func:`region_effects`.

    Shape:
        region, effect: (B, R)
        returns: (B,) float64
    """
    check_shape(region, "B R", "region")
    check_shape(effect, f"{region.shape[0]} {region.shape[1]}", "effect")
    found = (unit_ranks(region).nan_to_num(nan=0.0) * unit_ranks(effect).nan_to_num(nan=0.0)).sum(1)
    is_ordered = (effect != effect[:, :1]).any(1).cpu()
    return torch.where(is_ordered, found, math.nan)
