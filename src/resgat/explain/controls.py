"""Maps that know nothing of the model: what an explanation has to beat, and the grid's ceiling."""

from __future__ import annotations

import torch
from torch import Tensor

from resgat.checks import check_range
from resgat.errors import ShapeError


def uniform_map(grid: tuple[int, int]) -> Tensor:
    """Return the map (N,) that says the same everywhere: chance by definition."""
    return torch.full((grid[0] * grid[1],), 1 / (grid[0] * grid[1]))


def random_maps(num_images: int, grid: tuple[int, int], seed: int = 0) -> Tensor:
    """Return white noise in [0, 1), one map (N,) per image: (num_images, N)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(num_images, grid[0] * grid[1], generator=generator)


def center_map(grid: tuple[int, int], sigma: float = 0.25) -> Tensor:
    """Return a Gaussian at the middle of the crop, (N,), with maximum at most 1.

    Face crops centre the face, so a map that always points at the middle looks good; a method has
    to beat it.

    Args:
        grid: Rows and columns of the nodes.
        sigma: Standard deviation as a fraction of the crop's side.

    Raises:
        ConfigError: ``sigma`` is not positive.
    """
    check_range("sigma", sigma, low=1e-6)
    y, x = ((torch.arange(cells) + 0.5) / cells - 0.5 for cells in grid)
    return torch.exp(-(y[:, None] ** 2 + x[None, :] ** 2) / (2 * sigma**2)).flatten()


def oracle_maps(coverage: Tensor) -> Tensor:
    """Return the truth itself as a map: the best that any map on this grid can do.

    Shape:
        coverage: (..., N), the altered share of each cell
        returns: (..., N) float32
    """
    return coverage.float().clone()


def control_maps(coverage: Tensor, grid: tuple[int, int], seed: int = 0) -> dict[str, Tensor]:
    """Return every control for a set of images, by its name in the tables.

    Args:
        coverage: The altered share of each cell, which gives the oracle and the number of images.
        grid: Rows and columns of the nodes.
        seed: Seed of the random maps.

    Returns:
        ``random``, ``center``, ``uniform`` and ``oracle``, each (M, N) float32.

    Shape:
        coverage: (M, N)

    Raises:
        ShapeError: ``coverage`` does not fit the grid.
    """
    if coverage.dim() != 2 or coverage.shape[1] != grid[0] * grid[1]:
        msg = f"coverage: expected shape (M, {grid[0] * grid[1]}), got {tuple(coverage.shape)}"
        raise ShapeError(msg)
    num_images = len(coverage)
    return {
        "random": random_maps(num_images, grid, seed),
        "center": center_map(grid).repeat(num_images, 1),
        "uniform": uniform_map(grid).repeat(num_images, 1),
        "oracle": oracle_maps(coverage),
    }
