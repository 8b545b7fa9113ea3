"""Does an explanation order the regions as they move the logit?"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from resgat.checks import check_shape
from resgat.errors import ConfigError
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


def causal_calibration(region: Tensor, effect: Tensor) -> Tensor:
    """Return Spearman's correlation of regions' values and effects; tied ones share their ranks.

    Range -1 to 1, higher is better, chance 0, which a map that says nothing scores. nan where all
    effects are equal: there is no order to find. Where one region of eight has an effect it tells
    the rank of that one, and a single top rank scores 1 only if the values of all others are equal.

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
