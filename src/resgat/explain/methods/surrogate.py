"""A linear stand-in for the network, fitted to random subsets of the eight regions; by captum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from resgat.checks import check_range
from resgat.explain.attribution import Attribution
from resgat.explain.extra import optional
from resgat.explain.faces import Faces
from resgat.explain.fills import Fill, filled
from resgat.explain.probe import Probe
from resgat.explain.seeded import seeded
from resgat.types import REGIONS


@dataclass(frozen=True)
class KernelShap:
    """``kernel_shap``: Shapley values of the regions, estimated by a weighted regression.

    Args:
        samples: Subsets shown of each face.
        fill: What takes a hidden region's place; what lies in no region is always shown.

    Source:
        Lundberg and Lee 2017 (arXiv 1705.07874).
    """

    samples: int = 128
    fill: Fill = "blur"
    tier: ClassVar[int] = 3

    def __post_init__(self) -> None:
        check_range("samples", self.samples, low=len(REGIONS) + 2)

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the estimated values (B, 8).

        Raises:
            ConfigError: captum is not installed, or the fill cannot be had.
        """
        attr = optional("captum.attr", "kernel_shap")
        values = _fit_each(attr.KernelShap(probe.logit), faces, self.samples, self.fill)
        return Attribution(values, "region", "additive")


@dataclass(frozen=True)
class Lime:
    """``lime``: weights of a ridge regression on which regions are shown, near ones counting more.

    Args:
        samples: Subsets shown of each face.
        fill: What takes a hidden region's place; what lies in no region is always shown.

    Source:
        Ribeiro, Singh and Guestrin 2016 (arXiv 1602.04938).
    """

    samples: int = 200
    fill: Fill = "blur"
    tier: ClassVar[int] = 3

    def __post_init__(self) -> None:
        check_range("samples", self.samples, low=len(REGIONS) + 2)

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the weights (B, 8).

        Raises:
            ConfigError: captum is not installed, or the fill cannot be had.
        """
        attr = optional("captum.attr", "lime")
        linear = optional("captum._utils.models.linear_model", "lime")
        model = linear.SkLearnRidge(alpha=1e-3)
        method = attr.Lime(probe.logit, interpretable_model=model)
        return Attribution(_fit_each(method, faces, self.samples, self.fill), "region", "density")


def _fit_each(method: Any, faces: Faces, samples: int, fill: Fill) -> Tensor:
    """Fit one face at a time, each with its own random numbers: (B, 8)."""
    hidden = filled(faces.pixels, faces.regions.any(1), fill, faces.twin)
    rows = [
        _fit(method, faces.pixels[row : row + 1], hidden[row : row + 1], regions, samples, seed)
        for row, (regions, seed) in enumerate(zip(faces.regions, faces.seed.tolist(), strict=True))
    ]
    return torch.stack(rows)


def _fit(
    method: Any, pixels: Tensor, hidden: Tensor, regions: Tensor, samples: int, seed: int
) -> Tensor:
    # Players are numbered without gaps; a region without a pixel plays no part and is worth 0.
    present = regions.flatten(1).any(1)
    number = torch.where(present, present.cumsum(0), 0)
    players = (regions * number[:, None, None]).sum(0).long()
    with seeded(seed):
        found: Tensor = method.attribute(
            pixels,
            baselines=hidden,
            feature_mask=players[None, None],
            n_samples=samples,
            perturbations_per_eval=32,
            return_input_shape=False,
        )
    values = torch.zeros(len(REGIONS))
    # Player 0 is what lies in no region; hiding it changes nothing.
    values[present] = found[0, 1:].detach().float().cpu()
    return values
