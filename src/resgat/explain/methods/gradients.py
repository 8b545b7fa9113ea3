"""Gradients along a path of images, from a baseline to the face; by captum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from resgat.checks import check_choice, check_range
from resgat.explain.attribution import Attribution
from resgat.explain.extra import optional
from resgat.explain.faces import Faces
from resgat.explain.fills import filled
from resgat.explain.methods.beside import logit_beside
from resgat.explain.probe import Probe
from resgat.explain.seeded import seeded

Baseline = Literal["black", "mean", "blur"]
_IMAGES_PER_PASS = 32


@dataclass(frozen=True)
class IntegratedGradients:
    """``ig``: ``(x - x0) * mean of dlogit/dx along the line from x0``, summed over the channels.

    The values sum to the logit of the face less that of the baseline, up to the steps' error.

    Args:
        steps: Points on the line.
        baseline: Where it begins: ``black``, the image's own ``mean`` colour, or its ``blur``.

    Source:
        Sundararajan, Taly and Yan 2017 (arXiv 1703.01365).
    """

    steps: int = 32
    baseline: Baseline = "blur"
    tier: ClassVar[int] = 2

    def __post_init__(self) -> None:
        check_range("steps", self.steps, low=2)
        check_choice("baseline", self.baseline, ("black", "mean", "blur"))

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the integrated gradients (B, H, W).

        Raises:
            ConfigError: captum is not installed.
        """
        attr = optional("captum.attr", "ig")
        start = baseline_of(faces.pixels, self.baseline)
        values, delta = attr.IntegratedGradients(logit_beside(probe)).attribute(
            faces.pixels,
            start,
            n_steps=self.steps,
            internal_batch_size=max(_IMAGES_PER_PASS, len(faces.pixels)),
            return_convergence_delta=True,
        )
        probe.count(backward=self.steps * len(faces.pixels))
        heat = values.detach().sum(1).float()
        delta = delta.detach().float()
        to_explain = heat.sum((1, 2)) - delta
        return Attribution(
            heat, "pixel", "additive", delta.abs() / to_explain.abs().clamp_min(1e-3)
        )


@dataclass(frozen=True)
class GradientShap:
    """``gradshap``: the same at random points between noisy baselines and the face, averaged.

    Args:
        samples: Points for each face.
        noise: Standard deviation of the noise on the face, in pixels of [0, 1].
        baseline: As for ``ig``.

    Source:
        Lundberg and Lee 2017 (arXiv 1705.07874); Erion et al. 2021 (arXiv 1906.10670).
    """

    samples: int = 20
    noise: float = 0.02
    baseline: Baseline = "blur"
    tier: ClassVar[int] = 2

    def __post_init__(self) -> None:
        check_range("samples", self.samples, low=1)
        check_range("noise", self.noise, low=0)
        check_choice("baseline", self.baseline, ("black", "mean", "blur"))

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the expected gradients (B, H, W).

        Raises:
            ConfigError: captum is not installed.
        """
        attr = optional("captum.attr", "gradshap")
        heats = [
            self._explain(attr.GradientShap(logit_beside(probe)), faces.pixels[row : row + 1], seed)
            for row, seed in enumerate(faces.seed.tolist())
        ]
        probe.count(backward=self.samples * len(heats))
        return Attribution(torch.cat(heats), "pixel", "additive")

    def _explain(self, shap: Any, pixels: Tensor, seed: int) -> Tensor:
        with seeded(seed):
            values: Tensor = shap.attribute(
                pixels,
                baseline_of(pixels, self.baseline),
                n_samples=self.samples,
                stdevs=self.noise,
            )
        return values.detach().sum(1).float()


def baseline_of(pixels: Tensor, baseline: Baseline) -> Tensor:
    """Return the image (B, 3, H, W) that a path begins at."""
    if baseline == "black":
        return torch.zeros_like(pixels)
    return filled(pixels, torch.ones_like(pixels[:, 0]), baseline)
