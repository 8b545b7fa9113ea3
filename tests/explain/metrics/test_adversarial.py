from collections.abc import Mapping

import pytest
import torch
from captum.robust import PGD  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from resgat.errors import ConfigError, ShapeError
from resgat.explain.faces import Faces
from resgat.explain.metrics.adversarial import adv_drop
from resgat.explain.metrics.curves import pixel_order
from resgat.explain.probe import Passes
from resgat.types import Evidence
from tests.explain.methods.toys import Convnet, Linear, faces, probe

SIDE = 16
EPS = 8 / 255


class Unsure(Convnet):
    """The convolutional toy, moved to where it is not sure of everything."""

    def decide(self, maps: Mapping[str, Tensor]) -> Evidence:
        evidence = super().decide(maps)
        return evidence._replace(logit=evidence.logit / 10 - 36)


def noise(num: int = 3, seed: int = 0) -> Tensor:
    return torch.rand(num, SIDE, SIDE, generator=torch.Generator().manual_seed(seed))


def grey(num: int) -> Faces:
    """Far from black and white, so that only the bound holds the attack."""
    made = faces(num, SIDE)
    return made._replace(pixels=0.4 + 0.2 * made.pixels)


def top(heat: Tensor, batch: Faces, share: float) -> Tensor:
    """The face is all but the first row."""
    face = heat.clone()
    face[:, 0] = -1e9
    count = round(share * (SIDE - 1) * SIDE)
    order = pixel_order(face, batch.seed)[:, :count]
    return torch.zeros(len(heat), SIDE * SIDE).scatter(1, order, 1.0).view_as(heat)


def test_a_linear_network_loses_the_bound_at_every_pixel_of_the_mask() -> None:
    weight, heat, batch = noise(1, 4)[0] - 0.5, noise(), grey(3)
    mask = top(heat, batch, 0.1)
    assert mask.sum((1, 2)).tolist() == [24.0] * 3
    with probe(Linear(weight)).open() as opened:
        found = adv_drop(opened, batch, heat)
        logit = opened.logit(batch.pixels)
    lost = 3 * EPS * (mask * weight.abs()).sum((1, 2))
    torch.testing.assert_close(found, logit.sigmoid() - (logit - lost).sigmoid())


def test_no_value_leaves_the_picture() -> None:
    """White pixels that speak for "real" cannot be made any whiter, black ones lose nothing."""
    batch = faces(2, SIDE)
    for value, weight in ((1.0, -1.0), (0.0, 1.0)):
        flat = batch._replace(pixels=torch.full_like(batch.pixels, value))
        with probe(Linear(torch.full((SIDE, SIDE), weight / 500))).open() as opened:
            assert adv_drop(opened, flat, noise(2)).tolist() == [0.0, 0.0]


def test_the_truth_is_best_and_its_opposite_worst() -> None:
    weight = torch.zeros(SIDE, SIDE)
    weight[6:10, 6:10] = 0.1
    truth = weight.expand(3, -1, -1)
    with probe(Linear(weight)).open() as opened:
        right, nothing, wrong = (
            adv_drop(opened, grey(3), heat, share=0.3) for heat in (truth, 0 * truth, -truth)
        )
    assert (right > nothing).all()
    assert (nothing > wrong).all()
    assert wrong.tolist() == [0.0] * 3


@pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already require gradients")
def test_it_is_captums_attack_but_for_the_best_picture_so_far() -> None:
    batch, heat, steps = grey(4), noise(4), 6
    mask = top(heat, batch, 0.5)[:, None].expand(-1, 3, -1, -1)
    with probe(Unsure()).open() as opened:
        attack = PGD(opened.logit, lambda logit, _: -logit, lower_bound=0.0, upper_bound=1.0)
        step_px = 2.5 * EPS / steps
        path = [batch.pixels]
        for num in range(1, steps + 1):
            path.append(attack.perturb(batch.pixels, EPS, step_px, num, None, mask=mask))
        lowest = torch.stack([opened.prob(pixels).detach() for pixels in path]).amin(0)
        before = opened.prob(batch.pixels)
        found = adv_drop(opened, batch, heat, share=0.5, steps=steps)
    # A gradient next to zero may round to either sign, and move its pixel by a step.
    torch.testing.assert_close(found, before - lowest, atol=1e-4, rtol=0)
    assert (found > 0.01).all()


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 1000), share=st.floats(0, 1))
def test_it_never_helps_the_fake_and_a_face_alone_scores_the_same(seed: int, share: float) -> None:
    batch, heat = grey(2), noise(2, seed)
    one = Faces(batch.pixels[1:], batch.regions[1:], batch.seed[1:])
    with probe(Unsure()).open() as opened:
        found = adv_drop(opened, batch, heat, share=share, steps=3)
        alone = adv_drop(opened, one, heat[1:], share=share, steps=3)
        before = opened.prob(batch.pixels)
    assert ((found >= 0) & (found <= before)).all()
    torch.testing.assert_close(alone, found[1:], atol=1e-5, rtol=0)


def test_its_price_and_no_gradient_left_behind() -> None:
    net, batch = Unsure(), grey(2)
    with probe(net).open() as opened:
        adv_drop(opened, batch, noise(2), steps=5)
        assert opened.passes == Passes(forward=12, backward=10)
    assert all(parameter.grad is None for parameter in net.parameters())
    assert not batch.pixels.requires_grad


def test_a_face_without_regions_has_no_score() -> None:
    batch = grey(2)
    batch.regions[1] = False
    with probe(Unsure()).open() as opened:
        assert adv_drop(opened, batch, noise(2), steps=2).isnan().tolist() == [False, True]


def test_what_does_not_fit_is_refused() -> None:
    with probe(Unsure()).open() as opened:
        with pytest.raises(ShapeError, match=r"heat: expected shape \(2, 16, 16\), got"):
            adv_drop(opened, grey(2), noise(3))
        with pytest.raises(ConfigError, match=r"share: expected a number in \[0, 1\], got 2"):
            adv_drop(opened, grey(2), noise(2), share=2)
        with pytest.raises(ConfigError, match=r"eps: expected a number in \[0, 1\], got 8"):
            adv_drop(opened, grey(2), noise(2), eps=8)
        with pytest.raises(ConfigError, match=r"steps: expected a number in \[1, inf\], got 0"):
            adv_drop(opened, grey(2), noise(2), steps=0)
