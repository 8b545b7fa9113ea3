"""Fixtures of the explanation tests: evidence and faces made up by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from resgat.explain.item import GalleryItem
from resgat.types import Evidence


def _grid_edges(height: int, width: int) -> Tensor:
    """Four neighbours and, last, self-loops."""
    cells = [(row, col) for row in range(height) for col in range(width)]
    steps = ((0, 1), (1, 0), (0, -1), (-1, 0))
    edges = [
        (row * width + col, (row + dy) * width + col + dx)
        for row, col in cells
        for dy, dx in steps
        if 0 <= row + dy < height and 0 <= col + dx < width
    ]
    return torch.tensor(edges + [(node, node) for node in range(len(cells))]).T


@pytest.fixture(scope="session")
def grid_edges() -> Callable[[int, int], Tensor]:
    return _grid_edges


@pytest.fixture(scope="session")
def make_evidence() -> Callable[..., Evidence]:
    """Evidence of two images on a grid; keywords replace its fields."""

    def make(grid: tuple[int, int] = (7, 7), heads: int = 3, **fields: Any) -> Evidence:
        generator = torch.Generator().manual_seed(0)
        num_nodes = grid[0] * grid[1]
        edges = _grid_edges(*grid)
        weight = torch.rand(2, edges.shape[1], heads, generator=generator)
        total = torch.zeros(2, num_nodes, heads).index_add(1, edges[1], weight)
        contribution = torch.randn(2, num_nodes, generator=generator)
        constant = torch.tensor([-2.0, -2.0])
        evidence = Evidence(
            logit=constant + contribution.sum(dim=1),
            constant=constant,
            nodes=torch.zeros(2, num_nodes, 4),
            grid=grid,
            contribution=contribution,
            edge_index=edges,
            attention=weight / total[:, edges[1]],
        )
        return evidence._replace(**fields)

    return make


@pytest.fixture(scope="session")
def make_item() -> Callable[..., GalleryItem]:
    """A small face with every map; keywords replace its fields."""

    def make(**fields: Any) -> GalleryItem:
        rng = np.random.default_rng(0)
        mask = np.zeros((32, 32), bool)
        mask[20:28, 0:12] = True
        values: dict[str, Any] = {
            "image": rng.integers(0, 256, (32, 32, 3), dtype=np.uint8),
            "label": 1,
            "prob": 0.9,
            "method": "Deepfakes",
            "crop_id": "ffpp/Deepfakes/c23/000_003/12/0",
            "attention": rng.normal(size=(32, 32)).astype(np.float32),
            "contribution": rng.normal(size=(32, 32)).astype(np.float32),
            "contrast": rng.normal(size=(32, 32)).astype(np.float32),
            "mask": mask,
            "region_density": rng.normal(size=8).astype(np.float32),
        }
        return GalleryItem(**{**values, **fields})

    return make
