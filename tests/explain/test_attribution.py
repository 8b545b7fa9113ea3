"""What a method returns reaches every view as its ``native`` and its ``kind`` say."""

from dataclasses import dataclass
from typing import Literal, get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from resgat.explain.attribution import Attribution, Explainer, Kind, Native
from resgat.explain.explanation import Explanation, explain
from resgat.explain.faces import Faces
from resgat.explain.probe import Probe
from tests.explain.methods import toys

SIDE, GRID = 16, (2, 4)
NUM_NODES = 8
SHAPES = {"node": (NUM_NODES,), "pixel": (SIDE, SIDE), "region": (8,)}


@dataclass(frozen=True)
class Says:
    """A method that says what it was told to."""

    found: Attribution
    tier: int = 0

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        return self.found


def explained(found: Attribution) -> Explanation:
    method: Explainer = Says(found)
    net = toys.Linear(torch.zeros(SIDE, SIDE))
    return explain(method, toys.probe(net), toys.faces(len(found.values), SIDE), GRID)


def values_of(native: str, seed: int = 0, num: int = 2) -> torch.Tensor:
    return torch.randn(num, *SHAPES[native], generator=torch.Generator().manual_seed(seed))


def test_a_method_lives_on_nodes_pixels_or_regions() -> None:
    assert get_args(Native) == ("node", "pixel", "region")
    assert get_args(Kind) == ("additive", "density")


def test_a_method_promises_no_sum_unless_it_says_so() -> None:
    found = Attribution(torch.ones(1, 8), "region", "density")
    assert found.residual is None
    assert explained(found).residual is None
    assert Attribution._fields == ("values", "native", "kind", "residual")


@pytest.mark.parametrize("native", get_args(Native))
@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_view_is_made_of_what_was_found(native: Native, kind: Kind) -> None:
    found = Attribution(values_of(native), native, kind, torch.tensor([0.25, 0.5]))
    views = explained(found)
    assert (views.native, views.kind) == (native, kind)
    assert views.node.shape == (2, NUM_NODES)
    assert views.region.shape == (2, 8)
    assert views.pixel.shape == (2, SIDE, SIDE)
    torch.testing.assert_close(getattr(views, native), found.values, rtol=0, atol=0)
    assert views.residual is not None
    assert views.residual.tolist() == [0.25, 0.5]


def test_a_larger_part_holds_more_of_what_adds_up_and_no_more_of_a_density() -> None:
    """Region 0 is two of 16 columns of 15 rows; 60 of them make 2 for each of its 30 pixels."""
    values = torch.zeros(1, 8)
    values[0, 0] = 60
    additive = explained(Attribution(values, "region", "additive"))
    density = explained(Attribution(values, "region", "density"))
    assert (additive.pixel[0, 1:, :2] == 2).all()
    assert (density.pixel[0, 1:, :2] == 60).all()
    for views in (additive, density):
        assert views.pixel[0, 0].abs().max() == 0  # no region lies there
        assert views.pixel[0, :, 2:].abs().max() == 0
    # A cell is 8 x 4 px; half of its columns are of region 0, and seven or eight of its rows.
    assert additive.node[0].tolist() == [2 * 14, 0, 0, 0, 2 * 16, 0, 0, 0]
    assert density.node[0].tolist() == [60 * 14 / 32, 0, 0, 0, 60 * 16 / 32, 0, 0, 0]


@given(
    seed=st.integers(0, 1000),
    native=st.sampled_from(get_args(Native)),
    kind=st.sampled_from(get_args(Kind)),
)
def test_what_speaks_against_fake_is_what_speaks_for_it_the_other_way_round(
    seed: int, native: Native, kind: Kind
) -> None:
    values = values_of(native, seed)
    forth, back = (explained(Attribution(sign * values, native, kind)) for sign in (1, -1))
    for view in ("node", "region", "pixel"):
        torch.testing.assert_close(getattr(back, view), -getattr(forth, view))


@given(seed=st.integers(0, 1000), native=st.sampled_from(("pixel", "region")))
def test_nothing_of_a_sum_is_lost_on_the_way_to_nodes(
    seed: int, native: Literal["pixel", "region"]
) -> None:
    found = Attribution(values_of(native, seed), native, "additive")
    torch.testing.assert_close(
        explained(found).node.sum(1), found.values.flatten(1).sum(1), atol=1e-4, rtol=1e-4
    )
