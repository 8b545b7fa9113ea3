"""The common format: every method's attribution in the views of node, region and pixel."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor

from resgat.explain.attribution import Attribution, Explainer, Kind, Native
from resgat.explain.faces import Faces
from resgat.explain.footprint import node_to_pixel, pixel_to_node
from resgat.explain.probe import Passes, Probe


@dataclass(frozen=True)
class Cost:
    """What an explanation took, for a whole batch.

    Attributes:
        passes: Through the network.
        ms: Wall clock.
    """

    passes: Passes
    ms: float


@dataclass(frozen=True, eq=False)
class Explanation:
    """A batch of explanations of the logit of "fake"; + pushes towards it, in every view.

    A degenerate one (constant, or with a value that is not finite) is all zero in every view, which
    a metric scores as chance; it is counted, and never dropped.

    Attributes:
        native: Where the method really lives.
        kind: Whether the native values sum to something.
        grid: Rows and columns of the nodes.
        node: (B, N); mass per node for ``additive``, mean for ``density``.
        region: (B, 8), what regions are ranked by: mean heat per pixel, or, of a method that lives
            on regions, its own values.
        mass: (B, 8), share of the positive heat that lies in each region.
        pixel: (B, H, W), heat per pixel.
        is_degenerate: (B,) bool.
        residual: (B,), see :class:`Attribution`; or None.
        cost: What it took.
    """

    native: Native
    kind: Kind
    grid: tuple[int, int]
    node: Tensor
    region: Tensor
    mass: Tensor
    pixel: Tensor
    is_degenerate: Tensor
    residual: Tensor | None
    cost: Cost


def explain(explainer: Explainer, probe: Probe, faces: Faces, grid: tuple[int, int]) -> Explanation:
    """Explain a batch of faces by one method, and count what it costs.

    Args:
        explainer: The method.
        probe: The detector, held still.
        faces: The batch.
        grid: The grid of the node view; the model's own nodes, if it has any.

    Raises:
        ConfigError: The model, the faces or the installation lack what the method needs.
    """
    before, start = probe.passes, time.perf_counter()
    found = explainer.attribute(probe, faces)
    if probe.device.type == "cuda":
        torch.cuda.synchronize(probe.device)  # or the clock would stop before the work is done
    cost = Cost(probe.passes - before, 1e3 * (time.perf_counter() - start))
    return views(found, faces.regions, grid, cost)


def views(found: Attribution, regions: Tensor, grid: tuple[int, int], cost: Cost) -> Explanation:
    """Carry an attribution to nodes, regions and pixels.

    Shape:
        regions: (B, 8, H, W) bool
    """
    raw = found.values.detach().float().cpu().flatten(1)
    is_degenerate = ~raw.isfinite().all(1) | (raw == raw[:, :1]).all(1)
    values = torch.where(is_degenerate[:, None], 0.0, raw).view(found.values.shape)
    regions = regions.cpu()
    if found.native == "node" and raw.shape[1] == 1:  # one node is every cell, and tells none apart
        values = values.expand(-1, grid[0] * grid[1])
    pixel = _pixel_view(values, found, regions, grid)
    node = values
    if found.native != "node":
        node = pixel_to_node(pixel, grid, "sum" if found.kind == "additive" else "mean")
    member = regions.flatten(2).float()
    density = _per_region(member, pixel) / member.sum(2).clamp_min(1)
    positive = pixel.clamp_min(0)
    total = positive.flatten(1).sum(1, keepdim=True)
    mass = _per_region(member, positive) / total.clamp_min(torch.finfo(total.dtype).tiny)
    region = values if found.native == "region" else density
    residual = None if found.residual is None else found.residual.detach().float().cpu()
    return Explanation(
        found.native, found.kind, grid, node, region, mass, pixel, is_degenerate, residual, cost
    )


def _pixel_view(
    values: Tensor, found: Attribution, regions: Tensor, grid: tuple[int, int]
) -> Tensor:
    """Spread values over pixels: a mass over its area, a density as it is."""
    if found.native == "pixel":
        return values
    size_px = regions.shape[-1]
    if found.native == "node":
        heat = node_to_pixel(values, grid, size_px)
        if found.kind == "density":
            return heat
        area = pixel_to_node(torch.ones(1, size_px, size_px), grid, "sum")
        return heat / node_to_pixel(area, grid, size_px)
    member = regions.float()
    if found.kind == "additive":
        member = member / member.sum((2, 3), keepdim=True).clamp_min(1)
    return torch.einsum("br,brhw->bhw", values, member)


def _per_region(member: Tensor, pixel: Tensor) -> Tensor:
    return torch.einsum("brp,bp->br", member, pixel.flatten(1))
