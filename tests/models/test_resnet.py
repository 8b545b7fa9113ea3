"""The control: average pool and a linear layer, whose logit splits over the cells."""

import pytest
import torch
from torch import Tensor, nn

from resgat.explain.contribution import completeness_residual
from resgat.models.resnet import ResNetClassifier, linear_evidence
from resgat.models.trunk import ResNetTrunk


@pytest.fixture
def net() -> ResNetClassifier:
    torch.manual_seed(0)
    return ResNetClassifier(ResNetTrunk("resnet18", last="layer2")).eval()


def test_a_map_of_two_cells_is_split_by_hand() -> None:
    classifier = nn.Linear(2, 1)
    classifier.weight.data = torch.tensor([[1.0, -2.0]])
    classifier.bias.data = torch.tensor([0.5])
    feature_map = torch.tensor([[[[1.0, 3.0]], [[2.0, 0.0]]]])  # cells (1, 2) and (3, 0)
    evidence = linear_evidence(feature_map, classifier)
    assert evidence.grid == (1, 2)
    assert evidence.contribution is not None
    assert evidence.contribution.tolist() == [[-1.5, 1.5]]
    assert evidence.logit.tolist() == [0.5]
    assert evidence.constant.tolist() == [0.5]
    assert evidence.attention is evidence.edge_index is evidence.readout is None


@pytest.mark.parametrize("autocast", [False, True])
def test_the_cells_and_the_bias_are_the_logit(
    autocast: bool, net: ResNetClassifier, images: Tensor
) -> None:
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        evidence = net(images, return_evidence=True)
        assert torch.equal(evidence.logit, net(images))
    assert evidence.logit.dtype == torch.float32
    assert completeness_residual(evidence).max() <= 1e-5


def test_the_logit_is_that_of_the_pooled_deepest_map(net: ResNetClassifier, images: Tensor) -> None:
    pooled = net.backbone(images)["layer2"].mean((2, 3))
    torch.testing.assert_close(net(images), net.fc(pooled)[:, 0])


def test_the_gradient_reaches_every_parameter(net: ResNetClassifier, images: Tensor) -> None:
    net.train()(images).sum().backward()
    assert [n for n, p in net.named_parameters() if p.grad is None or not p.grad.any()] == []
