"""Metrics that look at a map and at what is true of the face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from resgat.errors import ConfigError
from resgat.explain.metrics import complexity, localisation, region
from resgat.explain.metrics.catalogue import Maps, Scores
from resgat.explain.metrics.truth import Truth
from resgat.explain.stats.scores import Better


@dataclass(frozen=True)
class Localisation:
    """``localisation``: does the heat lie on the altered pixels?"""

    better: ClassVar[Mapping[str, Better]] = {
        "shuffled_auroc": "higher",
        "pixel_auroc": "higher",
        "pixel_ap": "higher",
        "pointing_game": "higher",
        "relevance_mass": "higher",
        "relevance_rank": "higher",
    }

    def score(self, maps: Maps, truth: Truth) -> Scores:
        """Score maps by the true masks.

        Raises:
            ConfigError: No mask is known.
        """
        heat, mask = maps.pixel, _known(truth.mask, "localisation", "masks of the altered pixels")
        return {
            "shuffled_auroc": localisation.shuffled_auroc(
                heat, mask, truth.groups, truth.kinds, truth.pool
            ),
            "pixel_auroc": localisation.pixel_auroc(heat, mask),
            "pixel_ap": localisation.pixel_ap(heat, mask),
            "pointing_game": localisation.pointing_game(heat, mask),
            "relevance_mass": localisation.relevance_mass(heat, mask),
            "relevance_rank": localisation.relevance_rank(heat, mask),
        }


@dataclass(frozen=True)
class RegionNaming:
    """``region``: is the altered region named? Of two, how many are among the first two?"""

    better: ClassVar[Mapping[str, Better]] = {
        "region_hit": "higher",
        "reciprocal_rank": "higher",
        "region_recall2": "higher",
    }

    def score(self, maps: Maps, truth: Truth) -> Scores:
        """Score region values by the true regions.

        Raises:
            ConfigError: No altered region is known.
        """
        first = _known(truth.region, "region", "known altered regions (data=planted)")
        second = torch.full_like(first, region.UNKNOWN) if truth.second is None else truth.second
        only = torch.where(second == region.UNKNOWN, first, region.UNKNOWN)
        both = torch.stack((first, second), dim=1)
        return {
            "region_hit": region.region_hit(maps.region, only),
            "reciprocal_rank": region.reciprocal_rank(maps.region, only),
            "region_recall2": region.region_recall(maps.region, both),
        }


@dataclass(frozen=True)
class DecoyNaming:
    """``decoy``: does the heat fall for a visible change that says nothing of the label?

    ``fooled``: is the hottest pixel on it? ``decoy_named``: is its region the first?
    """

    better: ClassVar[Mapping[str, Better]] = {"fooled": "lower", "decoy_named": "lower"}

    def score(self, maps: Maps, truth: Truth) -> Scores:
        """Score maps by the decoys' pixels.

        Raises:
            ConfigError: No decoy is known.
        """
        decoy = _known(truth.decoy, "decoy", "decoys (data=planted)")
        mask = torch.zeros_like(decoy) if truth.mask is None else truth.mask
        none = torch.full((len(decoy),), region.UNKNOWN)
        lies_in = none if truth.decoy_region is None else truth.decoy_region
        return {
            "fooled": region.fooled(maps.pixel, mask, decoy),
            "decoy_named": region.region_hit(maps.region, lies_in),
        }


@dataclass(frozen=True)
class Complexity:
    """``complexity``: how concentrated is the heat? Description, not quality."""

    better: ClassVar[Mapping[str, Better]] = {"gini": "none", "entropy": "none", "k80": "none"}

    def score(self, maps: Maps, truth: Truth) -> Scores:
        """Describe maps."""
        heat = maps.pixel
        return {
            "gini": complexity.gini(heat),
            "entropy": complexity.entropy(heat),
            "k80": complexity.k80(heat),
        }


def _known(truth: Tensor | None, metric: str, what: str) -> Tensor:
    if truth is None:
        msg = f"{metric} needs {what}, and these data have none; leave it out of explain.metrics"
        raise ConfigError(msg)
    return truth
