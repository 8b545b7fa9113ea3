"""Images per second and peak memory of each epoch, of all processes together."""

import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import torch

from resgat.callbacks.speed_log import SpeedLog, peak_memory_gib
from resgat.data.datamodule import CropDataModule
from resgat.lit.detector import DetectorModule


def test_an_epoch_logs_its_speed_and_its_memory(
    make_module: Callable[..., DetectorModule],
    make_trainer: Callable[..., pl.Trainer],
    datamodule: CropDataModule,
) -> None:
    began = time.monotonic()
    trainer = make_trainer(callbacks=[SpeedLog()], max_epochs=1)
    trainer.fit(make_module(), datamodule)
    speed = float(trainer.callback_metrics["train/faces_per_s"])
    num_faces = sum(len(batch.label) for batch in datamodule.train_dataloader())
    assert speed > num_faces / (time.monotonic() - began)
    assert 0.05 < float(trainer.callback_metrics["train/peak_gib"]) < 100


def test_the_clock_stops_with_the_last_batch(
    make_module: Callable[..., DetectorModule],
    make_trainer: Callable[..., pl.Trainer],
    datamodule: CropDataModule,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticks = iter(range(1000))
    clock = SimpleNamespace(monotonic=lambda: float(next(ticks)))
    monkeypatch.setattr("resgat.callbacks.speed_log.time", clock)
    trainer = make_trainer(callbacks=[SpeedLog()], max_epochs=1)
    trainer.fit(make_module(), datamodule)
    num_batches = len(datamodule.train_dataloader())
    num_faces = sum(len(batch.label) for batch in datamodule.train_dataloader())
    # One tick at the start and one for each batch, so as many seconds as batches.
    assert float(trainer.callback_metrics["train/faces_per_s"]) == num_faces / num_batches


def test_peak_memory_counts_what_was_held() -> None:
    before = peak_memory_gib(torch.device("cpu"))
    held = torch.ones(2**27)  # half a GiB
    after = peak_memory_gib(torch.device("cpu"))
    assert after >= before
    assert after >= held.nbytes / 2**30
