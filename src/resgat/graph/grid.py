"""Feature map -> graph of its cells, each joined to its 4 or 8 nearest cells."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from resgat.checks import check_choice, check_range

_OFFSETS = {
    4: ((-1, 0), (1, 0), (0, -1), (0, 1)),
    8: ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)),
}


def grid_edges(height: int, width: int, neighbours: int = 8) -> Tensor:
    """Join each cell of a grid to its nearest cells, in both directions.

    Node ``i`` is the cell in row ``i // width``, column ``i % width``. There are no self-loops:
    :class:`~resgat.models.graph_attention.GraphAttention` appends one to each node, and refuses
    edges that have some already.

    Args:
        height: Rows.
        width: Columns.
        neighbours: 4 (sides) or 8 (sides and corners).

    Shape:
        return: (2, E) int64, source and target; E = 4HW - 2H - 2W for 4 neighbours,
            8HW - 6H - 6W + 4 for 8

    Raises:
        ConfigError: A side is below 1, or ``neighbours`` is neither 4 nor 8.

    Example:
        >>> grid_edges(1, 2, 4)
        tensor([[1, 0],
                [0, 1]])
    """
    check_range("height", height, low=1)
    check_range("width", width, low=1)
    check_choice("neighbours", neighbours, _OFFSETS)
    cells = torch.arange(height * width).view(height, width)
    edges = []
    for down, right in _OFFSETS[neighbours]:
        targets = cells[
            max(0, -down) : height - max(0, down), max(0, -right) : width - max(0, right)
        ]
        edges.append(torch.stack([(targets + down * width + right).flatten(), targets.flatten()]))
    joined = torch.cat(edges, dim=1)
    return joined[:, joined[1].argsort(stable=True)]


class GridGraph:
    """Edges of a whole batch of equal grids, built once per (batch, height, width) and kept.

    Args:
        neighbours: 4 or 8.

    Raises:
        ConfigError: ``neighbours`` is neither 4 nor 8.
    """

    def __init__(self, neighbours: int = 8) -> None:
        check_choice("neighbours", neighbours, _OFFSETS)
        self.neighbours = neighbours

    def __call__(self, batch: int, height: int, width: int, device: object = "cpu") -> Tensor:
        """Return ``edge_index`` (2, batch * E), image after image, without self-loops."""
        return _batched_edges(self.neighbours, batch, height, width, str(device))

    def __repr__(self) -> str:
        return f"GridGraph(neighbours={self.neighbours})"


@lru_cache(maxsize=32)
def _batched_edges(neighbours: int, batch: int, height: int, width: int, device: str) -> Tensor:
    # What is kept must also serve a training step, even if inference asked for it first.
    with torch.inference_mode(False):
        edges = grid_edges(height, width, neighbours)
        offsets = torch.arange(batch).view(batch, 1, 1) * (height * width)
        return (edges + offsets).transpose(0, 1).reshape(2, -1).to(device)
