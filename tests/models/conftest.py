"""Small networks and feature maps."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from resgat.graph.grid import GridGraph
from resgat.models.additive_head import AdditiveHead
from resgat.models.mean_head import MeanHead
from resgat.models.resgat import ResGAT
from resgat.models.trunk import ResNetTrunk

CHANNELS = {"layer2": 6, "layer3": 10}
CELLS_OF_LAYER2: dict[str, Any] = {"level": "layer2", "pool": 1, "value_levels": ("layer2",)}


@pytest.fixture
def channels() -> dict[str, int]:
    return dict(CHANNELS)


@pytest.fixture
def maps() -> dict[str, Tensor]:
    """Feature maps of three images; a cell of layer3 lies over four of layer2."""
    generator = torch.Generator().manual_seed(1)
    return {
        "layer2": torch.randn(3, 6, 4, 6, generator=generator),
        "layer3": torch.randn(3, 10, 2, 3, generator=generator),
    }


@pytest.fixture
def images() -> Tensor:
    return torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(2))


class Relabelled:
    """The grid's edges after node ``order[i]`` was moved to place ``i``."""

    def __init__(self, order: Tensor) -> None:
        self.place = order.argsort()

    def __call__(self, batch: int, height: int, width: int, device: object = "cpu") -> Tensor:
        edges = GridGraph(8)(batch, height, width, device)
        num_nodes = height * width
        return self.place[edges % num_nodes] + edges // num_nodes * num_nodes


@pytest.fixture
def relabelled() -> type[Relabelled]:
    """The graph builder for nodes in another order: call it with the order."""
    return Relabelled


def build_head(name: str, channels: Mapping[str, int], **settings: Any) -> nn.Module:
    """Build the head that ``name``, such as "additive v2", describes."""
    kind, version = name.split()
    if kind == "mean":
        return MeanHead(channels, version=version, level="layer2", dim=5, heads=3, **settings)
    return AdditiveHead(
        channels, version=version, heads=3, dim=4, gate_dim=7, **{**CELLS_OF_LAYER2, **settings}
    )


@pytest.fixture(params=["additive v1", "additive v2", "mean v1", "mean v2"])
def head_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make_head(head_name: str) -> Callable[..., nn.Module]:
    """Build each head over layer2 in turn; keywords go to the head."""
    return partial(build_head, head_name)


@pytest.fixture
def make_resgat(head_name: str) -> Callable[..., ResGAT]:
    """Build a small ResGAT with each head in turn, always with the same weights."""

    def make(seed: int = 0) -> ResGAT:
        torch.manual_seed(seed)
        head = partial(build_head, head_name)
        return ResGAT(ResNetTrunk("resnet18", last="layer2"), GridGraph(8), head)

    return make
