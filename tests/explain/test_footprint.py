from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from resgat.errors import ConfigError, ShapeError
from resgat.explain.footprint import node_to_pixel, pixel_to_node

GRIDS = st.tuples(st.integers(1, 6), st.integers(1, 6))
SIDES = st.integers(6, 23)


def test_nearest_by_hand_where_the_side_is_no_multiple() -> None:
    # Five pixels, two cells: the middle pixel's centre, at 2.5, opens the second cell.
    out = node_to_pixel(torch.tensor([[1.0, 2.0]]), (1, 2), size_px=5)
    assert out[0, 0].tolist() == [1.0, 1.0, 2.0, 2.0, 2.0]


def test_pooling_by_hand() -> None:
    heat = torch.tensor([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]])
    assert pixel_to_node(heat, (1, 2)).tolist() == [[3.5, 5.5]]
    assert pixel_to_node(heat, (1, 2), reduce="sum").tolist() == [[14.0, 22.0]]
    assert pixel_to_node(heat, (2, 1)).tolist() == [[2.5, 6.5]]


@settings(deadline=None, max_examples=40)
@given(GRIDS, SIDES, st.integers(0, 2**31))
def test_nearest_comes_back_to_the_last_bit(grid: tuple[int, int], size_px: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(2, grid[0] * grid[1], generator=generator)
    assert torch.equal(pixel_to_node(node_to_pixel(values, grid, size_px), grid), values)


@settings(deadline=None, max_examples=40)
@given(GRIDS, SIDES, SIDES)
def test_sums_are_kept(grid: tuple[int, int], height: int, width: int) -> None:
    heat = torch.randn(2, height, width, generator=torch.Generator().manual_seed(0))
    pooled = pixel_to_node(heat, grid, reduce="sum")
    torch.testing.assert_close(pooled.sum(dim=1), heat.sum(dim=(1, 2)), atol=1e-4, rtol=1e-5)


@settings(deadline=None, max_examples=40)
@given(GRIDS, SIDES, st.sampled_from(["nearest", "bilinear"]))
def test_a_constant_stays_constant(grid: tuple[int, int], size_px: int, mode: Any) -> None:
    out = node_to_pixel(torch.full((1, grid[0] * grid[1]), 0.7), grid, size_px, mode)
    torch.testing.assert_close(out, torch.full((1, size_px, size_px), 0.7))


def test_nearest_and_mean_agree_with_torch() -> None:
    values = torch.randn(2, 12)
    planes = values.view(2, 1, 3, 4)
    expected = F.interpolate(planes, size=(25, 25), mode="nearest-exact")[:, 0]
    assert torch.equal(node_to_pixel(values, (3, 4), 25), expected)
    heat = torch.randn(2, 12, 20)
    expected = F.adaptive_avg_pool2d(heat, (3, 4)).flatten(1)
    torch.testing.assert_close(pixel_to_node(heat, (3, 4)), expected)


def test_bilinear_does_not_align_corners() -> None:
    out = node_to_pixel(torch.tensor([[0.0, 1.0]]), (1, 2), 4, mode="bilinear")
    assert out[0, 0].tolist() == [0.0, 0.25, 0.75, 1.0]


def test_a_value_that_is_not_finite_stays_in_its_cell() -> None:
    values = torch.tensor([[float("nan"), 1.0]])
    pooled = pixel_to_node(node_to_pixel(values, (1, 2), 6), (1, 2))
    assert pooled.isnan().tolist() == [[True, False]]


def test_a_mask_pools_to_its_coverage() -> None:
    mask = torch.zeros(1, 4, 4, dtype=torch.bool)
    mask[0, :2, :3] = True
    assert pixel_to_node(mask, (2, 2)).tolist() == [[1.0, 0.5, 0.0, 0.0]]


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_more_cells_than_pixels_are_refused(mode: Any) -> None:
    with pytest.raises(ShapeError, match=r"at most one cell per pixel.*coarser grid"):
        node_to_pixel(torch.zeros(1, 25), (5, 5), 4, mode)


def test_refusals_of_shape_and_choice() -> None:
    with pytest.raises(ShapeError, match=r"values: expected shape \(B, 4\)"):
        node_to_pixel(torch.zeros(1, 5), (2, 2), 8)
    with pytest.raises(ShapeError, match=r"heat: expected shape \(B, H, W\)"):
        pixel_to_node(torch.zeros(4, 4), (2, 2))
    with pytest.raises(ConfigError, match="mode: expected one of nearest, bilinear"):
        node_to_pixel(torch.zeros(1, 4), (2, 2), 8, "bicubic")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="reduce: expected one of mean, sum"):
        pixel_to_node(torch.zeros(1, 4, 4), (2, 2), "max")  # type: ignore[arg-type]
