"""How fast each epoch trained, and how much memory that took."""

from __future__ import annotations

import resource
import sys
import time
from typing import Any

import pytorch_lightning as pl
import torch

from resgat.types import FaceBatch

_GIB = 2**30


class SpeedLog(pl.Callback):
    """Log images per second and peak memory of each training epoch.

    ``train/faces_per_s``: of all processes together, loading included, validation not.
    ``train/peak_gib``: of the process that took most since it began, on the accelerator where it
    has one.
    """

    def __init__(self) -> None:
        self._began_s = self._ended_s = 0.0
        self._num_faces = 0

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self._began_s = time.monotonic()
        self._num_faces = 0

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
        self._ended_s = time.monotonic()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log both."""
        speed = self._num_faces / (self._ended_s - self._began_s)
        pl_module.log("train/faces_per_s", speed, sync_dist=True, reduce_fx="sum")
        peak = peak_memory_gib(pl_module.device)
        pl_module.log("train/peak_gib", peak, sync_dist=True, reduce_fx="max")


def peak_memory_gib(device: torch.device) -> float:
    """Return the most memory that a device has given this process; for a CPU, of all it holds."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / _GIB
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _GIB
