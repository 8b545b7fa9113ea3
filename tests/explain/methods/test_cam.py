from typing import Any

import pytest
import torch
import torch.nn.functional as F
from pytorch_grad_cam import (  # type: ignore[import-untyped]
    GradCAM,
    GradCAMPlusPlus,
    LayerCAM,
)
from torch import Tensor, nn

from resgat.errors import ConfigError
from resgat.explain.methods.cam import GradCam, GradCamPlusPlus, LayerCam, activations
from resgat.models.timm_model import TimmClassifier
from resgat.types import Evidence
from tests.explain.methods.toys import Convnet, Linear, faces, probe

FACES = faces(4, 32)


@pytest.mark.parametrize(
    ("method", "library", "atol"),
    [
        (GradCam(), GradCAM, 1e-4),
        (GradCamPlusPlus(), GradCAMPlusPlus, 2e-3),  # the library adds 1e-6 to a denominator
        (LayerCam(), LayerCAM, 1e-4),
    ],
)
def test_maps_agree_with_the_library_up_to_its_scale(
    method: Any, library: Any, atol: float
) -> None:
    net = Convnet()
    with probe(net).open() as opened:
        found = method.attribute(opened, FACES)
    with library(net.eval(), [net.body]) as cam:
        expected = torch.from_numpy(cam(FACES.pixels, [lambda logit: logit] * 4))
    assert (found.native, found.kind) == ("pixel", "density")
    assert not found.values.requires_grad
    for ours, theirs in zip(found.values, expected, strict=True):
        assert ours.max() > 0
        # The library has stretched its cells to [0, 1] before they became pixels.
        line = torch.stack([ours.flatten() / ours.max(), torch.ones(ours.numel())], dim=1)
        fit = torch.linalg.lstsq(line, theirs.flatten()[:, None]).solution
        assert fit[0] > 0
        torch.testing.assert_close((line @ fit).view_as(ours), theirs, atol=atol, rtol=0)


def test_the_map_of_a_linear_head_by_hand() -> None:
    """One channel's gradient is its weights; their mean -0.5 + 1.5 over two cells is 0.5."""
    weight = torch.tensor([[-0.5, 1.5]])
    face = faces(1, 8)._replace(pixels=torch.tensor([[[[2.0, 4.0]]] * 3]).view(1, 3, 1, 2))
    with probe(Linear(weight)).open() as opened:
        maps, gradient = activations(opened, face, "map")
        torch.testing.assert_close(gradient, weight.expand(1, 3, 1, 2))
        torch.testing.assert_close(maps, face.pixels)
        cam = GradCam().attribute(opened, face).values
        layer = LayerCam().attribute(opened, face).values
    torch.testing.assert_close(cam, torch.tensor([[[3.0, 6.0]]]))  # 3 channels * 0.5 * 2 and 4
    torch.testing.assert_close(layer, torch.tensor([[[0.0, 18.0]]]))  # 3 * 1.5 * 4


def test_a_gradient_next_to_nothing_spoils_no_map() -> None:
    """Its square is 0 in float32, and 0 / 0 would make the face degenerate."""
    weight = torch.ones(8, 8)
    weight[0, 0] = 1e-24
    with probe(Linear(weight)).open() as opened:
        assert GradCamPlusPlus().attribute(opened, faces(1, 8)).values.isfinite().all()


def test_a_map_that_speaks_for_real_only_is_empty() -> None:
    with probe(Linear(torch.full((8, 8), -1.0))).open() as opened:
        assert GradCam().attribute(opened, faces(2, 8)).values.abs().max() == 0


class Pooled(Linear):
    """Looks at 4 x 4 cells."""

    def features(self, image: Tensor) -> dict[str, Tensor]:
        return {"map": F.adaptive_avg_pool2d(image, 4)}


@pytest.mark.parametrize("method", [GradCam(), GradCamPlusPlus(), LayerCam()])
def test_equal_cells_stay_equal_on_pixels(method: Any) -> None:
    """Rounding of the interpolation would otherwise pass for a map that says something."""
    face = faces(1, 112)._replace(pixels=torch.full((1, 3, 112, 112), 0.37))
    with probe(Pooled(torch.full((4, 4), 0.1))).open() as opened:
        found = method.attribute(opened, face).values
    assert found.min() > 0
    assert (found == found[:, :1, :1]).all()


class Levels(Convnet):
    """Has a deeper map that its head does not look at, and a list of numbers."""

    def features(self, image: Tensor) -> dict[str, Tensor]:
        found = self.body(image)
        return {"map": found, "numbers": found.mean((2, 3)), "unused": F.avg_pool2d(found, 2)}

    def decide(self, maps: Any) -> Evidence:
        evidence = super().decide(maps)
        return evidence._replace(logit=evidence.logit + maps["numbers"].sum(1))


class Unlisted(Levels):
    """Does not look at its list of numbers."""

    def decide(self, maps: Any) -> Evidence:
        return Convnet.decide(self, maps)


def test_the_deepest_level_that_the_head_looks_at_is_taken() -> None:
    with probe(Unlisted()).open() as opened, probe(Convnet()).open() as plain:
        found = GradCam().attribute(opened, FACES).values
        torch.testing.assert_close(found, GradCam("map").attribute(plain, FACES).values)


@pytest.mark.parametrize(
    ("level", "message"),
    [
        ("layer9", "level: expected one of map, numbers, unused; got 'layer9'"),
        ("unused", "level: the head does not look at unused; choose one of map, numbers"),
        ("numbers", "need a feature map, and numbers holds a transformer's tokens"),
        (None, "need a feature map, and numbers holds a transformer's tokens"),
    ],
)
@pytest.mark.parametrize("method", [GradCam, GradCamPlusPlus, LayerCam])
def test_a_level_that_cannot_be_explained_is_named(
    method: Any, level: str | None, message: str
) -> None:
    with probe(Levels()).open() as opened, pytest.raises(ConfigError, match=message):
        method(level).attribute(opened, FACES)


def test_a_transformer_is_refused() -> None:
    net: nn.Module = TimmClassifier("test_vit")
    with probe(net).open() as opened, pytest.raises(ConfigError, match="a transformer's tokens"):
        GradCam().attribute(opened, faces(1, 160))
