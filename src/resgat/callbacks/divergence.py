"""Stop at the first loss that is no finite number, and keep the batch that caused it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from resgat.data.datamodule import CropDataModule
from resgat.errors import TrainingDivergedError
from resgat.files import write_json
from resgat.types import FaceBatch

FILE_NAME = "diverged.json"


class DivergenceGuard(pl.Callback):
    """Refuse to go on after a loss that is NaN or infinite.

    The batch's crop ids, with epoch, step and loss, are in ``diverged.json`` in the run folder.

    Raises:
        TrainingDivergedError: The loss of a training step is not finite.
    """

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: FaceBatch,
        batch_idx: int,
    ) -> None:
        """Check the step that was just taken."""
        loss = float(outputs["loss"] if isinstance(outputs, Mapping) else outputs)
        if math.isfinite(loss):
            return
        path = Path(trainer.default_root_dir) / FILE_NAME
        crop_ids = _crop_ids(trainer, batch)
        write_json(
            path,
            {
                "loss": str(loss),
                "epoch": trainer.current_epoch,
                "step": trainer.global_step,
                "crop_ids": crop_ids,
            },
        )
        msg = (
            f"the loss is {loss} in epoch {trainer.current_epoch + 1}, step {trainer.global_step}; "
            f"the batch's {len(crop_ids)} crop ids are in {path}. Lower optimizer.lr, or use "
            "trainer.precision=32-true; a finished epoch would be in checkpoints/last.ckpt"
        )
        raise TrainingDivergedError(msg)


def _crop_ids(trainer: pl.Trainer, batch: FaceBatch) -> list[str]:
    datamodule = trainer.datamodule  # type: ignore[attr-defined]
    if not isinstance(datamodule, CropDataModule):
        return [f"row {row}" for row in batch.row.tolist()]
    rows = batch.row.cpu().numpy()
    return list(datamodule.index.take(["crop_id"], rows)["crop_id"].to_pylist())
