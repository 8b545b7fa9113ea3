"""A small detector, the drawn faces as its data, and trainers that keep quiet."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch

from resgat.graph.grid import GridGraph
from resgat.lit.detector import DetectorModule
from resgat.lit.schedules import constant
from resgat.losses.classification import BceLoss
from resgat.models.additive_head import AdditiveHead
from resgat.models.resgat import ResGAT
from resgat.models.trunk import ResNetTrunk


@pytest.fixture
def make_module() -> Callable[..., DetectorModule]:
    """Build a small ResGAT's module; keywords replace its parts."""

    def make(**parts: Any) -> DetectorModule:
        torch.manual_seed(0)
        head = partial(AdditiveHead, level="layer1", pool=1, value_levels=("layer1",))
        settings: dict[str, Any] = {
            "net": ResGAT(ResNetTrunk("resnet18", last="layer1"), GridGraph(8), head),
            "loss": BceLoss(),
            "optimizer": partial(torch.optim.SGD, lr=0.01),
            "schedule": constant,
            "seed": 0,
            "facts": {"thresholds": {"frame": None}, "reference": torch.zeros(64)},
        }
        return DetectorModule(**{**settings, **parts})

    return make
