"""The trunk's maps, and where its weights come from."""

from pathlib import Path
from urllib.error import URLError

import pytest
import safetensors.torch
import torch
import torchvision
from torch import Tensor

from resgat.errors import CheckpointError, ConfigError, ShapeError, WeightsUnavailableError
from resgat.models.trunk import LEVELS, ResNetTrunk


@pytest.mark.parametrize(
    ("arch", "channels"),
    [("resnet18", (64, 128, 256, 512)), ("resnet50", (256, 512, 1024, 2048))],
)
def test_each_stage_gives_a_map_of_half_the_size(arch: str, channels: tuple[int, ...]) -> None:
    trunk = ResNetTrunk(arch).eval()
    maps = trunk(torch.zeros(2, 3, 64, 96))
    assert tuple(maps) == tuple(trunk.channels) == LEVELS
    assert tuple(trunk.channels.values()) == channels
    for stride, level, width in zip((4, 8, 16, 32), LEVELS, channels, strict=True):
        assert maps[level].shape == (2, width, 64 // stride, 96 // stride)


def test_the_deepest_map_is_torchvisions(images: Tensor) -> None:
    torch.manual_seed(0)
    theirs = torchvision.models.resnet18().eval()
    torch.manual_seed(0)
    ours = ResNetTrunk("resnet18").eval()
    features = torch.nn.Sequential(*list(theirs.children())[:-2])(images)
    torch.testing.assert_close(ours(images)["layer4"], features)


def test_stages_behind_the_last_do_not_exist(images: Tensor) -> None:
    trunk = ResNetTrunk("resnet18", last="layer2")
    assert tuple(trunk(images)) == tuple(trunk.channels) == ("layer1", "layer2")
    assert not any("layer3" in name or name.startswith("fc") for name in trunk.state_dict())
    whole = sum(p.numel() for p in ResNetTrunk("resnet18").parameters())
    assert sum(p.numel() for p in trunk.parameters()) < whole / 10


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("resnet35",), "arch: expected one of resnet18, resnet34, resnet50; got 'resnet35'"),
        (("resnet18", "none", "layer5"), "last: expected one of layer1, .*; got 'layer5'"),
    ],
)
def test_unknown_settings_are_refused(settings: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ResNetTrunk(*settings)


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 1, 32, 32), (0, 3, 32, 32)])
def test_images_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"image: expected shape \(B, 3, H, W\)"):
        ResNetTrunk("resnet18", last="layer1")(torch.zeros(shape))


@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
@pytest.mark.parametrize("left_out", [(), ("fc.", "num_batches_tracked")])
def test_weights_come_from_a_local_file(
    name: str, left_out: tuple[str, ...], tmp_path: Path, images: Tensor
) -> None:
    torch.manual_seed(5)
    theirs = torchvision.models.resnet18()
    state = {
        key: value
        for key, value in theirs.state_dict().items()
        if not any(part in key for part in left_out)
    }
    path = tmp_path / name
    if path.suffix == ".pth":
        torch.save(state, path)
    else:
        safetensors.torch.save_file(state, path)
    trunk = ResNetTrunk("resnet18", weights=path, last="layer1").eval()
    assert torch.equal(trunk.state_dict()["stem.0.weight"], theirs.conv1.weight)
    features = torch.nn.Sequential(*list(theirs.eval().children())[:5])(images)
    torch.testing.assert_close(trunk(images)["layer1"], features)


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "resnet18.pth"
    torch.save(torchvision.models.resnet18().state_dict(), path)
    expected = r"resnet18\.pth does not hold a resnet34: \d+ tensors missing .* such as layer1"
    with pytest.raises(CheckpointError, match=expected):
        ResNetTrunk("resnet34", weights=path)


def test_imagenet_weights_are_torchvisions_download(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs: dict[str, Tensor] = torchvision.models.resnet18().state_dict()
    asked: dict[str, object] = {}

    def download(url: str, **options: object) -> dict[str, Tensor]:
        asked.update(options, url=url)
        return theirs

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", download)
    trunk = ResNetTrunk("resnet18", weights="imagenet", last="layer1")
    assert torch.equal(trunk.state_dict()["stem.0.weight"], theirs["conv1.weight"])
    assert "resnet18" in str(asked["url"])
    assert asked["check_hash"] is True
    assert asked["weights_only"] is True


def test_without_a_network_the_offline_choice_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(url: str, **_: object) -> None:
        raise URLError("no route to host")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", unreachable)
    with pytest.raises(WeightsUnavailableError) as caught:
        ResNetTrunk("resnet34", weights="imagenet")
    message = str(caught.value)
    assert "cannot download the ImageNet weights of resnet34" in message
    assert "no route to host" in message
    assert "Offline: use model.backbone.weights=none" in message
    assert "\n" not in message
