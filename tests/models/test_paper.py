"""The paper's presets: parameter counts, the released forward pass, and the released weights."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch_geometric.nn import GATConv, GATv2Conv

from resgat.errors import CheckpointError, WeightsUnavailableError
from resgat.graph.grid import GridGraph
from resgat.models.mean_head import MeanHead
from resgat.models.paper import PaperResGAT
from resgat.models.trunk import ResNetTrunk

CONVS: dict[str, Any] = {"v1": GATConv, "v2": GATv2Conv}


class Released(nn.Module):
    """The released scripts' network, as they write it; label 1 is real there."""

    def __init__(self, version: str, arch: str = "resnet50", dim: int = 512, heads: int = 9):
        super().__init__()
        resnet = torchvision.models.get_model(arch)
        self.backbone = nn.Sequential(*list(resnet.children())[:-2])
        self.gat_layer = CONVS[version](resnet.fc.in_features, dim, heads=heads, concat=True)
        self.fc = nn.Linear(heads * dim, 1)

    def forward(self, images: Tensor) -> Tensor:
        logits = []
        for features in self.backbone(images):
            height, width = features.shape[1:]
            nodes = features.permute(1, 2, 0).reshape(height * width, -1)
            edges = []
            for row in range(height):
                for column in range(width):
                    for v, u in ((row + 1, column), (row, column + 1)):
                        if v < height and u < width:
                            here, there = row * width + column, v * width + u
                            edges += [(here, there), (there, here)]
            attended = self.gat_layer(nodes, torch.tensor(edges).T)
            logits.append(self.fc(attended.mean(0)))
        return torch.cat(logits)


def build(version: str, released: Path | None = None) -> PaperResGAT:
    head = partial(MeanHead, version=version)
    return PaperResGAT(ResNetTrunk("resnet50"), GridGraph(4), head, released)


def build_small(version: str, released: Path | None = None) -> PaperResGAT:
    head = partial(MeanHead, version=version, dim=4, heads=2)
    return PaperResGAT(ResNetTrunk("resnet18"), GridGraph(4), head, released)


@pytest.fixture
def released_file(tmp_path: Path) -> Callable[[str], Path]:
    """Save a small network of a version as the released scripts do."""

    def save(version: str) -> Path:
        path = tmp_path / f"{version}.pth"
        torch.save(Released(version, "resnet18", dim=4, heads=2).state_dict(), path)
        return path

    return save


@pytest.mark.parametrize(("version", "millions"), [("v1", 32.96), ("v2", 42.41)])
def test_released_weights_give_the_released_logits_with_the_sign_of_fake(
    version: str, millions: float, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    theirs = Released(version).eval()
    path = tmp_path / "released.pth"
    torch.save(theirs.state_dict(), path)
    ours = build(version, path).eval()
    path.unlink()  # 170 MB
    assert round(sum(p.numel() for p in ours.parameters()) / 1e6, 2) == millions
    images = torch.rand(2, 3, 224, 224)
    with torch.no_grad():
        evidence, expected = ours(images, return_evidence=True), -theirs(images)
    assert evidence.grid == (7, 7)
    assert expected.abs().min() > 1e-3
    torch.testing.assert_close(evidence.logit, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_only_the_classifier_changes_its_sign(
    version: str, released_file: Callable[[str], Path]
) -> None:
    path = released_file(version)
    theirs = torch.load(path, weights_only=True)
    ours = build_small(version, path).state_dict()
    assert len(ours) == len(theirs)
    assert torch.equal(ours["head.fc.weight"], -theirs["fc.weight"])
    assert torch.equal(ours["head.fc.bias"], -theirs["fc.bias"])
    for own_key, key in (
        ("head.attention.conv.bias", "gat_layer.bias"),
        ("backbone.stem.0.weight", "backbone.0.weight"),
        ("backbone.levels.layer4.1.conv2.weight", "backbone.7.1.conv2.weight"),
    ):
        assert torch.equal(ours[own_key], theirs[key])


def test_weights_that_an_older_graph_library_wrote_are_the_same(
    released_file: Callable[[str], Path],
) -> None:
    path = released_file("v1")
    expected = build_small("v1", path).state_dict()
    state = torch.load(path, weights_only=True)
    shared = state.pop("gat_layer.lin.weight")
    older = {"gat_layer.lin_src.weight": shared, "gat_layer.lin_dst.weight": shared}
    torch.save({**state, **older}, path)
    found = build_small("v1", path).state_dict()
    assert all(torch.equal(found[key], value) for key, value in expected.items())
    torch.save({**state, **older, "gat_layer.lin_dst.weight": shared + 1}, path)
    with pytest.raises(CheckpointError, match=r"lin_dst\.weight is not the matrix that source and"):
        build_small("v1", path)


@pytest.mark.parametrize(("released", "asked"), [("v1", "v2"), ("v2", "v1")])
def test_weights_of_the_other_version_are_refused(
    released: str, asked: str, released_file: Callable[[str], Path]
) -> None:
    expected = (
        rf"{released}\.pth does not fit this paper preset: \d+ tensors differ, such as "
        r"head\.attention\.conv\..*Check the version: model=resgatv1_paper or model=resgatv2_paper"
    )
    with pytest.raises(CheckpointError, match=expected):
        build_small(asked, released_file(released))


def test_a_truncated_file_is_refused(released_file: Callable[[str], Path]) -> None:
    path = released_file("v1")
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(CheckpointError, match=r"v1\.pth is truncated or no weights file"):
        build_small("v1", path)


def test_a_pickle_with_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "whole_model.pth"
    torch.save(nn.Linear(2, 1), path)
    with pytest.raises(CheckpointError, match="not loaded, because a pickle can run code"):
        build_small("v1", path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnavailableError, match="weights file not found"):
        build_small("v1", tmp_path / "nowhere.pth")
