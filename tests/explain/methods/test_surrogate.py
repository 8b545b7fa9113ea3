import sys
from typing import Any

import pytest
import torch

from resgat.errors import ConfigError
from resgat.explain.fills import filled
from resgat.explain.footprint import pixel_to_node
from resgat.explain.methods.shapley import RegionShapley
from resgat.explain.methods.surrogate import KernelShap, Lime
from resgat.explain.probe import Passes
from tests.explain.methods.toys import Curved, Linear, faces, probe

WEIGHT = torch.randn(16, 16, generator=torch.Generator().manual_seed(0)) / 16


@pytest.mark.parametrize(
    ("method", "kind"), [(KernelShap(64, "mean"), "additive"), (Lime(64, "mean"), "density")]
)
def test_a_linear_networks_weights_are_found(method: Any, kind: str) -> None:
    given = faces(2, 16)
    with probe(Linear(WEIGHT)).open() as opened:
        found = method.attribute(opened, given)
        exact = RegionShapley("mean").attribute(opened, given)
    assert (found.native, found.kind) == ("region", kind)
    torch.testing.assert_close(found.values, exact.values.float(), atol=0.01, rtol=0.01)


def test_kernel_shap_comes_near_the_exact_values_of_a_curve() -> None:
    given = faces(2, 16)
    with probe(Curved(WEIGHT)).open() as opened:
        found = KernelShap(250).attribute(opened, given).values
        exact = RegionShapley().attribute(opened, given).values.float()
    torch.testing.assert_close(found, exact, atol=0.05 * float(exact.abs().max()), rtol=0)


@pytest.mark.parametrize("method", [KernelShap, Lime])
def test_a_region_without_a_pixel_is_worth_nothing(method: Any) -> None:
    given = faces(1, 16)
    given.regions[:, [0, 3]] = False
    with probe(Linear(WEIGHT)).open() as opened:
        values = method(40, "mean").attribute(opened, given).values[0]
    assert values[[0, 3]].tolist() == [0, 0]
    assert (values[[1, 2, 4, 5, 6, 7]] != 0).all()


def test_squares_of_a_grid_are_found_and_spread_over_their_pixels() -> None:
    given = faces(1, 16)
    change = WEIGHT * (given.pixels - filled(given.pixels, torch.ones(1, 16, 16), "mean"))
    expected = pixel_to_node(change.sum(1), (8, 8), "sum")
    with probe(Linear(WEIGHT)).open() as opened:
        shap = KernelShap(400, "mean", "grid8").attribute(opened, given)
        lime = Lime(400, "mean", "grid8").attribute(opened, given)
    assert shap.native == lime.native == "pixel"
    found = pixel_to_node(shap.values, (8, 8), "sum")
    torch.testing.assert_close(found, expected, atol=0.02, rtol=0)
    torch.testing.assert_close(shap.values.sum(), change.sum(), atol=0.02, rtol=0)
    torch.testing.assert_close(
        pixel_to_node(lime.values, (8, 8), "mean"), expected, atol=0.02, rtol=0
    )


@pytest.mark.parametrize("method", [KernelShap, Lime])
def test_subsets_follow_the_faces_seed_and_are_counted(method: Any) -> None:
    given = faces(2, 16)
    with probe(Curved(WEIGHT)).open() as opened:
        first = method(20).attribute(opened, given).values
        assert opened.passes == Passes(forward=40)
        torch.manual_seed(99)
        torch.testing.assert_close(
            method(20).attribute(opened, given).values, first, rtol=0, atol=0
        )
        other = method(20).attribute(opened, given._replace(seed=given.seed + 1)).values
    assert not torch.equal(other, first)


@pytest.mark.parametrize(("method", "name"), [(KernelShap(), "kernel_shap"), (Lime(), "lime")])
def test_without_captum_the_remedy_is_named(
    method: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    expected = rf"{name} needs captum; install it with pip install 'resgat\[explain\]'"
    with probe(Linear(WEIGHT)).open() as opened, pytest.raises(ConfigError, match=expected):
        method.attribute(opened, faces(1, 16))


@pytest.mark.parametrize("method", [KernelShap, Lime])
def test_options_out_of_range_are_refused(method: Any) -> None:
    with pytest.raises(ConfigError, match=r"samples: expected a number in \[10, inf\], got 9"):
        method(9)
    with pytest.raises(ConfigError, match=r"samples: expected a number in \[66, inf\], got 65"):
        method(65, segments="grid8")
    with pytest.raises(ConfigError, match="segments: expected one of regions, grid8; got 'slic'"):
        method(segments="slic")
    with pytest.raises(ConfigError, match="fill=inpaint paints from what is left of the image"):
        method(fill="inpaint", segments="grid8")
