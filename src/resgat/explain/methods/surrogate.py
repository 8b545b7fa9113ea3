"""A linear stand-in for the network, fitted to random subsets of a face's segments; by captum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from resgat.checks import check_choice, check_range
from resgat.explain.attribution import Attribution, Kind
from resgat.explain.extra import optional
from resgat.explain.faces import Faces
from resgat.explain.fills import Fill, check_fills_all, filled
from resgat.explain.footprint import node_to_pixel, pixel_to_node
from resgat.explain.methods.beside import logit_beside
from resgat.explain.probe import Probe
from resgat.explain.seeded import seeded
from resgat.types import REGIONS

Segments = Literal["regions", "grid8"]
_SIDE = 8  # cells of grid8


@dataclass(frozen=True)
class KernelShap:
    """``kernel_shap``: Shapley values of the segments, estimated by a weighted regression.

    Args:
        samples: Subsets shown of each face.
        fill: What takes a hidden segment's place; what lies in no segment is always shown.
        segments: The eight ``regions``, or the 64 squares of ``grid8``.

    Source:
        Lundberg and Lee 2017 (arXiv 1705.07874).
    """

    samples: int = 128
    fill: Fill = "blur"
    segments: Segments = "regions"
    tier: ClassVar[int] = 3

    def __post_init__(self) -> None:
        _check(self.samples, self.fill, self.segments)

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the estimated values (B, 8), or of squares spread over their pixels (B, H, W).

        Raises:
            ConfigError: captum is not installed, or the fill cannot be had.
        """
        attr = optional("captum.attr", "kernel_shap")
        method = attr.KernelShap(logit_beside(probe))
        return _fit_each(method, faces, self, "additive")


@dataclass(frozen=True)
class Lime:
    """``lime``: weights of a ridge regression on what is shown, nearly whole faces counting more.

    Args:
        samples: Subsets shown of each face.
        fill: What takes a hidden segment's place; what lies in no segment is always shown.
        segments: The eight ``regions``, or the 64 squares of ``grid8``.

    Source:
        Ribeiro, Singh and Guestrin 2016 (arXiv 1602.04938).
    """

    samples: int = 200
    fill: Fill = "blur"
    segments: Segments = "regions"
    tier: ClassVar[int] = 3

    def __post_init__(self) -> None:
        _check(self.samples, self.fill, self.segments)

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the weights (B, 8), or of squares on their pixels (B, H, W).

        Raises:
            ConfigError: captum is not installed, or the fill cannot be had.
        """
        attr = optional("captum.attr", "lime")
        linear = optional("captum._utils.models.linear_model", "lime")
        ridge = linear.SkLearnRidge(alpha=1e-3)
        method = attr.Lime(logit_beside(probe), interpretable_model=ridge)
        return _fit_each(method, faces, self, "density")


def _check(samples: int, fill: Fill, segments: Segments) -> None:
    check_choice("segments", segments, ("regions", "grid8"))
    num = len(REGIONS) if segments == "regions" else _SIDE**2
    check_range("samples", samples, low=num + 2)
    if segments == "grid8":
        check_fills_all(fill)


def _fit_each(method: Any, faces: Faces, options: KernelShap | Lime, kind: Kind) -> Attribution:
    """Fit one face at a time, each with its own random numbers."""
    players = _players(faces, options.segments)
    hidden = filled(faces.pixels, players > 0, options.fill, faces.twin)
    num = len(REGIONS) if options.segments == "regions" else _SIDE**2
    rows = [
        _fit(method, faces.pixels[row], hidden[row], players[row], num, options.samples, seed)
        for row, seed in enumerate(faces.seed.tolist())
    ]
    values = torch.stack(rows)
    if options.segments == "regions":
        return Attribution(values, "region", kind)
    return Attribution(_on_pixels(values, kind, faces.pixels.shape[-1]), "pixel", kind)


def _players(faces: Faces, segments: Segments) -> Tensor:
    """Return each pixel's segment, from 1; 0 where it lies in none: (B, H, W) int64."""
    if segments == "regions":
        number = torch.arange(1, len(REGIONS) + 1, device=faces.regions.device)
        return (faces.regions * number[:, None, None]).sum(1)
    cells = torch.arange(1, _SIDE**2 + 1, device=faces.pixels.device)[None]
    squares = node_to_pixel(cells, (_SIDE, _SIDE), faces.pixels.shape[-1]).long()
    return squares.expand(len(faces.pixels), -1, -1)


def _fit(
    method: Any, pixels: Tensor, hidden: Tensor, players: Tensor, num: int, samples: int, seed: int
) -> Tensor:
    # captum numbers players without gaps; a segment without a pixel plays no part and is worth 0.
    present, number = torch.unique(players, return_inverse=True)
    with seeded(seed):
        found: Tensor = method.attribute(
            pixels[None],
            baselines=hidden[None],
            feature_mask=number[None, None],
            n_samples=samples,
            perturbations_per_eval=32,
            return_input_shape=False,
        )
    values = torch.zeros(num + 1)
    values[present.cpu()] = found[0].detach().float().cpu()
    return values[1:]  # less what lies in no segment: it is never hidden


def _on_pixels(values: Tensor, kind: Kind, size_px: int) -> Tensor:
    """Give each pixel its square's value, or its part of it if values add up."""
    grid = (_SIDE, _SIDE)
    if kind == "additive":
        values = values / pixel_to_node(torch.ones(1, size_px, size_px), grid, "sum")
    return node_to_pixel(values, grid, size_px)
