import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from resgat.errors import ConfigError, ShapeError
from resgat.explain.metrics.curves import area_under, pixel_order, replacement_curve, top_masks
from tests.explain.methods.toys import Linear, probe

SHARES = torch.linspace(0, 1, 5)
HEAT = torch.tensor([[[4.0, 3.0], [1.0, 2.0]]])


def test_the_hottest_pixel_comes_first() -> None:
    assert pixel_order(HEAT, torch.tensor([0])).tolist() == [[0, 1, 3, 2]]


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 1000))
def test_an_order_holds_every_pixel_once_and_never_rises(seed: int) -> None:
    heat = torch.randint(3, (2, 4, 4), generator=torch.Generator().manual_seed(seed)).float()
    order = pixel_order(heat, torch.tensor([seed, seed + 1]))
    assert order.sort(1).values.tolist() == [list(range(16))] * 2
    ranked = heat.flatten(1).gather(1, order)
    assert (ranked[:, 1:] <= ranked[:, :-1]).all()


def test_ties_follow_the_images_seed_and_nothing_else() -> None:
    flat = torch.zeros(2, 4, 4)
    first = pixel_order(flat, torch.tensor([1, 2]))
    assert first[0].tolist() != first[1].tolist()
    assert pixel_order(flat[:1], torch.tensor([2])).tolist() == first[1:].tolist()


def test_tied_pixels_come_in_every_order() -> None:
    flat = torch.zeros(600, 2, 2)
    top = pixel_order(flat, torch.arange(600))[:, 0]
    assert torch.bincount(top, minlength=4).min() > 100


def test_a_share_is_an_exact_number_of_pixels() -> None:
    order = pixel_order(torch.zeros(3, 4, 5), torch.arange(3))
    masks = top_masks(order, torch.tensor([0.0, 0.25, 0.5, 1.0]), (4, 5))
    assert masks.flatten(2).sum(2).tolist() == [[0] * 3, [5] * 3, [10] * 3, [20] * 3]
    assert not (masks[1] & ~masks[2]).any()


def test_a_curve_by_hand() -> None:
    """The sum of the pixels less 1: each of three channels holds 1 at first, then ever less."""
    start, goal = torch.ones(1, 3, 2, 2), torch.zeros(1, 3, 2, 2)
    with probe(Linear(torch.ones(2, 2))).open() as opened:
        curve = replacement_curve(opened, start, goal, HEAT, torch.tensor([0]), shares=SHARES)
    expected = (3 * torch.tensor([4.0, 3, 2, 1, 0]) - 1).sigmoid()
    torch.testing.assert_close(curve, expected[None])


def test_the_ends_are_the_two_pictures_and_going_back_mirrors() -> None:
    generator = torch.Generator().manual_seed(0)
    start, goal = torch.rand(2, 2, 3, 8, 8, generator=generator)
    heat = torch.rand(2, 8, 8, generator=generator)
    seed = torch.tensor([0, 1])
    weight = torch.randn(8, 8, generator=generator)
    with probe(Linear(weight)).open() as opened:
        there = replacement_curve(opened, start, goal, heat, seed, shares=SHARES)
        back = replacement_curve(opened, goal, start, -heat, seed, shares=SHARES)
        torch.testing.assert_close(there[:, 0], opened.prob(start))
        torch.testing.assert_close(there[:, -1], opened.prob(goal))
        alone = replacement_curve(opened, start[1:], goal[1:], heat[1:], seed[1:], shares=SHARES)
    torch.testing.assert_close(back.flip(1), there)
    torch.testing.assert_close(alone, there[1:])


def test_a_soft_edge_mixes_the_pictures_around_it() -> None:
    start, goal = torch.zeros(1, 3, 9, 9), torch.ones(1, 3, 9, 9)
    heat = torch.zeros(1, 9, 9)
    heat[0, 4, 4] = 1
    at_corner = torch.zeros(9, 9)
    at_corner[4, 5] = 1.0
    few = torch.tensor([0.0, 1 / 81, 1.0])
    with probe(Linear(at_corner)).open() as opened:
        for feather_px, touched in ((0.0, False), (1.5, True)):
            curve = replacement_curve(
                opened, start, goal, heat, torch.tensor([0]), shares=few, feather_px=feather_px
            )
            assert bool(curve[0, 1] > curve[0, 0] + 1e-4) is touched
            torch.testing.assert_close(curve[0, [0, 2]], torch.tensor([-1.0, 2.0]).sigmoid())


def test_the_area_is_the_trapezoids() -> None:
    assert area_under(torch.tensor([[1.0, 0.5, 0.0]]), torch.tensor([0.0, 0.5, 1.0])).tolist() == [
        0.5
    ]


def test_what_does_not_fit_is_refused() -> None:
    picture = torch.zeros(1, 3, 2, 2)
    with probe(Linear(torch.ones(2, 2))).open() as opened:
        with pytest.raises(ShapeError, match="goal and heat: expected the size of start"):
            replacement_curve(
                opened, picture, picture[..., :1], HEAT, torch.tensor([0]), shares=SHARES
            )
        with pytest.raises(ConfigError, match="feather_px: expected a number in"):
            replacement_curve(
                opened, picture, picture, HEAT, torch.tensor([0]), shares=SHARES, feather_px=-1
            )
