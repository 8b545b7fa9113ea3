"""Cells and their neighbours, against edges written out by hand and a search of all pairs."""

from itertools import product

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from resgat.errors import ConfigError
from resgat.graph.grid import GridGraph, grid_edges

SIDES = st.integers(1, 9)
KINDS = st.sampled_from([4, 8])


def pairs(edges: Tensor) -> set[tuple[int, int]]:
    found = [(int(source), int(target)) for source, target in edges.T]
    assert len(set(found)) == len(found)
    return set(found)


def both_ways(*joined: tuple[int, int]) -> set[tuple[int, int]]:
    return {*joined, *((b, a) for a, b in joined)}


def test_the_sides_of_a_2_by_2_grid() -> None:
    assert pairs(grid_edges(2, 2, 4)) == both_ways((0, 1), (2, 3), (0, 2), (1, 3))


def test_the_corners_of_a_2_by_2_grid_join_all_cells() -> None:
    assert pairs(grid_edges(2, 2, 8)) == {(a, b) for a, b in product(range(4), repeat=2) if a != b}


def test_the_sides_of_a_3_by_3_grid() -> None:
    rows = [(0, 1), (1, 2), (3, 4), (4, 5), (6, 7), (7, 8)]
    columns = [(0, 3), (1, 4), (2, 5), (3, 6), (4, 7), (5, 8)]
    assert pairs(grid_edges(3, 3, 4)) == both_ways(*rows, *columns)


@pytest.mark.parametrize(
    ("cell", "neighbours"), [(0, {1, 3, 4}), (1, {0, 2, 3, 4, 5}), (4, {0, 1, 2, 3, 5, 6, 7, 8})]
)
def test_the_corners_of_a_3_by_3_grid(cell: int, neighbours: set[int]) -> None:
    assert {source for source, target in pairs(grid_edges(3, 3, 8)) if target == cell} == neighbours


@given(height=SIDES, width=SIDES, neighbours=KINDS)
def test_an_edge_joins_two_cells_if_they_touch(height: int, width: int, neighbours: int) -> None:
    cells = list(product(range(height), range(width)))
    reach = 1 if neighbours == 4 else 2
    expected = {
        (i, j)
        for (i, (y, x)), (j, (v, u)) in product(enumerate(cells), repeat=2)
        if i != j and max(abs(y - v), abs(x - u)) == 1 and abs(y - v) + abs(x - u) <= reach
    }
    assert pairs(grid_edges(height, width, neighbours)) == expected


@given(height=SIDES, width=SIDES)
def test_the_number_of_edges(height: int, width: int) -> None:
    h, w = height, width
    assert grid_edges(h, w, 4).shape == (2, 4 * h * w - 2 * h - 2 * w)
    assert grid_edges(h, w, 8).shape == (2, 8 * h * w - 6 * h - 6 * w + 4)


@given(height=SIDES, width=SIDES, neighbours=KINDS)
def test_edges_run_both_ways_sorted_by_target_and_never_to_themselves(
    height: int, width: int, neighbours: int
) -> None:
    edges = grid_edges(height, width, neighbours)
    assert edges.dtype == torch.int64
    assert not (edges[0] == edges[1]).any()
    assert pairs(edges) == pairs(edges.flip(0))
    assert (edges[1].diff() >= 0).all()


@given(batch=st.integers(1, 4), height=SIDES, width=SIDES, neighbours=KINDS)
def test_a_batch_holds_copies_shifted_by_whole_images(
    batch: int, height: int, width: int, neighbours: int
) -> None:
    one = grid_edges(height, width, neighbours)
    copies = torch.cat([one + image * height * width for image in range(batch)], dim=1)
    assert torch.equal(GridGraph(neighbours)(batch, height, width), copies)


def test_the_edges_of_equal_batches_are_built_once() -> None:
    assert GridGraph(4)(3, 5, 2) is GridGraph(4)(3, 5, 2, torch.device("cpu"))
    assert GridGraph(4)(3, 5, 2) is not GridGraph(8)(3, 5, 2)


def test_edges_first_built_in_inference_mode_serve_training_too() -> None:
    with torch.inference_mode():
        edges = GridGraph(8)(1, 11, 3)
    assert not edges.is_inference()


@pytest.mark.parametrize(
    ("height", "width", "neighbours", "message"),
    [
        (0, 3, 4, r"height: expected a number in \[1, inf\], got 0"),
        (3, -1, 4, r"width: expected a number in \[1, inf\], got -1"),
        (3, 3, 6, "neighbours: expected one of 4, 8; got 6"),
    ],
)
def test_impossible_grids_are_refused(
    height: int, width: int, neighbours: int, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        grid_edges(height, width, neighbours)


def test_a_builder_refuses_at_once_and_says_what_it_is() -> None:
    with pytest.raises(ConfigError, match="neighbours: expected one of 4, 8; got 5"):
        GridGraph(5)
    assert repr(GridGraph(4)) == "GridGraph(neighbours=4)"
