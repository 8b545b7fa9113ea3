"""How fast each epoch trained, and how much memory that took."""

from __future__ import annotations

import re
import resource
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

from resgat.types import FaceBatch

#: What is logged, and differs each time that the same training runs.
SPEED, PEAK = "train/faces_per_s", "train/peak_gib"

_GIB = 2**30
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class SpeedLog(pl.Callback):
    """Log images per second and peak memory of each training epoch.

    ``train/faces_per_s``: of all processes together, loading included, validation not.
    ``train/peak_gib``: of the process that took most since its fit began, on the GPU where it has
    one, else all that the process holds.
    """

    def __init__(self) -> None:
        self._began_s = self._paused_s = self._pauses_s = self._spent_s = 0.0
        self._num_faces = 0

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Forget what earlier work in this process took."""
        forget_peak(pl_module.device)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self._began_s = time.monotonic()
        self._pauses_s = self._spent_s = 0.0
        self._num_faces = 0

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop the clock."""
        self._paused_s = time.monotonic()

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Let the clock go on."""
        self._pauses_s += time.monotonic() - self._paused_s

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: FaceBatch,
        batch_idx: int,
    ) -> None:
        """Count the batch; whatever comes after the last one is not training."""
        self._num_faces += len(batch.label)
        self._spent_s = time.monotonic() - self._began_s - self._pauses_s

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log both."""
        speed = self._num_faces / self._spent_s
        pl_module.log(SPEED, speed, sync_dist=True, reduce_fx="sum")
        peak = peak_memory_gib(pl_module.device)
        pl_module.log(PEAK, peak, sync_dist=True, reduce_fx="max")


def forget_peak(device: torch.device) -> None:
    """Let the peak memory of this process begin anew, where the system can do that."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return
    with suppress(OSError):
        _CLEAR.write_text("5", encoding="ascii")


def peak_memory_gib(device: torch.device) -> float:
    """Return the most memory that this process has held on a GPU, or, for a CPU, at all."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device) / _GIB
    if _STATUS.is_file():  # what getrusage tells is also of the process that started this one
        found = re.search(r"^VmHWM:\s+(\d+) kB$", _STATUS.read_text("utf-8"), re.MULTILINE)
        if found:
            return int(found[1]) * 1024 / _GIB
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _GIB
