"""One line per epoch in the run's log, whether or not a progress bar is shown."""

from __future__ import annotations

import logging
import time

import pytorch_lightning as pl

logger = logging.getLogger(__name__)


class EpochLog(pl.Callback):
    """Log each epoch's numbers and duration."""

    def __init__(self) -> None:
        self._started = 0.0

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self._started = time.monotonic()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log what was measured in the epoch."""
        if not trainer.is_global_zero:
            return
        numbers = "  ".join(
            f"{name} {float(value):.4f}" for name, value in sorted(trainer.callback_metrics.items())
        )
        seconds = time.monotonic() - self._started
        logger.info(
            "epoch %d/%d  %s  %.0f s",
            trainer.current_epoch + 1,
            trainer.max_epochs,
            numbers,
            seconds,
        )
