"""Does the map point at the altered pixels? Nodes against a true mask, with their chance levels.

A degenerate map (constant, or with a value that is not finite) says nothing and counts as chance;
it is never dropped, for then the worst maps would raise a method's mean.

Legend: M images, N nodes (row-major).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypedDict

import numpy as np
import torch
from torch import Tensor

from resgat.checks import check_shape
from resgat.errors import ShapeError
from resgat.explain.footprint import pixel_to_node
from resgat.explain.groups import Groups, group_list
from resgat.explain.metrics.localisation import weighted_auroc
from resgat.explain.stats.bootstrap import estimate_means


class LocalisationSummary(TypedDict):
    """Means over images with their 95 % intervals; None where a number cannot be had."""

    hit: float | None
    hit_ci: tuple[float, float] | None
    chance_hit: float | None
    auroc: float | None
    auroc_ci: tuple[float, float] | None
    n: int
    n_degenerate: int
    n_without_truth: int


def node_truth(mask: Tensor, grid: tuple[int, int]) -> Tensor:
    """Return the share of each cell that the true mask covers.

    Shape:
        mask: (H, W) bool, the altered pixels
        returns: (N,) float32 in [0, 1]
    """
    check_shape(mask, "H W", "mask")
    return pixel_to_node(mask[None].bool(), grid)[0]


def is_degenerate(values: Tensor) -> bool:
    """Tell whether a map (N,) ranks nothing: it is constant, or a value is not finite."""
    return not bool(values.isfinite().all()) or bool((values == values[0]).all())


def hit(values: Tensor, coverage: Tensor) -> float:
    """Return 1 if the top node touches the mask, else 0: the pointing game on nodes.

    Ties count as the share of the tied top nodes that touch it, a degenerate map as chance. An
    empty mask cannot be hit: 0, as is its chance.

    Args:
        values: The map; higher is more suspect.
        coverage: Share of each cell that is altered, from :func:`node_truth`.

    Shape:
        values: (N,)
        coverage: (N,)
    """
    _check_pair(values, coverage)
    if is_degenerate(values):
        return chance_hit(coverage)
    return float((coverage[values == values.max()] > 0).float().mean())


def chance_hit(coverage: Tensor) -> float:
    """Return the hit rate of a node drawn at random: the share of nodes (N,) that are touched."""
    return float((coverage > 0).float().mean())


def node_auroc(values: Tensor, touched: Tensor) -> float | None:
    """Return the chance that a touched node has a higher value than an untouched one.

    A tie is worth 1/2, and so is a degenerate map.

    Returns:
        The area under the ROC curve, or None where the mask touches all nodes or none.

    Shape:
        values: (N,)
        touched: (N,) bool

    Example:
        >>> node_auroc(torch.tensor([0.9, 0.2, 0.2]), torch.tensor([True, True, False]))
        0.75
    """
    _check_pair(values, touched)
    inside, outside = values[touched.bool()], values[~touched.bool()]
    if not len(inside) or not len(outside):
        return None
    if is_degenerate(values):
        return 0.5
    return float(weighted_auroc(inside, outside, torch.ones_like(outside)))


def localisation_summary(
    values: Tensor,
    coverage: Tensor,
    groups: Groups,
    *,
    draws: int = 2000,
    seed: int = 0,
) -> LocalisationSummary:
    """Summarise how well maps find the altered pixels of many images.

    Images whose mask touches no node have no truth; they are left out and counted. An image whose
    mask touches every node counts for hits, where it is worth 1, and not for the AUROC.

    Args:
        values: One map per image, from one method.
        coverage: The altered share of each cell, from :func:`node_truth`.
        groups: The identity group of each image, the unit of the bootstrap.
        draws: Bootstrap samples.
        seed: Seed of the bootstrap; the same for every method, so that intervals compare.

    Shape:
        values: (M, N)
        coverage: (M, N)

    Raises:
        ShapeError: The three differ in their number of images, or the maps in their nodes.
    """
    check_shape(values, "M N", "values")
    _check_pair(values, coverage)
    names = group_list(groups, len(values))
    rows = [row for row in range(len(values)) if bool((coverage[row] > 0).any())]
    hits = [hit(values[row], coverage[row]) for row in rows]
    chances = [chance_hit(coverage[row]) for row in rows]
    aurocs = {row: node_auroc(values[row], coverage[row] > 0) for row in rows}
    ranked = {row: auroc for row, auroc in aurocs.items() if auroc is not None}
    hit_mean, hit_ci = _mean_and_interval(hits, [names[row] for row in rows], draws, seed)
    auroc_mean, auroc_ci = _mean_and_interval(
        list(ranked.values()), [names[row] for row in ranked], draws, seed
    )
    return LocalisationSummary(
        hit=hit_mean,
        hit_ci=hit_ci,
        chance_hit=sum(chances) / len(chances) if chances else None,
        auroc=auroc_mean,
        auroc_ci=auroc_ci,
        n=len(rows),
        n_degenerate=sum(is_degenerate(values[row]) for row in rows),
        n_without_truth=len(values) - len(rows),
    )


def beats_controls(
    values: Tensor,
    rivals: Sequence[Tensor],
    coverage: Tensor,
    groups: Groups,
    *,
    draws: int = 2000,
    seed: int = 0,
) -> bool:
    """Tell whether maps hit the altered pixels more often than maps that know nothing.

    They do if the 95 % interval of the paired difference of hits lies above 0, for every rival; not
    if there is no interval, or no rival.

    Args:
        values: One map per image, from one method.
        rivals: As many maps from each control.
        coverage: The altered share of each cell; images without one are left out.
        groups: The identity group of each image, the unit of the bootstrap.
        draws: Bootstrap samples.
        seed: Seed of the bootstrap.

    Shape:
        values, each of rivals, coverage: (M, N)

    Raises:
        ShapeError: Numbers of images, or of nodes, differ.
    """
    for maps in (values, *rivals):
        _check_pair(maps, coverage)
    names = group_list(groups, len(values))
    rows = [row for row in range(len(values)) if bool((coverage[row] > 0).any())]
    if not rows or not rivals:
        return False
    hits = np.array([[hit(maps[row], coverage[row]) for maps in (values, *rivals)] for row in rows])
    gaps = estimate_means(
        (hits[:, :1] - hits[:, 1:])[None], [names[row] for row in rows], draws=draws, seed=seed
    )
    return all(gap.low is not None and gap.low > 0 for gap in gaps)


def _mean_and_interval(
    numbers: list[float], groups: list[Hashable], draws: int, seed: int
) -> tuple[float | None, tuple[float, float] | None]:
    """Return a mean and its interval; None for what an empty list, or one group, cannot give."""
    values = np.array(numbers, np.float64).reshape(1, -1, 1)
    (found,) = estimate_means(values, groups, draws=draws, seed=seed)
    ends = None if found.low is None or found.high is None else (found.low, found.high)
    return found.mean, ends


def _check_pair(values: Tensor, truth: Tensor) -> None:
    """Refuse a map and a truth of different shape."""
    if values.shape != truth.shape or not values.numel():
        msg = (
            f"values and truth: expected the same shape, got {tuple(values.shape)} and "
            f"{tuple(truth.shape)}; make the truth with node_truth on the map's own grid"
        )
        raise ShapeError(msg)
