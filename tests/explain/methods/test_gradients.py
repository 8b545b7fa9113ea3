import sys
from typing import Any

import pytest
import torch
from torch import Tensor

from resgat.errors import ConfigError
from resgat.explain.methods.gradients import GradientShap, IntegratedGradients, baseline_of
from resgat.explain.probe import Passes
from tests.explain.methods.toys import Convnet, Curved, Linear, faces, probe

WEIGHT = torch.randn(12, 12, generator=torch.Generator().manual_seed(0)) / 12


@pytest.mark.parametrize("baseline", ["black", "mean", "blur"])
@pytest.mark.parametrize("method", [IntegratedGradients, GradientShap])
def test_a_linear_networks_values_are_weight_times_way(method: Any, baseline: Any) -> None:
    given = faces(2, 12)
    options = {"noise": 0.0} if method is GradientShap else {"steps": 3}
    with probe(Linear(WEIGHT)).open() as opened:
        found = method(baseline=baseline, **options).attribute(opened, given)
    expected = (WEIGHT * (given.pixels - baseline_of(given.pixels, baseline))).sum(1)
    torch.testing.assert_close(found.values, expected)
    assert (found.native, found.kind) == ("pixel", "additive")
    assert not found.values.requires_grad


def test_along_a_curve_the_values_sum_to_what_the_logit_gains() -> None:
    """Gauss-Legendre points, as captum takes them, sum a polynomial exactly."""
    given = faces(2, 12)
    with probe(Curved(WEIGHT)).open() as opened:
        found = IntegratedGradients(steps=3, baseline="black").attribute(opened, given)
        gain = opened.logit(given.pixels) - opened.logit(torch.zeros_like(given.pixels))
    torch.testing.assert_close(found.values.sum((1, 2)), gain)
    assert found.residual is not None
    assert found.residual.max() < 1e-4


def by_hand(net: Curved, image: Tensor, points: int) -> Tensor:
    """The middle of each of many equal steps from black."""
    share = ((torch.arange(points) + 0.5) / points).view(-1, 1, 1, 1)
    line = (share * image).requires_grad_()
    (gradient,) = torch.autograd.grad(net(line).sum(), line)
    return (image * gradient.mean(0)).sum(0)


def test_values_agree_with_the_path_integral_by_hand() -> None:
    given, net = faces(2, 16), Convnet().eval()
    with probe(net).open() as opened:
        found = IntegratedGradients(steps=100, baseline="black").attribute(opened, given).values
        for row in range(2):
            expected = by_hand(net, given.pixels[row], 1000)  # type: ignore[arg-type]
            scale = float(expected.abs().max())
            torch.testing.assert_close(found[row], expected, atol=0.02 * scale, rtol=0)


def test_a_baseline_is_black_flat_or_blurred() -> None:
    pixels = faces(1, 16).pixels
    assert baseline_of(pixels, "black").abs().max() == 0
    mean = baseline_of(pixels, "mean")
    torch.testing.assert_close(mean, pixels.mean((2, 3), keepdim=True).expand_as(pixels))
    assert 0 < baseline_of(pixels, "blur").std() < pixels.std() / 2


def test_samples_follow_the_faces_seed_and_are_counted() -> None:
    given = faces(2, 12)
    method = GradientShap(samples=3)
    with probe(Curved(WEIGHT)).open() as opened:
        first = method.attribute(opened, given).values
        assert opened.passes == Passes(forward=6, backward=6)
        torch.manual_seed(99)
        torch.testing.assert_close(method.attribute(opened, given).values, first, rtol=0, atol=0)
        other = method.attribute(opened, given._replace(seed=given.seed + 1)).values
    assert not torch.equal(other, first)


@pytest.mark.parametrize(
    ("method", "name"), [(IntegratedGradients(), "ig"), (GradientShap(), "gradshap")]
)
def test_without_captum_the_remedy_is_named(
    method: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    expected = rf"{name} needs captum; install it with pip install 'resgat\[explain\]'"
    with probe(Linear(WEIGHT)).open() as opened, pytest.raises(ConfigError, match=expected):
        method.attribute(opened, faces(1, 12))


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match="baseline: expected one of black, mean, blur; got 'zer"):
        IntegratedGradients(baseline="zero")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"steps: expected a number in \[2, inf\], got 1"):
        IntegratedGradients(steps=1)
    with pytest.raises(ConfigError, match=r"noise: expected a number in \[0, inf\], got -1"):
        GradientShap(noise=-1)
    with pytest.raises(ConfigError, match="baseline: expected one of black, mean, blur; got 'twin"):
        GradientShap(baseline="twin")  # type: ignore[arg-type]
