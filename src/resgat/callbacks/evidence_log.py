"""Three cheap numbers of the evidence in every validation epoch, to see it form while training."""

from __future__ import annotations

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor

from resgat.checks import check_range
from resgat.data.datamodule import CropDataModule
from resgat.data.dataset import CropDataset, collate
from resgat.data.index import CropIndex
from resgat.data.spread import spread
from resgat.data.truth import load_mask
from resgat.explain.contribution import completeness_residual
from resgat.explain.footprint import node_to_pixel
from resgat.explain.localise import hit, node_truth
from resgat.explain.metrics.agreement import spearman
from resgat.lit.detector import DetectorModule
from resgat.lit.evidence import collect_evidence
from resgat.types import Evidence, FaceBatch


class EvidenceLog(pl.Callback):
    """Log how good the contributions are, on a few masked fakes of the val split.

    ``val/xai_hit``: share of the fakes whose largest contribution lies on altered pixels.
    ``val/xai_flip_rho``: rank correlation between the contributions of a face and of its mirror
    image, mirrored back; 0, which is chance, where they say nothing. ``val/xai_residual``: how far
    the contributions miss the logit, at most. Nothing is logged of a model without contributions,
    or without masks. Two passes over the faces.

    Args:
        num_faces: How many, evenly spread over the split.

    Raises:
        ConfigError: ``num_faces`` is below one.
    """

    def __init__(self, num_faces: int = 64) -> None:
        check_range("num_faces", num_faces, low=1)
        self.num_faces = num_faces
        self._faces: tuple[FaceBatch, Tensor] | None = None

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Measure and log."""
        if not trainer.is_global_zero or not isinstance(pl_module, DetectorModule):
            return
        faces, masks = self._load(trainer.datamodule)  # type: ignore[attr-defined]
        if faces is None or trainer.sanity_checking:
            return
        mirrored = faces._replace(image=faces.image.flip(3))
        precision = trainer.precision_plugin.forward_context
        batches = [faces, mirrored]
        here, there = (
            evidence
            for _, evidence in collect_evidence(pl_module.net, batches, pl_module.device, precision)
        )
        for name, value in evidence_numbers(here, there, masks).items():
            pl_module.log(f"val/xai_{name}", value, rank_zero_only=True)

    def _load(self, datamodule: CropDataModule) -> tuple[FaceBatch | None, Tensor]:
        if self._faces is None:
            index = datamodule.index.select(datamodule.val_split)
            masked = np.flatnonzero(index.column("mask_path").is_valid().to_numpy())
            chosen = masked[spread(len(masked), self.num_faces)]
            if not len(chosen):
                return None, torch.empty(0)
            self._faces = _faces(index, chosen.tolist(), datamodule)
        return self._faces


def evidence_numbers(here: Evidence, there: Evidence, masks: Tensor) -> dict[str, float]:
    """Return the three numbers.

    Args:
        here: Of faces.
        there: Of the same, mirrored.
        masks: Their altered pixels.

    Shape:
        masks: (B, H, W) bool
    """
    if here.contribution is None or there.contribution is None:
        return {}
    size_px = masks.shape[-1]
    coverage = [node_truth(mask, here.grid) for mask in masks]
    hits = [hit(values, truth) for values, truth in zip(here.contribution, coverage, strict=True)]
    values = (here.contribution, there.contribution)
    maps = [node_to_pixel(contribution, here.grid, size_px) for contribution in values]
    rho = spearman(maps[0], maps[1].flip(2)).nan_to_num(nan=0.0)
    numbers = {
        "hit": float(np.mean(hits)),
        "flip_rho": float(rho.mean()),
        "residual": float(completeness_residual(here).max()),
    }
    return {name: value for name, value in numbers.items() if np.isfinite(value)}


def _faces(
    index: CropIndex, positions: list[int], datamodule: CropDataModule
) -> tuple[FaceBatch, Tensor]:
    dataset = CropDataset(index, datamodule.eval_transform, seed=0)
    batch = collate([dataset[position, 0] for position in positions])
    masks = [load_mask(index, position, datamodule.size_px) for position in positions]
    return batch, torch.stack([torch.from_numpy(mask) for mask in masks if mask is not None])
