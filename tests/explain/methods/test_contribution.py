from functools import partial

import pytest
import torch

from resgat.errors import ConfigError
from resgat.explain.explanation import explain
from resgat.explain.faces import Faces
from resgat.explain.methods.contribution import Contrast, Contribution
from resgat.explain.probe import Known, Passes, Probe
from resgat.explain.regions import region_masks
from resgat.graph.grid import GridGraph
from resgat.models.additive_head import AdditiveHead
from resgat.models.resgat import ResGAT
from resgat.models.resnet import ResNetClassifier
from resgat.models.trunk import ResNetTrunk

SIDE = 32


@pytest.fixture(scope="module")
def net() -> ResGAT:
    torch.manual_seed(0)
    head = partial(AdditiveHead, level="layer2", pool=1, value_levels=("layer2",))
    return ResGAT(ResNetTrunk("resnet18", last="layer2"), GridGraph(8), head)


@pytest.fixture(scope="module")
def faces() -> Faces:
    pixels = torch.rand(3, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    regions = region_masks(None, SIDE).expand(3, -1, -1, -1)
    return Faces(pixels, regions, torch.arange(3))


def probe(net: torch.nn.Module, known: Known = Known()) -> Probe:  # noqa: B008
    return Probe(net, mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225], known=known)


def test_contributions_add_up_at_the_price_of_one_pass(net: ResGAT, faces: Faces) -> None:
    with probe(net).open() as opened:
        found = explain(Contribution(), opened, faces, (4, 4))
        evidence = opened.evidence(faces.pixels)
    assert found.cost.passes == Passes(forward=3)
    assert found.residual is not None
    assert found.residual.max() <= 1e-5
    torch.testing.assert_close(found.node.sum(1) + evidence.constant, evidence.logit)
    torch.testing.assert_close(found.pixel.sum((1, 2)), found.node.sum(1))


def test_a_face_alone_is_explained_as_in_a_batch(net: ResGAT, faces: Faces) -> None:
    with probe(net).open() as opened:
        together = explain(Contribution(), opened, faces, (4, 4))
        for row in range(3):
            alone = Faces(*(field[row : row + 1] for field in faces[:3]))
            found = explain(Contribution(), opened, alone, (4, 4))
            torch.testing.assert_close(found.node[0], together.node[row])


def test_the_contrast_is_what_exceeds_the_average_real_face(net: ResGAT, faces: Faces) -> None:
    reference = torch.linspace(0, 1, 16)
    with probe(net, Known(reference)).open() as opened:
        plain = explain(Contribution(), opened, faces, (4, 4))
        found = explain(Contrast(), opened, faces, (4, 4))
    torch.testing.assert_close(found.node, plain.node - reference)
    assert found.residual is None
    assert found.cost.passes == Passes(forward=3)


def test_a_checkpoint_without_reference_evidence_is_refused(net: ResGAT, faces: Faces) -> None:
    expected = "contrast: this checkpoint holds no reference evidence; finish its training run"
    with probe(net).open() as opened, pytest.raises(ConfigError, match=expected):
        Contrast().attribute(opened, faces)


def test_a_head_that_is_not_additive_is_refused(faces: Faces) -> None:
    net = ResNetClassifier(ResNetTrunk("resnet18", last="layer2"))
    net.decide = lambda maps: ResNetClassifier.decide(net, maps)._replace(contribution=None)  # type: ignore[method-assign]
    with probe(net).open() as opened:
        for method in (Contribution(), Contrast()):
            opened.known = Known(torch.zeros(16))
            with pytest.raises(ConfigError, match="this model's head is not additive"):
                method.attribute(opened, faces)
