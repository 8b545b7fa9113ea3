import math

import pytest
import torch
from captum.metrics import sensitivity_max  # type: ignore[import-untyped]
from torch import Tensor

from resgat.errors import ConfigError
from resgat.explain.attribution import Attribution
from resgat.explain.explanation import Cost, Explanation, views
from resgat.explain.faces import Faces
from resgat.explain.metrics.agreement import pooled
from resgat.explain.metrics.corruptions import CORRUPTIONS
from resgat.explain.metrics.robustness import max_sensitivity, stability
from resgat.explain.probe import Passes, Probe
from tests.explain.methods.toys import Linear, faces, probe

SIDE, RADIUS = 28, 0.02


def explained(heat: Tensor, batch: Faces) -> Explanation:
    found = Attribution(heat, "pixel", "density")
    return views(found, batch.regions, (4, 4), Cost(Passes(), 0))


def brightness(batch: Faces) -> Explanation:
    """The red pixels less a half."""
    return explained(batch.pixels[:, 0] - 0.5, batch)


def centre(batch: Faces) -> Explanation:
    place = torch.arange(float(SIDE)) - (SIDE - 1) / 2
    return explained(-(place[:, None] ** 2 + place**2).expand(len(batch.pixels), -1, -1), batch)


def sure() -> Probe:
    """Says the same of every picture."""
    return probe(Linear(torch.zeros(SIDE, SIDE)))


def grey(num: int = 3) -> Faces:
    made = faces(num, SIDE)
    return made._replace(pixels=0.1 + 0.8 * made.pixels)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_map_that_ignores_the_picture_does_not_move(name: str) -> None:
    batch = grey()
    found = stability(batch, centre(batch), centre, CORRUPTIONS[name])
    for score in found:
        torch.testing.assert_close(score, torch.ones(3, dtype=torch.float64))


def test_a_map_that_follows_the_face_is_mirrored_with_it() -> None:
    batch = grey()
    right = stability(batch, brightness(batch), brightness, CORRUPTIONS["flip"])
    assert right.rho.tolist() == pytest.approx([1.0] * 3)
    assert right.iou.tolist() == [1.0] * 3
    assert right.tau.tolist() == pytest.approx([1.0] * 3)
    forgotten = CORRUPTIONS["flip"]._replace(undo=lambda explanation: explanation)
    wrong = stability(batch, brightness(batch), brightness, forgotten)
    assert (wrong.rho.abs() < 0.2).all()


def test_more_compression_moves_more() -> None:
    batch = grey()
    rho = [
        stability(batch, brightness(batch), brightness, CORRUPTIONS[name]).rho
        for name in ("jpeg90", "jpeg70", "jpeg50")
    ]
    assert (rho[0] > rho[1]).all()
    assert (rho[1] > rho[2]).all()


def test_a_constant_map_is_as_stable_as_an_unrelated_one() -> None:
    """A map that vanishes is not left out in the method's favour."""
    batch = grey(1)
    flat = explained(torch.ones(1, SIDE, SIDE), batch)
    for first, again in ((flat, brightness), (brightness(batch), lambda _: flat)):
        found = stability(batch, first, again, CORRUPTIONS["jpeg70"])
        assert (found.rho.item(), found.tau.item()) == (0.0, 0.0)
        assert found.iou.item() == pytest.approx(1 / 19)


def test_the_largest_move_by_hand() -> None:
    """Each cell is a pixel, so the map moves as the noise of its red channel does."""
    batch = grey()
    with sure().open() as opened:
        found = max_sensitivity(opened, batch, brightness(batch), brightness, RADIUS, draws=4)
    for row, seed in enumerate(batch.seed.tolist()):
        generator = torch.Generator().manual_seed(seed)
        red = [RADIUS * (2 * torch.rand(3, SIDE, SIDE, generator=generator) - 1)[0] for _ in "four"]
        length = (batch.pixels[row, 0] - 0.5).norm()
        expected = max(float(noise.norm() / length) for noise in red)
        assert found[row].item() == pytest.approx(expected, rel=1e-5)


def test_it_is_captums_under_the_same_noise() -> None:
    batch, draws = grey(), 5

    def curved(moved: Faces) -> Explanation:
        return explained(moved.pixels.prod(1) ** 2 - 0.02, moved)

    def by_captum(given: Tensor | tuple[Tensor]) -> tuple[Tensor]:
        pixels = given if isinstance(given, Tensor) else given[0]
        blank = torch.zeros(len(pixels), 8, SIDE, SIDE, dtype=torch.bool)
        return (pooled(curved(Faces(pixels, blank, torch.zeros(len(pixels)))).pixel),)

    def same_noise(repeated: Tensor, radius: float) -> Tensor:
        generators = [torch.Generator().manual_seed(seed) for seed in batch.seed.tolist()]
        noise = [torch.rand(draws, 3, SIDE, SIDE, generator=one) for one in generators]
        return repeated + radius * (2 * torch.cat(noise) - 1)

    expected = sensitivity_max(by_captum, batch.pixels, same_noise, RADIUS, draws)
    with sure().open() as opened:
        found = max_sensitivity(opened, batch, curved(batch), curved, RADIUS, draws)
        assert opened.passes == Passes(forward=3 * (draws + 1))
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)


def test_only_draws_that_keep_the_verdict_count() -> None:
    """The pixel at the corner decides; the second face's lies on the limit, the third's far off."""
    weight = torch.zeros(SIDE, SIDE)
    weight[0, 0] = 1.0
    batch = grey()
    batch.pixels[:, :, 0, 0] = torch.tensor([0.9, 1 / 3 + 1e-4, 0.1])[:, None]
    moved: list[Tensor] = []

    def jumpy(changed: Faces) -> Explanation:
        """Moves far where the verdict changes, and by its noise elsewhere."""
        is_real = changed.pixels[:, :, 0, 0].sum(1) < 1
        moved.append(is_real)
        shift = 10 * (is_real != torch.tensor([False, False, True])).float()
        return explained(changed.pixels[:, 0] - 0.5 + shift[:, None, None], changed)

    with probe(Linear(weight)).open() as opened:
        found = max_sensitivity(opened, batch, brightness(batch), jumpy, RADIUS, draws=20)
        assert (found < 0.1).all()
        assert 0 < torch.stack(moved)[:, 1].sum() < 20
        only = batch._replace(seed=batch.seed + 100)
        one = max_sensitivity(opened, only, brightness(only), jumpy, RADIUS, draws=1)
    is_moved = moved[-1] != torch.tensor([False, False, True])
    torch.testing.assert_close(one.isnan(), is_moved)


def test_a_draw_never_leaves_the_picture_and_a_face_alone_scores_the_same() -> None:
    white = torch.ones(2, 3, SIDE, SIDE)
    white[..., :5] = 0.0
    batch = faces(2, SIDE)._replace(pixels=white)
    seen: list[Tensor] = []

    def watched(moved: Faces) -> Explanation:
        seen.append(moved.pixels)
        return brightness(moved)

    one = Faces(batch.pixels[1:], batch.regions[1:], batch.seed[1:])
    with sure().open() as opened:
        found = max_sensitivity(opened, batch, brightness(batch), watched, 0.5, draws=3)
        alone = max_sensitivity(opened, one, brightness(one), brightness, 0.5, draws=3)
    assert [value.item() for value in torch.stack(seen).aminmax()] == [0.0, 1.0]
    torch.testing.assert_close(alone, found[1:])


def test_a_map_that_does_not_move_is_best() -> None:
    batch = grey(2)
    with sure().open() as opened:
        assert max_sensitivity(opened, batch, centre(batch), centre).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("value", [1.0, math.nan])
def test_a_map_that_says_nothing_before_or_after_is_at_chance(value: float) -> None:
    """A map that vanishes moves by its own length, which is 1, and would be better than chance."""
    batch = grey(2)

    def nothing(moved: Faces) -> Explanation:
        return explained(torch.full((len(moved.pixels), SIDE, SIDE), value), moved)

    with sure().open() as opened:
        for first, again in ((nothing, brightness), (brightness, nothing), (nothing, nothing)):
            found = max_sensitivity(opened, batch, first(batch), again, draws=2)
            assert found.tolist() == pytest.approx([2**0.5] * 2)


def test_unrelated_maps_of_equal_length_are_at_the_root_of_two() -> None:
    batch = grey(20)
    generator = torch.Generator().manual_seed(0)

    def noise(moved: Faces) -> Explanation:
        return explained(torch.randn(len(moved.pixels), SIDE, SIDE, generator=generator), moved)

    with sure().open() as opened:
        found = max_sensitivity(opened, batch, noise(batch), noise, draws=1)
    assert found.mean().item() == pytest.approx(math.sqrt(2), abs=0.03)


def test_what_is_out_of_range_is_refused() -> None:
    batch = grey(1)
    with sure().open() as opened:
        with pytest.raises(ConfigError, match=r"radius: expected a number in \[0, 1\], got -1"):
            max_sensitivity(opened, batch, brightness(batch), brightness, radius=-1)
        with pytest.raises(ConfigError, match=r"draws: expected a number in \[1, inf\], got 0"):
            max_sensitivity(opened, batch, brightness(batch), brightness, draws=0)
