from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from resgat.errors import ConfigError
from resgat.explain.methods.gnnexplainer import GnnExplainer
from resgat.explain.probe import Passes
from resgat.graph.grid import grid_edges
from resgat.types import Evidence
from tests.explain.methods.toys import Linear, faces, probe


class Cells(Linear):
    """The linear toy with a graph of its cells, whose attention is even."""

    def decide(self, maps: Mapping[str, Tensor]) -> Evidence:
        evidence = super().decide(maps)
        edges = grid_edges(*evidence.grid)
        attention = torch.ones(len(evidence.logit), edges.shape[1], 1)
        return evidence._replace(edge_index=edges, attention=attention)


def weight() -> Tensor:
    """Cell 5 speaks for "fake", cell 10 for "real", the others for nothing."""
    weight = torch.zeros(4, 4)
    weight[1, 1], weight[2, 2] = 4.0, -4.0
    return weight


def bright_cells() -> Tensor:
    """The two cells that count are brighter than the rest, and so than the face's mean cell."""
    pixels = torch.full((2, 3, 4, 4), 0.2)
    pixels[..., 1, 1] = pixels[..., 2, 2] = 1
    return pixels


GIVEN = faces(2, 4)._replace(pixels=bright_cells())


def test_the_node_that_says_fake_is_kept_and_the_one_that_says_real_is_not() -> None:
    with probe(Cells(weight())).open() as opened:
        found = GnnExplainer(epochs=60, lr=0.1).attribute(opened, GIVEN)
    assert (found.native, found.kind) == ("node", "density")
    assert not found.values.requires_grad
    assert 0 <= found.values.min() <= found.values.max() <= 1
    for row in found.values:
        others = [value for node, value in enumerate(row.tolist()) if node not in (5, 10)]
        assert row[5] > 0.6
        assert row[10] < 0.3
        assert max(others) == 0  # they never had a gradient


class Normed(Cells):
    """The same, after the length of each cell is taken away, as a LayerNorm does."""

    def decide(self, maps: Mapping[str, Tensor]) -> Evidence:
        cells = maps["map"]
        return super().decide({"map": cells / cells.norm(dim=1, keepdim=True).clamp_min(1e-3)})


def test_a_head_that_takes_away_the_scale_of_a_cell_is_explained_as_well() -> None:
    """Scaled by anything above nought, every cell would say what it says."""
    pixels = torch.zeros(2, 3, 4, 4)
    pixels[:, 0] = 1  # red, but for two grey cells: their channels add up to more
    pixels[..., 1, 1] = pixels[..., 2, 2] = 0.5
    with probe(Normed(weight())).open() as opened:
        found = GnnExplainer(epochs=60, lr=0.1).attribute(opened, GIVEN._replace(pixels=pixels))
    for row in found.values:
        assert row[5] > 0.6
        assert row[10] < 0.3


def test_descent_starts_from_the_faces_seed_and_is_counted() -> None:
    method = GnnExplainer(epochs=4)
    with probe(Cells(weight())).open() as opened:
        state = torch.random.get_rng_state()
        first = method.attribute(opened, GIVEN).values
        assert torch.equal(torch.random.get_rng_state(), state)
        assert opened.passes == Passes(forward=2, head_forward=10, head_backward=8)
        torch.manual_seed(99)
        torch.testing.assert_close(method.attribute(opened, GIVEN).values, first, rtol=0, atol=0)
        other = method.attribute(opened, GIVEN._replace(seed=GIVEN.seed + 1)).values
    assert not torch.equal(first, other)


def test_a_model_without_a_graph_is_refused() -> None:
    expected = "attention: this model has no graph layer"
    with probe(Linear(weight())).open() as opened, pytest.raises(ConfigError, match=expected):
        GnnExplainer().attribute(opened, GIVEN)


@pytest.mark.parametrize(("option", "low"), [("epochs", 1), ("lr", 0)])
def test_options_out_of_range_are_refused(option: str, low: int) -> None:
    expected = rf"{option}: expected a number in \[{low}, inf\], got -1"
    options: dict[str, Any] = {option: -1}
    with pytest.raises(ConfigError, match=expected):
        GnnExplainer(**options)
