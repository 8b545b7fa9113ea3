"""The first loss that is no number ends the run and leaves the batch that caused it."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from resgat.callbacks.divergence import DivergenceGuard
from resgat.data.datamodule import CropDataModule
from resgat.errors import TrainingDivergedError
from resgat.lit.detector import DetectorModule
from resgat.types import FaceBatch


class BreaksAtStep(nn.Module):
    """A loss that is NaN from its second call on, and remembers the labels of that call."""

    def __init__(self) -> None:
        super().__init__()
        self.labels: list[list[float]] = []

    def forward(self, logit: Tensor, label: Tensor) -> Tensor:
        self.labels.append(label.tolist())
        return logit.mean() * (1.0 if len(self.labels) < 2 else math.nan)


def test_the_run_ends_and_names_the_crops_of_the_batch(
    make_module: Callable[..., DetectorModule],
    make_trainer: Callable[..., pl.Trainer],
    datamodule: CropDataModule,
    tmp_path: Path,
) -> None:
    loss = BreaksAtStep()
    module = make_module(loss=loss)
    expected = (
        r"the loss is nan in epoch 1, step 2; the batch's 4 crop ids are in .*diverged\.json\. "
        r"Lower optimizer\.lr, or use trainer\.precision=32-true; .* checkpoints/last\.ckpt$"
    )
    with pytest.raises(TrainingDivergedError, match=expected):
        make_trainer(callbacks=[DivergenceGuard()]).fit(module, datamodule)
    found = json.loads((tmp_path / "diverged.json").read_text())
    assert found.keys() == {"loss", "epoch", "step", "crop_ids"}
    assert (found["loss"], found["epoch"], found["step"]) == ("nan", 0, 2)
    table = datamodule.index.take()
    labels = dict(zip(table["crop_id"].to_pylist(), table["label"].to_pylist(), strict=True))
    assert [labels[crop_id] for crop_id in found["crop_ids"]] == loss.labels[1]


def end_of_batch(outputs: Any, folder: Path) -> None:
    trainer: Any = SimpleNamespace(
        default_root_dir=str(folder), current_epoch=3, global_step=17, datamodule=None
    )
    module: Any = None
    batch = FaceBatch(torch.zeros(2, 3, 8, 8), torch.zeros(2), torch.tensor([5, 9]), torch.zeros(2))
    DivergenceGuard().on_train_batch_end(trainer, module, outputs, batch, 0)


@pytest.mark.parametrize("outputs", [torch.tensor(0.3), {"loss": torch.tensor(1e30)}])
def test_a_finite_loss_passes(outputs: Any, tmp_path: Path) -> None:
    end_of_batch(outputs, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_without_our_data_the_rows_are_named(loss: float, tmp_path: Path) -> None:
    with pytest.raises(TrainingDivergedError, match=f"the loss is {loss} in epoch 4, step 17"):
        end_of_batch({"loss": torch.tensor(loss)}, tmp_path)
    found = json.loads((tmp_path / "diverged.json").read_text())
    assert found == {"loss": str(loss), "epoch": 3, "step": 17, "crop_ids": ["row 5", "row 9"]}
