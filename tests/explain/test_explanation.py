from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from resgat.explain.attribution import Attribution
from resgat.explain.explanation import Cost, Explanation, explain, views
from resgat.explain.faces import Faces
from resgat.explain.probe import Passes, Probe
from tests.explain.test_probe import Means

SIDE = 4
COST = Cost(Passes(), 0.0)


def regions(batch: int = 1) -> Tensor:
    """Region 0: the upper left quarter; region 1: the two right columns; the rest are empty."""
    masks = torch.zeros(batch, 8, SIDE, SIDE, dtype=torch.bool)
    masks[:, 0, :2, :2] = True
    masks[:, 1, :, 2:] = True
    return masks


def view(values: list[Any], native: Any, kind: Any) -> Explanation:
    found = Attribution(torch.tensor(values), native, kind)
    return views(found, regions(len(values)), (2, 2), COST)


def test_nodes_that_add_up_are_spread_over_their_pixels() -> None:
    found = view([[4.0, 8.0, -4.0, 0.0]], "node", "additive")
    assert found.pixel[0].tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [-1, -1, 0, 0], [-1, -1, 0, 0]]
    assert found.node.tolist() == [[4, 8, -4, 0]]
    assert found.region[0, :3].tolist() == [1, 1, 0]
    torch.testing.assert_close(found.mass[0, :3], torch.tensor([4 / 12, 8 / 12, 0]))


def test_one_node_covers_all_cells_and_says_nothing() -> None:
    found = view([[4.0]], "node", "additive")
    assert found.is_degenerate.tolist() == [True]
    assert found.node.tolist() == [[0, 0, 0, 0]]
    assert not found.pixel.any()
    assert not found.region.any()


def test_densities_are_kept_as_they_are() -> None:
    found = view([[4.0, 8.0, -4.0, 0.0]], "node", "density")
    assert found.pixel[0, 0].tolist() == [4, 4, 8, 8]
    assert found.region[0, :2].tolist() == [4, 4]


@pytest.mark.parametrize(("kind", "node"), [("additive", [6.0, 8.0]), ("density", [1.5, 2.0])])
def test_pixels_are_gathered_into_nodes(kind: str, node: list[float]) -> None:
    heat = [[[0.0, 1.0, 2.0, 2.0], [2.0, 3.0, 2.0, 2.0], *[[0.0, 0, 0, 0]] * 2]]
    found = view(heat, "pixel", kind)
    assert found.node.tolist() == [[*node, 0, 0]]
    assert found.pixel.tolist() == heat


def test_regions_keep_their_own_values_and_spread_them() -> None:
    values = [[4.0, 8.0, *[0.0] * 6]]
    found = view(values, "region", "additive")
    assert found.region.tolist() == values
    assert found.pixel[0].tolist() == [[1, 1, 1, 1], [1, 1, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1]]
    assert found.node.tolist() == [[4, 4, 0, 4]]
    assert view(values, "region", "density").pixel[0, 0].tolist() == [4, 4, 8, 8]


def test_mass_is_kept_between_the_views() -> None:
    generator = torch.Generator().manual_seed(0)
    for native, shape in (("node", (3, 4)), ("pixel", (3, SIDE, SIDE))):
        values = torch.randn(shape, generator=generator)
        found = views(Attribution(values, native, "additive"), regions(3), (2, 2), COST)  # type: ignore[arg-type]
        total = values.flatten(1).sum(1)
        torch.testing.assert_close(found.pixel.sum((1, 2)), total)
        torch.testing.assert_close(found.node.sum(1), total)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), None])
def test_a_map_that_says_nothing_is_marked_and_zero_in_every_view(bad: float | None) -> None:
    values = torch.tensor([[4.0, 8.0, -4.0, 0.0]] * 2)
    values[1] = torch.full((4,), 3.0)
    if bad is not None:
        values[1, 2] = bad
    found = views(Attribution(values, "node", "additive"), regions(2), (2, 2), COST)
    assert found.is_degenerate.tolist() == [False, True]
    for part in (found.node, found.region, found.mass, found.pixel):
        assert part[1].abs().sum() == 0
        assert part[0].abs().sum() > 0


@dataclass(frozen=True)
class Red:
    """The red channel, after two passes."""

    tier: int = 0

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        probe.logit(faces.pixels)
        probe.logit(faces.pixels)
        return Attribution(faces.pixels[:, 0], "pixel", "density", torch.tensor([0.5, 0.25]))


def test_an_explanation_knows_what_it_cost() -> None:
    pixels = torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    faces = Faces(pixels, regions(2), torch.arange(2))
    with Probe(Means(), mean=[0.0] * 3, std=[1.0] * 3).open() as probe:
        probe.logit(pixels)
        found = explain(Red(), probe, faces, (2, 2))
    assert found.cost.passes == Passes(forward=4)
    assert found.cost.ms > 0
    assert (found.native, found.kind, found.grid) == ("pixel", "density", (2, 2))
    assert found.residual is not None
    assert found.residual.tolist() == [0.5, 0.25]
    torch.testing.assert_close(found.pixel, pixels[:, 0])
