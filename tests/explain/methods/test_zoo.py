"""Which methods run on which models: each either explains, or says what is missing."""

from functools import partial
from typing import Any

import pytest
import torch
from torch import nn

from resgat.errors import ConfigError
from resgat.explain.explanation import explain
from resgat.explain.methods import attention, cam, controls, gradients, occlusion, rise, surrogate
from resgat.explain.methods.contribution import Contrast, Contribution
from resgat.explain.methods.gnnexplainer import GnnExplainer
from resgat.explain.methods.shapley import RegionShapley
from resgat.explain.probe import Known
from resgat.graph.grid import GridGraph
from resgat.models.additive_head import AdditiveHead
from resgat.models.context import GlobalGain
from resgat.models.mean_head import MeanHead
from resgat.models.resgat import ResGAT
from resgat.models.resnet import ResNetClassifier
from resgat.models.timm_model import TimmClassifier
from resgat.models.trunk import ResNetTrunk
from tests.explain.methods.toys import faces, probe

SIDE = 64

GRAPH = [
    attention.AttentionReceived(),
    attention.AttentionCorrected(),
    attention.AttentionReadout(),
    attention.AttentionRollout(),
    attention.GradientAttention(),
    controls.DegreeNull(),
    GnnExplainer(epochs=2),
]
SUM = [Contribution(), Contrast()]
MAP = [cam.GradCam(), cam.GradCamPlusPlus(), cam.LayerCam()]
ANY = [
    gradients.IntegratedGradients(steps=2),
    gradients.GradientShap(samples=2),
    surrogate.KernelShap(12),
    surrogate.KernelShap(70, segments="grid8"),
    surrogate.Lime(12),
    RegionShapley("mean"),
    rise.Rise(num=8),
    occlusion.RegionOcclusion(),
    occlusion.WindowOcclusion(0.5, 0.5, "inpaint"),
    controls.RandomMap(),
    controls.SmoothRandomMap(),
    controls.CenterMap(),
    controls.FacePrior(),
    controls.SrmEnergy(),
    controls.OracleNode(),
]


def resgat(head: Any, **options: Any) -> ResGAT:
    trunk = ResNetTrunk("resnet18", last=options.pop("last", "layer2"))
    return ResGAT(trunk, GridGraph(4), partial(head, **options))


ADDITIVE = {"level": "layer2", "pool": 1, "value_levels": ("layer2",), "dim": 4}
MEAN = {"level": "layer2", "dim": 4, "heads": 2}
GAIN = partial(GlobalGain, level="layer3")

#: Model -> how to build it, what explains it, what does not.
ZOO: dict[str, tuple[Any, list[Any], list[Any]]] = {
    "additive v1": (
        partial(resgat, AdditiveHead, version="v1", **ADDITIVE),
        GRAPH + SUM + MAP,
        [],
    ),
    "additive v2, gain": (
        partial(resgat, AdditiveHead, last="layer3", context=GAIN, **ADDITIVE),
        GRAPH + SUM + MAP,
        [],
    ),
    # layer3 is there, and the head does not look at it
    "additive v2, deeper trunk": (
        partial(resgat, AdditiveHead, last="layer3", **ADDITIVE),
        MAP,
        [],
    ),
    "mean v1": (partial(resgat, MeanHead, version="v1", **MEAN), GRAPH + SUM + MAP, []),
    "mean v2": (partial(resgat, MeanHead, version="v2", **MEAN), GRAPH + SUM + MAP, []),
    "resnet18": (
        lambda: ResNetClassifier(ResNetTrunk("resnet18", last="layer2")),
        SUM + MAP + ANY,
        GRAPH,
    ),
    "timm, linear head": (lambda: TimmClassifier("test_resnet"), SUM + MAP + ANY[:2], GRAPH),
    "timm, other head": (lambda: TimmClassifier("lcnet_035"), MAP + ANY, GRAPH + SUM),
}


def build(name: str) -> nn.Module:
    torch.manual_seed(0)
    net: nn.Module = ZOO[name][0]()
    return net


def given() -> Any:
    mask = torch.zeros(2, SIDE, SIDE, dtype=torch.bool)
    mask[:, 16:30, 20:40] = True
    return faces(2, SIDE, mask=mask)


@pytest.mark.parametrize("name", ZOO)
def test_a_model_is_explained_by_all_that_can(name: str) -> None:
    net, faces_ = build(name), given()
    opened = probe(net)
    with opened.open():
        evidence = opened.evidence(faces_.pixels[:1])
        prior = torch.rand(8, 8, generator=torch.Generator().manual_seed(0))
        opened.known = Known(torch.linspace(0, 1, evidence.nodes.shape[1]), prior)
        for method in ZOO[name][1]:
            found = explain(method, opened, faces_, evidence.grid)
            assert found.node.shape == (2, evidence.nodes.shape[1]), method
            for view in (found.node, found.region, found.mass, found.pixel):
                assert view.isfinite().all(), method
            assert found.pixel.shape == (2, SIDE, SIDE), method
            assert not found.pixel.requires_grad, method
            assert not faces_.pixels.requires_grad, method
    assert torch.equal(faces_.pixels, given().pixels)


@pytest.mark.parametrize("name", [name for name, (_, _, refused) in ZOO.items() if refused])
def test_a_model_says_what_it_lacks(name: str) -> None:
    net, faces_ = build(name), given()
    with probe(net, known=Known(torch.zeros(4))).open() as opened:
        for method in ZOO[name][2]:
            lacks = r"is not additive" if method in SUM else r"no (graph layer|readout over nodes)"
            with pytest.raises(ConfigError, match=rf"this model.* {lacks}"):
                method.attribute(opened, faces_)
