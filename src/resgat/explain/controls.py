"""Maps that know nothing of the model: what an explanation has to beat, and the grid's ceiling."""

from __future__ import annotations

from collections.abc import Hashable

import torch
from torch import Tensor

from resgat.checks import check_range
from resgat.errors import ShapeError
from resgat.explain.groups import Groups, group_list


def uniform_map(grid: tuple[int, int]) -> Tensor:
    """Return the map (N,) that says the same everywhere: chance by definition."""
    return torch.full((grid[0] * grid[1],), 1 / (grid[0] * grid[1]))


def random_maps(num_images: int, grid: tuple[int, int], seed: int = 0) -> Tensor:
    """Return white noise in [0, 1), one map (N,) per image: (num_images, N)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(num_images, grid[0] * grid[1], generator=generator)


def smooth_random_maps(
    num_images: int, grid: tuple[int, int], seed: int = 0, sigma: float = 0.1
) -> Tensor:
    """Return noise with blobs as wide as those of a heat map, one map (N,) per image.

    White noise through a Gaussian that wraps around the grid: at the border it would otherwise
    average fewer cells, vary more, and so have its maximum there too often.

    Args:
        num_images: How many maps.
        grid: Rows and columns of the nodes.
        seed: Seed of the noise.
        sigma: Standard deviation of the Gaussian as a fraction of the crop's side.

    Shape:
        returns: (num_images, N)

    Raises:
        ConfigError: ``sigma`` is not positive.
    """
    check_range("sigma", sigma, low=1e-6)
    noise = random_maps(num_images, grid, seed).view(-1, *grid)
    down, right = (_wrapped_gaussian(cells, sigma) for cells in grid)
    return (down @ noise @ right).flatten(1)


def _wrapped_gaussian(cells: int, sigma: float) -> Tensor:
    """Return the symmetric matrix (cells, cells) that smooths one axis; each row sums to one."""
    place = torch.arange(cells)
    apart = (place[:, None] - place).abs()
    apart = torch.minimum(apart, cells - apart) / cells
    return torch.softmax(-(apart**2) / (2 * sigma**2), dim=1)


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
        ``random``, ``random_smooth``, ``center``, ``uniform`` and ``oracle``, each (M, N) float32.

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
        "random_smooth": smooth_random_maps(num_images, grid, seed),
        "center": center_map(grid).repeat(num_images, 1),
        "uniform": uniform_map(grid).repeat(num_images, 1),
        "oracle": oracle_maps(coverage),
    }


def permuted(values: Tensor, groups: Groups, seed: int = 0) -> Tensor:
    """Give each image the map of another one: what a method finds without looking at the image.

    Every map is given to one image. The other image is of another identity group, for as many
    images as can be: for all, where no group holds more than half of them. An image that is alone
    keeps its map.

    Args:
        values: One map per image, from one method.
        groups: The identity group of each image.
        seed: Decides who gets whose.

    Shape:
        values: (M, N)
        returns: (M, N)

    Raises:
        ShapeError: There is not one group per image.
    """
    names = group_list(groups, len(values))
    members: dict[Hashable, list[int]] = {}
    for image in torch.randperm(len(names), generator=torch.Generator().manual_seed(seed)).tolist():
        members.setdefault(names[image], []).append(image)
    # In order of the groups, a step as long as the largest one leaves every group.
    order = torch.tensor([image for group in members.values() for image in group]).long()
    step = max((len(group) for group in members.values()), default=0)
    given = torch.empty_like(values)
    given[order] = values[order.roll(1 if step == len(names) else step)]
    return given
