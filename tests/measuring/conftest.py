"""Planted crops, and a detector that is told the truth."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from resgat.data.index import CropIndex
from resgat.data.planted.table import read_planted
from resgat.explain.probe import Probe
from resgat.measuring.faces import FaceLoader
from resgat.measuring.subjects import Subjects, planted_subjects
from resgat.types import Evidence
from tests.data.planted.conftest import SIDE_PX, no_processes, planted_crops

__all__ = ["no_processes", "planted_crops"]


@pytest.fixture(scope="session")
def test_index(planted_crops: Path) -> CropIndex:
    return CropIndex.read(planted_crops).select("test")


@pytest.fixture(scope="session")
def subjects(test_index: CropIndex, planted_crops: Path) -> Subjects:
    return planted_subjects(test_index, read_planted(planted_crops))


@pytest.fixture(scope="session")
def loader() -> FaceLoader:
    return FaceLoader(SIDE_PX, seed=0)


class Brightness(nn.Module):
    """Logit: ten times the mean of the pixels of the crop's left half less that of the right."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(10.0))

    def forward(self, image: Tensor, *, return_evidence: bool = False) -> Any:
        evidence = self.decide(self.features(image))
        return evidence if return_evidence else evidence.logit

    def features(self, image: Tensor) -> dict[str, Tensor]:
        return {"map": image}

    def decide(self, maps: dict[str, Tensor]) -> Evidence:
        cells = nn.functional.adaptive_avg_pool2d(maps["map"].mean(1, keepdim=True), 4)
        share = cells.flatten(1) * self.scale / 8
        sign = torch.tensor([1.0, 1.0, -1.0, -1.0]).repeat(4)
        contribution = share * sign
        constant = torch.zeros(len(share))
        return Evidence(
            contribution.sum(1), constant, cells.flatten(2).transpose(1, 2), (4, 4), contribution
        )


@pytest.fixture
def probe() -> Probe:
    return Probe(Brightness(), mean=[0.0] * 3, std=[1.0] * 3)
