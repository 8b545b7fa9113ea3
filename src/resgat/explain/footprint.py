"""Which pixels belong to which cell of a node grid, and values carried from one to the other.

A pixel belongs to the cell that covers its centre. So the cells part the image exactly, also where
its side is no multiple of the grid; the cells' areas then differ by a row or column of pixels.

Legend: B images, N nodes (row-major), H W pixels.
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from resgat.checks import check_choice, check_shape
from resgat.errors import ShapeError


def node_to_pixel(
    values: Tensor,
    grid: tuple[int, int],
    size_px: int,
    mode: Literal["nearest", "bilinear"] = "nearest",
) -> Tensor:
    """Return a heat map in which each pixel has the value of its cell: the density view.

    Args:
        values: One value per node.
        grid: Rows and columns of the nodes.
        size_px: Side of the square crop.
        mode: ``nearest`` claims no more than the nodes know. ``bilinear`` is for the eye: it ranks
            pixels within a cell, which no node has measured.

    Shape:
        values: (B, N), N = grid[0] * grid[1]
        returns: (B, size_px, size_px) float32

    Raises:
        ShapeError: ``values`` does not fit the grid, or a cell would have no pixel.
        ConfigError: ``mode`` is unknown.

    Example:
        >>> node_to_pixel(torch.tensor([[1.0, 2.0]]), grid=(1, 2), size_px=2)
        tensor([[[1., 2.],
                 [1., 2.]]])
    """
    check_choice("mode", mode, ("nearest", "bilinear"))
    check_shape(values, f"B {grid[0] * grid[1]}", "values")
    cells = values.float()
    if mode == "nearest":
        return cells[:, _cell_of_pixel(grid, (size_px, size_px), values.device)]
    _check_fits(grid, (size_px, size_px))
    planes = cells.reshape(-1, 1, *grid)
    size = (size_px, size_px)
    return F.interpolate(planes, size=size, mode="bilinear", align_corners=False)[:, 0]


def pixel_to_node(
    heat: Tensor, grid: tuple[int, int], reduce: Literal["mean", "sum"] = "mean"
) -> Tensor:
    """Pool a heat map over the cells of a grid.

    ``mean`` undoes :func:`node_to_pixel` in its nearest mode exactly; ``sum`` keeps the total.

    Args:
        heat: One value per pixel.
        grid: Rows and columns of the nodes.
        reduce: Mean over a cell's pixels (a density) or their sum (a mass).

    Shape:
        heat: (B, H, W), also bool or integer
        returns: (B, N) float32

    Raises:
        ShapeError: ``heat`` has another shape, or a cell would have no pixel.
        ConfigError: ``reduce`` is unknown.
    """
    check_choice("reduce", reduce, ("mean", "sum"))
    check_shape(heat, "B H W", "heat")
    cell = _cell_of_pixel(grid, (heat.shape[1], heat.shape[2]), heat.device).flatten()
    # Sums in float64: the mean of equal pixels is then that value to the last bit.
    mass = heat.new_zeros(heat.shape[0], grid[0] * grid[1], dtype=torch.float64)
    mass = mass.index_add(1, cell, heat.double().flatten(1))
    if reduce == "mean":
        mass = mass / torch.bincount(cell)
    return mass.float()


def _cell_of_pixel(grid: tuple[int, int], size: tuple[int, int], device: torch.device) -> Tensor:
    """Return the node index of every pixel, (H, W) int64."""
    _check_fits(grid, size)
    row, col = (
        # floor((p + 1/2) * cells / side), in integers
        (2 * torch.arange(side, device=device) + 1) * cells // (2 * side)
        for cells, side in zip(grid, size, strict=True)
    )
    return row[:, None] * grid[1] + col[None, :]


def _check_fits(grid: tuple[int, int], size: tuple[int, int]) -> None:
    """Refuse a grid with a cell that would cover no pixel."""
    if not (1 <= grid[0] <= size[0] and 1 <= grid[1] <= size[1]):
        msg = (
            f"grid: expected at most one cell per pixel of a {size[0]} x {size[1]} image, got "
            f"{grid[0]} x {grid[1]} cells; use a larger image or a coarser grid"
        )
        raise ShapeError(msg)
