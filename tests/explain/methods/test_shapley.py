import math
from itertools import permutations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from resgat.explain.fills import filled
from resgat.explain.methods.shapley import RegionShapley, shapley_weights, subsets
from tests.explain.methods.toys import Curved, Linear, faces, probe


def test_subsets_run_from_none_to_all() -> None:
    assert subsets(2).tolist() == [[False, False], [True, False], [False, True], [True, True]]
    assert subsets(8).shape == (256, 8)
    assert len({tuple(subset) for subset in subsets(8).tolist()}) == 256


def by_orders(worth: Tensor, num: int) -> Tensor:
    """The definition: what a player adds, on average over all orders of joining."""
    values = torch.zeros(num, dtype=torch.float64)
    for order in permutations(range(num)):
        held = 0
        for player in order:
            values[player] += worth[held | 1 << player] - worth[held]
            held |= 1 << player
    return values / math.factorial(num)


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 4), st.integers(0, 1000))
def test_weights_agree_with_the_average_over_all_orders(num: int, seed: int) -> None:
    worth = torch.rand(2**num, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(worth @ shapley_weights(num), by_orders(worth, num))


def test_a_linear_networks_values_are_its_regions_own_sums() -> None:
    weight = torch.randn(16, 16, generator=torch.Generator().manual_seed(0))
    given = faces(2, 16)
    with probe(Linear(weight)).open() as opened:
        found = RegionShapley("mean").attribute(opened, given)
    change = weight * (given.pixels - filled(given.pixels, torch.ones(2, 16, 16), "mean"))
    expected = torch.einsum("bchw,brhw->br", change, given.regions.float())
    torch.testing.assert_close(found.values.float(), expected, atol=1e-4, rtol=1e-4)
    assert (found.native, found.kind) == ("region", "additive")


def test_values_sum_to_what_the_regions_change_and_an_empty_region_is_worth_nothing() -> None:
    given = faces(2, 16)
    given.regions[:, 3] = False
    twin = given.pixels.flip(2)
    weight = torch.randn(16, 16, generator=torch.Generator().manual_seed(1)) / 16
    with probe(Curved(weight)).open() as opened:
        found = RegionShapley("twin").attribute(opened, given._replace(twin=twin))
        bare = opened.logit(filled(given.pixels, given.regions.any(1), "twin", twin))
        total = opened.logit(given.pixels) - bare
    torch.testing.assert_close(found.values.sum(1).float(), total, atol=1e-4, rtol=1e-4)
    assert found.values[:, 3].abs().max() < 1e-5
    assert found.residual is not None
    assert found.residual.max() < 1e-4
