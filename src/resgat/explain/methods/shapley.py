"""Exact Shapley values of the eight regions: the strongest, and dearest, account of a few parts."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import ClassVar

import torch
from torch import Tensor

from resgat.explain.attribution import Attribution
from resgat.explain.faces import Faces
from resgat.explain.fills import Fill, filled
from resgat.explain.probe import Probe
from resgat.types import REGIONS


@dataclass(frozen=True)
class RegionShapley:
    """``shap_region``: what each region adds to the logit, over all orders of showing them.

    All 256 subsets of the regions are shown, the others hidden; what lies in no region is always
    shown. The values sum to the logit of the face less that of the face without its regions.

    Args:
        fill: What takes a hidden region's place.

    Source:
        Shapley 1953; Lundberg and Lee 2017 (arXiv 1705.07874).
    """

    fill: Fill = "blur"
    tier: ClassVar[int] = 3

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the Shapley values (B, 8).

        Raises:
            ConfigError: The fill cannot be had.
        """
        shown = subsets(len(REGIONS))
        logits = torch.stack([self._logit(probe, faces, subset) for subset in shown], dim=1)
        values = logits @ shapley_weights(len(REGIONS)).to(logits)
        missed = (values.sum(1) - (logits[:, -1] - logits[:, 0])).abs()
        residual = missed / (logits[:, -1] - logits[:, 0]).abs().clamp_min(1e-3)
        return Attribution(values, "region", "additive", residual)

    def _logit(self, probe: Probe, faces: Faces, shown: Tensor) -> Tensor:
        hidden = (faces.regions & ~shown[:, None, None].to(faces.regions.device)).any(1)
        return probe.logit(filled(faces.pixels, hidden, self.fill, faces.twin))


def subsets(num: int) -> Tensor:
    """Return all subsets of ``num`` players, (2^num, num) bool; the empty one first, all last."""
    return (torch.arange(2**num)[:, None] >> torch.arange(num) & 1).bool()


def shapley_weights(num: int) -> Tensor:
    """Return the matrix (2^num, num) that turns the subsets' worths into the players' values.

    A subset of ``s`` players that holds the player counts ``1 / (num * C(num - 1, s - 1))``, one
    that does not ``-1 / (num * C(num - 1, s))``.

    Example:
        >>> torch.tensor([0.0, 1.0, 2.0, 4.0]) @ shapley_weights(2).float()  # {}, {0}, {1}, both
        tensor([1.5000, 2.5000])
    """
    members = subsets(num)
    size = members.sum(1)
    held = [1 / (num * comb(num - 1, max(s - 1, 0))) for s in range(num + 1)]
    missed = [-1 / (num * comb(num - 1, s)) if s < num else 0.0 for s in range(num + 1)]
    with_player = torch.tensor(held, dtype=torch.float64)[size][:, None]
    without = torch.tensor(missed, dtype=torch.float64)[size][:, None]
    return torch.where(members, with_player, without)
