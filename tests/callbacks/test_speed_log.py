"""Images per second and peak memory of each epoch, of all processes together."""

import mmap
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytorch_lightning as pl
import torch

from resgat.callbacks import speed_log
from resgat.callbacks.speed_log import SpeedLog, forget_peak, peak_memory_gib
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


@pytest.mark.parametrize("settings", [{}, {"val_check_interval": 1}])
def test_the_clock_stops_for_validation_and_with_the_last_batch(
    settings: dict[str, Any],
    make_module: Callable[..., DetectorModule],
    make_trainer: Callable[..., pl.Trainer],
    datamodule: CropDataModule,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]

    class Slow(pl.Callback):
        """A batch takes a second, and a validation a thousand."""

        def on_train_batch_start(self, *_: Any) -> None:
            now[0] += 1

        def on_validation_batch_start(self, *_: Any, **__: Any) -> None:
            now[0] += 1000

    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("resgat.callbacks.speed_log.time", clock)
    trainer = make_trainer(callbacks=[Slow(), SpeedLog()], max_epochs=1, **settings)
    trainer.fit(make_module(), datamodule)
    sizes = [len(batch.label) for batch in datamodule.train_dataloader()]
    assert now[0] >= 1000
    assert len(sizes) > 1
    assert float(trainer.callback_metrics["train/faces_per_s"]) == sum(sizes) / len(sizes)


def test_peak_memory_is_what_was_held_since_it_was_forgotten() -> None:
    cpu = torch.device("cpu")

    def hold(size: int) -> None:
        """Hold memory that goes back to the system, whatever malloc keeps."""
        with mmap.mmap(-1, size) as block:
            for page in range(0, size, mmap.PAGESIZE):
                block[page] = 1

    hold(2**30)
    assert peak_memory_gib(cpu) >= 1
    forget_peak(cpu)
    before = peak_memory_gib(cpu)
    hold(2**28)
    assert before + 0.2 < peak_memory_gib(cpu) < before + 0.5


def test_a_system_without_proc_answers_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(speed_log, "_STATUS", tmp_path / "none")
    monkeypatch.setattr(speed_log, "_CLEAR", tmp_path / "none" / "none")
    forget_peak(torch.device("cpu"))
    assert peak_memory_gib(torch.device("cpu")) > 0.05
