"""How far does an explanation move when the picture changes little?

A map that does not look at the picture moves least of all, so these numbers say something of
methods that are faithful, and nothing by themselves: the control ``center`` is perfect here.
Legend: B images; every number is (B,) float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from resgat.checks import check_range
from resgat.explain.explanation import Explanation
from resgat.explain.faces import Faces
from resgat.explain.metrics.agreement import TOP_IOU_CHANCE, kendall, pooled, spearman, top_iou
from resgat.explain.metrics.corruptions import Corruption
from resgat.explain.probe import Probe

#: What :func:`stability` gives two unrelated maps.
STABILITY_CHANCE = {"rho": 0.0, "iou": TOP_IOU_CHANCE, "tau": 0.0}
#: What :func:`max_sensitivity` gives two unrelated maps of equal length.
MAX_SENSITIVITY_CHANCE = math.sqrt(2)

#: Explains other faces by the same method.
ExplainAgain = Callable[[Faces], Explanation]


class Stability(NamedTuple):
    """How alike the explanations before and after a change are.

    Where one of the two is constant, and so says nothing, they are as alike as unrelated ones.

    Attributes:
        rho: Spearman's correlation of the heat on 28 x 28 cells; -1 to 1, chance 0.
        iou: Overlap of the hottest tenths of these cells; 0 to 1, chance about 0.05.
        tau: Kendall's tau-b of the eight regions' values; -1 to 1, chance 0.
    """

    rho: Tensor
    iou: Tensor
    tau: Tensor


def stability(
    faces: Faces, explanation: Explanation, explain_again: ExplainAgain, corruption: Corruption
) -> Stability:
    """Return how alike the explanations of faces and of their changed selves are.

    ``agreement(h(x), undo(h(change(x))))``, see
    :mod:`~resgat.explain.metrics.agreement`. Higher is better, 1 if nothing moved; chance is that
    of maps that have nothing to do with each other. One explanation more.

    Args:
        faces: The batch.
        explanation: Of the batch.
        explain_again: The method.
        corruption: One of :data:`~resgat.explain.metrics.corruptions.CORRUPTIONS`.
    """
    again = corruption.undo(explain_again(corruption.change(faces)))
    return Stability(
        spearman(explanation.pixel, again.pixel).nan_to_num(nan=STABILITY_CHANCE["rho"]),
        top_iou(explanation.pixel, again.pixel).nan_to_num(nan=STABILITY_CHANCE["iou"]),
        kendall(explanation.region, again.region).nan_to_num(nan=STABILITY_CHANCE["tau"]),
    )


def max_sensitivity(
    probe: Probe,
    faces: Faces,
    explanation: Explanation,
    explain_again: ExplainAgain,
    radius: float = 0.02,
    draws: int = 10,
) -> Tensor:
    """Return the largest relative change of the map under small noise, of a few draws.

    ``max_d ||phi(x + d) - phi(x)|| / ||phi(x)||``, ``phi`` being the signed heat on 28 x 28 cells
    and ``d`` uniform in ``[-radius, radius]`` for each value, drawn by the face's seed; ``x + d``
    is kept within [0, 1]. A draw counts if it leaves the prediction on its side of 0.5: another
    verdict may well have another reason; nan where none does. Where the map before or after says
    nothing, and so is zero, the move counts as chance.

    Range 0 upwards, lower is better. Chance is about 1.41, two unrelated maps of equal length; a
    map that does not look at the picture scores 0. ``draws`` explanations and forward passes more.

    Args:
        probe: The detector, held still.
        faces: The batch.
        explanation: Of the batch.
        explain_again: The method.
        radius: Largest change of a value of [0, 1].
        draws: How many are tried.

    Raises:
        ConfigError: An argument is out of range.

    Source:
        Yeh et al. 2019 (arXiv 1901.09392).
    """
    check_range("radius", radius, low=0, high=1)
    check_range("draws", draws, low=1)
    before, is_fake = pooled(explanation.pixel), _is_fake(probe, faces.pixels)
    generators = [torch.Generator().manual_seed(number) for number in faces.seed.tolist()]
    moves = []
    for _ in range(draws):
        near = _beside(faces.pixels, generators, radius)
        move = _move(before, pooled(explain_again(faces._replace(pixels=near)).pixel))
        moves.append(move.masked_fill(_is_fake(probe, near) != is_fake, -math.inf))
    # Without a draw that counts, the largest move is minus infinity.
    largest = torch.stack(moves).amax(0)
    return torch.where(largest >= 0, largest, math.nan)


def _move(before: Tensor, after: Tensor) -> Tensor:
    """Return the relative change of cells (B, 784); of two unrelated maps where one is zero."""
    length = before.norm(dim=1)
    # Or a map that vanishes would have moved by its own length only, less than an unrelated one.
    is_told = (length > 0) & after.any(1)
    return torch.where(is_told, (after - before).norm(dim=1) / length, MAX_SENSITIVITY_CHANCE)


def _beside(pixels: Tensor, generators: list[torch.Generator], radius: float) -> Tensor:
    """Return the next noisy picture of each face."""
    unit = torch.stack([torch.rand(pixels.shape[1:], generator=one) for one in generators])
    return (pixels + radius * (2 * unit - 1).to(pixels)).clamp(0, 1)


def _is_fake(probe: Probe, pixels: Tensor) -> Tensor:
    return (probe.prob(pixels) >= 0.5).cpu()
