"""The LightningModule: one step for all stages, optimiser and schedule; all else arrives built."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from resgat.checks import check_range
from resgat.errors import TrainingDivergedError
from resgat.losses.evidence import EvidenceLoss
from resgat.metrics.detection import detection_metrics
from resgat.metrics.pooling import pool_videos
from resgat.metrics.predictions import Predictions, PredictionStore
from resgat.types import Evidence, FaceBatch


class OptimizerPartial(Protocol):
    """Parameter groups -> optimiser."""

    def __call__(self, params: Iterable[dict[str, Any]]) -> Optimizer:
        """Build the optimiser."""
        ...


class SchedulePartial(Protocol):
    """Optimiser and number of steps -> Lightning's scheduler configurations."""

    def __call__(self, optimizer: Optimizer, num_steps: int) -> list[dict[str, Any]]:
        """Build the schedules."""
        ...


class DetectorModule(pl.LightningModule):
    """Trains a detector and keeps every logit of a validation or test pass.

    Args:
        net: Images (B, 3, H, W) -> logits (B,).
        loss: Logits (B,), labels (B,) -> scalar.
        optimizer: Builds the optimiser from two parameter groups.
        schedule: Builds the learning-rate schedules.
        evidence_losses: Terms on the evidence by name, added to the loss in training.
        seed: Decides, with the epoch, what is random in a training step.
        facts: Plain values that travel in the checkpoint: configuration, crop spec, and later the
            thresholds and the reference evidence.
    """

    def __init__(
        self,
        net: nn.Module,
        loss: nn.Module,
        optimizer: OptimizerPartial,
        schedule: SchedulePartial,
        *,
        evidence_losses: Mapping[str, EvidenceLoss] = MappingProxyType({}),
        seed: int,
        facts: dict[str, Any],
    ) -> None:
        super().__init__()
        self.net = net
        self.loss = loss
        self.evidence_losses = evidence_losses
        self.optimizer_partial = optimizer
        self.schedule_partial = schedule
        self.seed = seed
        self.facts = facts
        self.val_store = PredictionStore()
        self.test_store = PredictionStore()
        self.predictions: Predictions | None = None

    @classmethod
    def for_testing(cls, net: nn.Module, facts: dict[str, Any]) -> DetectorModule:
        """Wrap a trained network that will not be trained further."""
        loss = nn.BCEWithLogitsLoss()
        return cls(net, loss, torch.optim.SGD, lambda *_: [], seed=0, facts=facts)

    def forward(self, image: Tensor) -> Tensor:
        """Return logits (B,)."""
        logit: Tensor = self.net(image)
        return logit

    def training_step(self, batch: FaceBatch, batch_idx: int) -> Tensor:
        """Return the mean loss of a batch."""
        if not self.evidence_losses:
            loss: Tensor = self.loss(self(batch.image).float(), batch.label)
        else:
            loss = self._loss_with_evidence(batch)
        self.log("train/loss", loss, prog_bar=True, batch_size=len(batch.label))
        return loss

    def _loss_with_evidence(self, batch: FaceBatch) -> Tensor:
        evidence: Evidence = self.net(batch.image, return_evidence=True)
        loss: Tensor = self.loss(evidence.logit.float(), batch.label)
        progress = self.global_step / self.trainer.estimated_stepping_batches
        for name, term in self.evidence_losses.items():
            value = term(evidence, batch, progress)
            self.log(f"train/{name}", value, batch_size=len(batch.label))
            loss = loss + value
        return loss

    def validation_step(self, batch: FaceBatch, batch_idx: int) -> None:
        """Keep the logits of a batch."""
        logit = self(batch.image).float()
        self.val_store.update(logit, batch.label, batch.row, batch.video_idx)

    def test_step(self, batch: FaceBatch, batch_idx: int) -> None:
        """Keep the logits of a batch."""
        logit = self(batch.image).float()
        self.test_store.update(logit, batch.label, batch.row, batch.video_idx)

    def on_train_batch_start(self, batch: FaceBatch, batch_idx: int) -> None:
        """Make a step's randomness its own, so that a resumed run repeats it.

        Seeding once an epoch is not enough: the loaders draw from the same generator, at another
        time in a resumed run.
        """
        step = (self.seed, self.current_epoch, batch_idx, self.global_rank)
        torch.manual_seed(int(np.random.SeedSequence(step).generate_state(1)[0]))

    def on_train_epoch_end(self) -> None:
        """Step the schedules that watch a metric; Lightning would do so after the checkpoint."""
        for config in self.trainer.lr_scheduler_configs:
            watched = self.trainer.callback_metrics.get(config.monitor or "")
            if isinstance(config.scheduler, ReduceLROnPlateau) and watched is not None:
                config.scheduler.step(watched)

    def lr_scheduler_step(self, scheduler: Any, metric: Any) -> None:
        """Step the schedules that watch no metric."""
        if metric is None:
            scheduler.step()

    def on_validation_epoch_end(self) -> None:
        """Log the numbers that select the best epoch, over the crops of all processes."""
        self.predictions = self._take(self.val_store)
        metrics = ranking_metrics(self.predictions)
        self.log_dict({f"val/{k}": v for k, v in metrics.items()}, prog_bar=True)
        # Lightning's mean over processes counts crops in whole numbers for each.
        logit, label = (
            torch.as_tensor(values, dtype=torch.float32, device=self.device)
            for values in (self.predictions.logit, self.predictions.label)
        )
        self.log("val/loss", self.loss(logit, label))

    def on_test_epoch_end(self) -> None:
        """Keep the predictions for whoever ran the test."""
        self.predictions = self._take(self.test_store)

    def configure_optimizers(self) -> Any:
        """Build the optimiser and its schedules over all steps of the run."""
        optimizer = self.optimizer_partial(decay_groups(self.net))
        num_steps = self.trainer.estimated_stepping_batches
        what = "trainer.max_epochs, trainer.limit_train_batches: training steps"
        check_range(what, num_steps, low=1, high=sys.maxsize)
        return [optimizer], self.schedule_partial(optimizer, int(num_steps))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Put the facts into the checkpoint, as plain containers."""
        checkpoint["resgat"] = self.facts

    @staticmethod
    def _take(store: PredictionStore) -> Predictions:
        predictions: Predictions = store.compute()
        store.reset()
        if not np.isfinite(predictions.logit).all():
            msg = (
                "the model's outputs are nan or infinite. Lower optimizer.lr, or use "
                "trainer.precision=32-true"
            )
            raise TrainingDivergedError(msg)
        return predictions


def ranking_metrics(predictions: Predictions) -> dict[str, float]:
    """Return frame and video AUC; NaN where one class is missing."""
    videos = pool_videos(predictions.logit, predictions.label, predictions.video_idx)
    return {
        "frame_auc": _auc(predictions.logit, predictions.label),
        "video_auc": _auc(videos.logit, videos.label),
    }


def _auc(logit: ArrayLike, label: ArrayLike) -> float:
    auc = detection_metrics(logit, label, threshold_prob=0.5)["auc"]
    return float("nan") if auc is None else float(auc)


def decay_groups(net: nn.Module) -> list[dict[str, Any]]:
    """Split parameters in two: weights, which decay, and biases, norms and gains, which do not.

    Example:
        >>> [len(group["params"]) for group in decay_groups(nn.Linear(2, 2))]
        [1, 1]
    """
    params = [p for p in net.parameters() if p.requires_grad]
    return [
        {"params": [p for p in params if p.dim() > 1]},
        {"params": [p for p in params if p.dim() <= 1], "weight_decay": 0.0},
    ]
