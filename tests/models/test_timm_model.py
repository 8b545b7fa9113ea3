"""timm's models behind the same interface; contributions only where the head is linear."""

from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from torch import Tensor, nn

from resgat.errors import CheckpointError, ConfigError, ShapeError, WeightsUnavailableError
from resgat.explain.contribution import completeness_residual
from resgat.models.timm_model import TimmClassifier, channels_first, feature_map


@pytest.fixture(scope="module")
def resnet() -> TimmClassifier:
    torch.manual_seed(0)
    return TimmClassifier("resnet10t").eval()


@pytest.mark.parametrize("autocast", [False, True])
def test_a_pooled_linear_head_splits_exactly(
    autocast: bool, resnet: TimmClassifier, images: Tensor
) -> None:
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        evidence, logit = resnet(images, return_evidence=True), resnet(images)
    assert torch.equal(evidence.logit, logit)
    assert logit.dtype == torch.float32
    assert evidence.grid == (1, 1)
    assert completeness_residual(evidence).max() <= 1e-5


def test_the_logit_is_timms(resnet: TimmClassifier, images: Tensor) -> None:
    torch.testing.assert_close(resnet(images), resnet.net(images)[:, 0])


def test_a_head_that_is_not_linear_yields_nodes_and_no_contribution(images: Tensor) -> None:
    net = TimmClassifier("lcnet_035").eval()  # a convolution and hardswish before the classifier
    evidence = net(images, return_evidence=True)
    assert evidence.contribution is None
    assert torch.equal(evidence.logit, evidence.constant)
    assert evidence.nodes.shape[1] == evidence.grid[0] * evidence.grid[1]
    torch.testing.assert_close(net(images), net.net(images)[:, 0])


def test_a_transformers_tokens_are_cells_and_its_image_size_is_fixed(images: Tensor) -> None:
    net = TimmClassifier("vit_tiny_patch16_224").eval()
    evidence = net(torch.zeros(1, 3, 224, 224), return_evidence=True)
    assert evidence.grid == (14, 14)
    assert evidence.contribution is None
    with pytest.raises(ShapeError, match=r"of \(32, 32\) px .* Set data\.size_px=224"):
        net(images)


def test_channels_last_maps_are_turned() -> None:
    net: Any = nn.Identity()
    assert feature_map(net, torch.zeros(2, 5, 3, 4)).shape == (2, 5, 3, 4)
    net.output_fmt = "NHWC"
    assert channels_first(net, torch.zeros(2, 3, 4, 5)).shape == (2, 5, 3, 4)


def test_tokens_are_laid_out_row_by_row_without_the_class_token() -> None:
    net: Any = nn.Identity()
    net.num_prefix_tokens = 1
    tokens = torch.tensor([9.0, 0.0, 1.0, 2.0, 3.0]).view(1, 5, 1)
    assert feature_map(net, tokens).tolist() == [[[[0, 1], [2, 3]]]]
    with pytest.raises(ShapeError, match=r"Identity has no grid of cells: .*\(1, 4, 1\)"):
        feature_map(net, tokens[:, 1:])


def test_building_leaves_the_model_in_training_mode() -> None:
    assert all(module.training for module in TimmClassifier("resnet10t").modules())


def test_an_unknown_model_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"model\.name: .*Did you mean 'legacy_xception'\?"):
        TimmClassifier("legacy_xceptio")


def test_an_image_of_another_shape_is_refused(resnet: TimmClassifier) -> None:
    with pytest.raises(ShapeError, match=r"image: expected shape \(B, 3, H, W\)"):
        resnet(torch.zeros(1, 4, 32, 32))


@pytest.mark.parametrize("num_classes", [1, 1000])
def test_weights_come_from_a_local_file(num_classes: int, tmp_path: Path) -> None:
    theirs = timm.create_model("resnet10t", num_classes=num_classes)
    torch.save(theirs.state_dict(), tmp_path / "weights.pth")
    net = TimmClassifier("resnet10t", weights=tmp_path / "weights.pth").net
    ours, given = net.state_dict(), theirs.state_dict()
    assert torch.equal(ours["layer4.0.conv1.weight"], given["layer4.0.conv1.weight"])
    assert (num_classes == 1) == torch.equal(ours["fc.weight"], given["fc.weight"])


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    torch.save(timm.create_model("lcnet_035").state_dict(), tmp_path / "weights.pth")
    with pytest.raises(CheckpointError, match=r"does not hold a ResNet as configured: \d+ tensors"):
        TimmClassifier("resnet10t", weights=tmp_path / "weights.pth")


def test_without_a_network_the_offline_choice_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("timm.create_model", unreachable)
    expected = r"cannot download the weights of resnet10t .* Offline: use model\.weights=none, or "
    with pytest.raises(WeightsUnavailableError, match=expected):
        TimmClassifier("resnet10t", weights="imagenet")
