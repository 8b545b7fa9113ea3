"""Maps against the masks of drawn fakes: the truth itself scores full marks."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from resgat.data.corpora.synthetic import SyntheticFaces
from resgat.data.index import CropIndex
from resgat.data.transforms import eval_transform
from resgat.data.truth import load_mask
from resgat.explain.localise import node_truth
from resgat.graph.grid import GridGraph
from resgat.models.additive_head import AdditiveHead
from resgat.models.resgat import ResGAT
from resgat.models.trunk import ResNetTrunk
from resgat.report.evidence import measure_evidence, node_maps
from resgat.types import Evidence

CONTROLS = {"random", "random_smooth", "center", "uniform", "oracle"}
OWN = {"attention", "readout", "contribution"}
SIDE_PX = 48


@pytest.fixture(scope="module")
def test_split(drawn_crops: Path) -> CropIndex:
    return CropIndex.read(drawn_crops).select("test")


@pytest.fixture(scope="module")
def net() -> ResGAT:
    torch.manual_seed(0)
    return ResGAT(ResNetTrunk("resnet18", last="layer2"), GridGraph(8), partial(AdditiveHead))


class Knowing(nn.Module):
    """Contributes the true share of each cell, image after image."""

    def __init__(self, truth: Tensor, *, is_additive: bool = True) -> None:
        super().__init__()
        self.truth, self.seen, self.is_additive = truth, 0, is_additive

    def forward(self, image: Tensor, *, return_evidence: bool) -> Evidence:
        shares = self.truth[self.seen : self.seen + len(image)]
        self.seen += len(image)
        contribution = shares if self.is_additive else None
        nodes = torch.zeros(*shares.shape, 1)
        return Evidence(shares.sum(1), torch.zeros(len(image)), nodes, (6, 6), contribution)


def measure(net: nn.Module, index: CropIndex, **settings: Any) -> dict[str, Any]:
    transform = eval_transform(SIDE_PX)
    chosen = {"size_px": SIDE_PX, "reference": None, "device": torch.device("cpu"), **settings}
    return measure_evidence(net, index, transform, **chosen)


def truth_of(index: CropIndex) -> Tensor:
    masks = [load_mask(index, position, SIDE_PX) for position in range(len(index))]
    return torch.stack([node_truth(torch.from_numpy(m), (6, 6)) for m in masks if m is not None])


def test_every_map_is_scored_on_every_fake_beside_the_controls(
    net: ResGAT, test_split: CropIndex
) -> None:
    found = measure(net, test_split, batch_size=3)
    assert found.keys() == OWN | CONTROLS | {"completeness_residual", "grid"}
    assert found["grid"] == [6, 6]
    assert {found[name]["n"] for name in OWN | CONTROLS} == {8}
    assert found["completeness_residual"] <= 1e-5
    assert found["oracle"]["auroc"] == found["oracle"]["hit"] == 1.0
    assert found["uniform"]["auroc"] == 0.5
    null = {"permuted_hit", "permuted_auroc", "beats_controls"}
    assert all(null <= found[name].keys() for name in OWN)
    assert not any(null & found[name].keys() for name in CONTROLS)


def test_the_size_of_the_batches_does_not_matter(net: ResGAT, test_split: CropIndex) -> None:
    small, large = (measure(net, test_split, batch_size=size) for size in (1, 32))
    assert small["contribution"]["auroc"] == pytest.approx(large["contribution"]["auroc"])


def test_each_map_is_paired_with_its_own_mask(test_split: CropIndex) -> None:
    truth = truth_of(test_split)
    found = measure(Knowing(truth), test_split, batch_size=3)
    assert found["contribution"]["auroc"] == found["contribution"]["hit"] == 1.0
    assert found["contribution"]["permuted_hit"] < 1.0
    assert found["contribution"]["permuted_auroc"] < 1.0
    shifted = measure(Knowing(truth.roll(3, 0)), test_split, batch_size=3)
    assert shifted["contribution"]["hit"] < 1.0


def test_only_a_map_that_follows_the_image_beats_the_controls(tmp_path: Path) -> None:
    pairs = {"train_pairs": 6, "val_pairs": 1, "test_pairs": 1}
    SyntheticFaces(size_px=48, frames_per_video=1, num_workers=1, **pairs).prepare(tmp_path)
    index = CropIndex.read(tmp_path)  # all splits, for the interval needs several groups
    truth = truth_of(index)
    told = measure(Knowing(truth), index)["contribution"]
    assert told["hit"] == 1.0
    assert told["beats_controls"]
    same = measure(Knowing(truth.mean(0).expand_as(truth)), index)["contribution"]
    assert same["permuted_hit"] == same["hit"]
    assert not same["beats_controls"]


def test_a_reference_adds_the_contrast(test_split: CropIndex) -> None:
    truth = truth_of(test_split)
    found = measure(Knowing(truth), test_split, reference=torch.zeros(36))
    assert found["contrast"] == found["contribution"]


def test_a_model_without_contributions_has_no_residual(test_split: CropIndex) -> None:
    net = Knowing(truth_of(test_split), is_additive=False)
    found = measure(net, test_split, reference=torch.zeros(36))
    assert found["completeness_residual"] is None
    assert found.keys() == CONTROLS | {"completeness_residual", "grid"}


def test_without_masks_the_reason_is_given(net: ResGAT, test_split: CropIndex) -> None:
    real = test_split.where(np.asarray(test_split.labels == 0))
    assert measure(net, real) == {
        "reason": "no crop of this split has a mask of its altered pixels"
    }


def test_maps_that_a_model_does_not_have_are_none() -> None:
    bare = Evidence(torch.zeros(1), torch.zeros(1), torch.zeros(1, 4, 2), (2, 2))
    views = node_maps(torch.zeros(4))
    assert {name: view(bare) for name, view in views.items()} == dict.fromkeys(views)
