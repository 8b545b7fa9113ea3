"""What every method promises: shape, cost, the same face alone, a model left as it was found."""

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from resgat.explain.explanation import explain
from resgat.explain.faces import Faces
from resgat.explain.methods import attention, cam, controls, occlusion, rise, shapley
from resgat.explain.methods.contribution import Contrast, Contribution
from resgat.explain.methods.gnnexplainer import GnnExplainer
from resgat.explain.methods.gradients import GradientShap, IntegratedGradients
from resgat.explain.methods.surrogate import KernelShap, Lime
from resgat.explain.probe import Known, Passes, Probe
from resgat.explain.regions import region_masks
from resgat.graph.grid import GridGraph
from resgat.models.additive_head import AdditiveHead
from resgat.models.resgat import ResGAT
from resgat.models.trunk import ResNetTrunk

SIDE, GRID = 32, (4, 4)

#: Method, where it lives, and its passes for two faces.
METHODS: list[tuple[Any, str, Passes]] = [
    (Contribution(), "node", Passes(forward=2)),
    (Contrast(), "node", Passes(forward=2)),
    (attention.AttentionReceived(), "node", Passes(forward=2)),
    (attention.AttentionCorrected(), "node", Passes(forward=2)),
    (attention.AttentionReadout(), "node", Passes(forward=2)),
    (attention.AttentionRollout(), "node", Passes(forward=2)),
    (attention.GradientAttention(), "node", Passes(forward=2, head_forward=2, head_backward=2)),
    (cam.GradCam(), "pixel", Passes(forward=2, head_forward=2, head_backward=2)),
    (cam.GradCamPlusPlus(), "pixel", Passes(forward=2, head_forward=2, head_backward=2)),
    (cam.LayerCam("layer2"), "pixel", Passes(forward=2, head_forward=2, head_backward=2)),
    (occlusion.RegionOcclusion(), "region", Passes(forward=18)),
    (occlusion.WindowOcclusion(0.5, 0.25), "pixel", Passes(forward=20)),
    (shapley.RegionShapley(), "region", Passes(forward=512)),
    (rise.Rise(num=20), "pixel", Passes(forward=40)),
    (IntegratedGradients(steps=4), "pixel", Passes(forward=12, backward=8)),
    (GradientShap(samples=3), "pixel", Passes(forward=6, backward=6)),
    (KernelShap(samples=20), "region", Passes(forward=40)),
    (Lime(samples=20), "region", Passes(forward=40)),
    (GnnExplainer(epochs=3), "node", Passes(forward=2, head_forward=8, head_backward=6)),
    (controls.RandomMap(), "pixel", Passes()),
    (controls.SmoothRandomMap(), "pixel", Passes()),
    (controls.CenterMap(), "pixel", Passes()),
    (controls.FacePrior(), "pixel", Passes()),
    (controls.SrmEnergy(), "pixel", Passes()),
    (controls.DegreeNull(), "node", Passes(forward=2)),
    (controls.OracleNode(), "node", Passes(forward=2)),
]
NAMES = [type(method).__name__ for method, _, _ in METHODS]


def build(head: Any) -> ResGAT:
    torch.manual_seed(0)
    return ResGAT(ResNetTrunk("resnet18", last="layer2"), GridGraph(8), head)


@pytest.fixture(scope="module")
def net() -> ResGAT:
    built = build(partial(AdditiveHead, level="layer2", pool=1, value_levels=("layer2",)))
    torch.manual_seed(1)
    for parameter in built.head.parameters():  # gates and values that tell nodes apart
        nn.init.normal_(parameter, std=0.3)
    return built


@pytest.fixture(scope="module")
def faces() -> Faces:
    pixels = torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    regions = region_masks(None, SIDE).expand(2, -1, -1, -1).clone()
    mask = torch.zeros(2, SIDE, SIDE, dtype=torch.bool)
    mask[:, :9, :9] = True
    return Faces(pixels, regions, torch.tensor([3, 4]), mask, pixels.flip(3))


def probe(net: nn.Module) -> Probe:
    known = Known(torch.zeros(16), torch.rand(8, 8, generator=torch.Generator().manual_seed(2)))
    return Probe(net, mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225], known=known)


def one(faces: Faces, row: int) -> Faces:
    return Faces(*(None if field is None else field[row : row + 1] for field in faces))  # type: ignore[arg-type]


def parameters(net: nn.Module) -> Tensor:
    return torch.cat([value.detach().flatten().float() for value in net.state_dict().values()])


@pytest.mark.parametrize(("method", "native", "passes"), METHODS, ids=NAMES)
def test_a_method_explains_at_its_price_and_leaves_the_model_as_it_was(
    method: Any, native: str, passes: Passes, net: ResGAT, faces: Faces
) -> None:
    before = parameters(net)
    with probe(net).open() as opened:
        found = explain(method, opened, faces, GRID)
    assert found.native == native
    assert not found.is_degenerate.any()
    assert found.cost.passes == passes
    assert (found.node.shape, found.region.shape) == ((2, 16), (2, 8))
    assert found.pixel.shape == (2, SIDE, SIDE)
    assert all(view.isfinite().all() for view in (found.node, found.region, found.pixel))
    torch.testing.assert_close(parameters(net), before, rtol=0, atol=0)
    assert net.training
    assert all(parameter.requires_grad for parameter in net.parameters())
    assert all(parameter.grad is None for parameter in net.parameters())


@pytest.mark.parametrize("method", [method for method, _, _ in METHODS], ids=NAMES)
def test_a_face_alone_is_explained_as_in_a_batch(method: Any, net: ResGAT, faces: Faces) -> None:
    with probe(net).open() as opened:
        together = explain(method, opened, faces, GRID)
        for row in range(2):
            alone = explain(method, opened, one(faces, row), GRID)
            scale = float(together.pixel[row].abs().max())
            torch.testing.assert_close(
                alone.pixel[0], together.pixel[row], atol=1e-3 * scale, rtol=1e-3
            )
