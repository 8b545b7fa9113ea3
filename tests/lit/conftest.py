"""A detector small enough to be trained in a test, and batches for it."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from resgat.lit.detector import DetectorModule
from resgat.lit.schedules import cosine
from resgat.losses.classification import BceLoss
from resgat.types import FaceBatch

NUM_BATCHES, BATCH = 4, 4


class TinyNet(nn.Module):
    """Pools the image; dropout, so that the random numbers of a training step matter."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(12, 8)
        self.norm = nn.BatchNorm1d(8)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(8, 1)

    def forward(self, image: Tensor) -> Tensor:
        pooled = nn.functional.adaptive_avg_pool2d(image, 2).flatten(1)
        logit: Tensor = self.fc(self.dropout(self.norm(self.hidden(pooled))))[:, 0]
        return logit


def make_batches() -> list[FaceBatch]:
    generator = torch.Generator().manual_seed(0)
    batches = []
    for number in range(NUM_BATCHES):
        row = torch.arange(number * BATCH, (number + 1) * BATCH)
        label = (row % 2).float()
        image = torch.randn(BATCH, 3, 8, 8, generator=generator) + label.view(-1, 1, 1, 1)
        batches.append(FaceBatch(image, label, row, row // 2 % 4 + 10 * (row % 2)))
    return batches


@pytest.fixture
def batches() -> list[FaceBatch]:
    """Four batches of four crops; every other crop is fake, two crops make a video."""
    return make_batches()


@pytest.fixture
def loader(batches: list[FaceBatch]) -> Any:
    return DataLoader(batches, batch_size=None)  # type: ignore[arg-type]


@pytest.fixture
def make_module() -> Callable[..., DetectorModule]:
    """Build a module with the same weights each time; keywords replace its parts."""

    def make(**parts: Any) -> DetectorModule:
        torch.manual_seed(0)
        settings: dict[str, Any] = {
            "net": TinyNet(),
            "loss": BceLoss(),
            "optimizer": lambda params: torch.optim.AdamW(params, lr=0.05, weight_decay=0.1),
            "schedule": cosine,
            "seed": 3,
            "facts": {"schema": 1, "config": {"model": {"dim": 8}}, "crop_spec": "spec0"},
        }
        return DetectorModule(**{**settings, **parts})

    return make
