from collections.abc import Callable

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor

from resgat.callbacks.evidence_log import EvidenceLog, evidence_numbers
from resgat.data.datamodule import CropDataModule
from resgat.errors import ConfigError
from resgat.lit.detector import DetectorModule
from resgat.types import Evidence


def evidence(contribution: Tensor | None) -> Evidence:
    num = 1 if contribution is None else len(contribution)
    constant = torch.full((num,), -1.0)
    logit = constant if contribution is None else constant + contribution.sum(1)
    return Evidence(logit, constant, torch.zeros(num, 4, 2), (2, 2), contribution)


MASKS = torch.zeros(2, 4, 4, dtype=torch.bool)
MASKS[0, :2, :2] = True  # node 0
MASKS[1, 2:, 2:] = True  # node 3
HERE = torch.tensor([[0.9, 0.1, 0.2, 0.3], [0.5, 0.4, 0.3, 0.2]])


def test_the_numbers_by_hand() -> None:
    """Of two faces one points at its altered node; the mirror image of each says the same."""
    mirrored = HERE[:, [1, 0, 3, 2]]
    found = evidence_numbers(evidence(HERE), evidence(mirrored), MASKS)
    assert found["hit"] == 0.5
    assert found["flip_rho"] == pytest.approx(1)
    assert found["residual"] < 1e-6


def test_a_model_that_does_not_mirror_is_told_from_one_that_does() -> None:
    found = evidence_numbers(evidence(HERE), evidence(HERE), MASKS)
    assert found["flip_rho"] < 0.5


def test_a_face_whose_contributions_say_nothing_counts_as_chance() -> None:
    """One face mirrors perfectly, 1; the other is flat, 0."""
    one = torch.stack([HERE[0], torch.ones(4)])
    mirrored = one[:, [1, 0, 3, 2]]
    found = evidence_numbers(evidence(one), evidence(mirrored), MASKS)
    assert found["flip_rho"] == pytest.approx(0.5)


def test_what_is_undefined_is_not_logged() -> None:
    assert evidence_numbers(evidence(None), evidence(None), MASKS[:1]) == {}


def test_there_must_be_a_face() -> None:
    with pytest.raises(ConfigError, match="num_faces: expected a number in"):
        EvidenceLog(num_faces=0)


def test_every_validation_epoch_has_its_numbers_and_the_network_is_left_alone(
    make_module: Callable[..., DetectorModule],
    datamodule: CropDataModule,
    make_trainer: Callable[..., pl.Trainer],
) -> None:
    module = make_module()
    trainer = make_trainer(callbacks=[EvidenceLog(num_faces=3)])
    before = {name: value.clone() for name, value in module.state_dict().items()}
    trainer.validate(module, datamodule, verbose=False)
    found = trainer.callback_metrics
    assert {"val/xai_hit", "val/xai_flip_rho", "val/xai_residual"} <= found.keys()
    assert 0 <= found["val/xai_hit"] <= 1
    assert found["val/xai_residual"] < 1e-4
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_without_masks_nothing_is_logged(
    make_module: Callable[..., DetectorModule],
    datamodule: CropDataModule,
    make_trainer: Callable[..., pl.Trainer],
) -> None:
    datamodule.index = datamodule.index.where(datamodule.index.labels == 0)
    trainer = make_trainer(callbacks=[EvidenceLog(num_faces=3)])
    trainer.validate(make_module(), datamodule, verbose=False)
    assert not [name for name in trainer.callback_metrics if "xai" in name]
