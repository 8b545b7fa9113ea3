"""After the test: a picture of which part of each face decided."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from resgat.callbacks.media import log_figures, log_table
from resgat.checks import check_range
from resgat.data.datamodule import CropDataModule
from resgat.data.dataset import CropDataset, collate
from resgat.data.index import CropIndex
from resgat.data.truth import load_landmarks, load_mask
from resgat.explain.footprint import node_to_pixel
from resgat.explain.regions import region_masks, region_shares
from resgat.explain.render import GalleryItem, gallery_figure, item_figure
from resgat.lit.detector import DetectorModule
from resgat.lit.evidence import Precision, collect_evidence
from resgat.report.evidence import node_maps
from resgat.report.plots import save_figure
from resgat.types import Evidence

DIR_NAME = "gallery"
_NO_THRESHOLD = 0.5  # where val had one class only


class Gallery(pl.Callback):
    """Draw a few test faces with attention, contribution, contrast, true mask and regions.

    The faces are spread evenly over the manipulation methods and the real videos, and chosen before
    anything is known about them. Written to ``gallery/`` in the run folder and sent to the loggers.

    Args:
        num_faces: How many.
    """

    def __init__(self, num_faces: int = 8) -> None:
        check_range("num_faces", num_faces, low=1)
        self.num_faces = num_faces

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draw the gallery."""
        datamodule = trainer.datamodule  # type: ignore[attr-defined]
        if not trainer.is_global_zero or not isinstance(pl_module, DetectorModule):
            return
        index = datamodule.index.select(datamodule.test_split)
        chosen = index.where(_spread_over_methods(index, self.num_faces))
        items = draw_items(
            pl_module.net,
            chosen,
            datamodule,
            pl_module.facts,
            pl_module.device,
            trainer.precision_plugin.forward_context,
        )
        threshold = pl_module.facts["thresholds"]["frame"]
        threshold_prob = _NO_THRESHOLD if threshold is None else threshold
        figure = gallery_figure(items, threshold_prob=threshold_prob)
        folder = Path(trainer.default_root_dir) / DIR_NAME
        save_figure(figure, folder / "gallery.png")
        singles = [item_figure(item, threshold_prob=threshold_prob) for item in items]
        for number, single in enumerate(singles):
            save_figure(single, folder / f"face_{number:02d}.png")
        log_figures(trainer, {"gallery": figure})
        log_table(
            trainer,
            "gallery_table",
            ("crop_id", "method", "label", "prob", "evidence"),
            [
                (item.crop_id, item.method, item.label, item.prob, single)
                for item, single in zip(items, singles, strict=True)
            ],
        )


def draw_items(
    net: nn.Module,
    index: CropIndex,
    datamodule: CropDataModule,
    facts: dict[str, Any],
    device: torch.device,
    precision: Precision = nullcontext,
) -> list[GalleryItem]:
    """Collect what the gallery shows of every crop of an index."""
    dataset = CropDataset(index, datamodule.eval_transform, seed=0)
    batch = collate([dataset[position, 0] for position in range(len(index))])
    ((_, evidence),) = collect_evidence(net, [batch], device, precision)
    size_px = datamodule.size_px
    heats = {
        name: None if values is None else node_to_pixel(values, evidence.grid, size_px)
        for name, view in node_maps(facts.get("reference")).items()
        for values in [view(evidence)]
    }
    return [_item(index, position, evidence, heats, size_px) for position in range(len(index))]


def _item(
    index: CropIndex,
    position: int,
    evidence: Evidence,
    heats: dict[str, Tensor | None],
    size_px: int,
) -> GalleryItem:
    row = index.row(position)
    own = {k: None if v is None else v[position].numpy() for k, v in heats.items()}
    points = load_landmarks(index, position, size_px)
    regions = region_masks(None if points is None else torch.from_numpy(points), size_px)
    shown = heats["contribution"]
    empty = torch.zeros(size_px, size_px)
    density = region_shares(empty if shown is None else shown[position], regions).density
    return GalleryItem(
        image=_display(index, position, size_px),
        label=int(row["label"]),
        prob=float(torch.sigmoid(evidence.logit[position])),
        method=row["method"],
        crop_id=row["crop_id"],
        attention=own["attention"],
        contribution=own["contribution"],
        contrast=own["contrast"],
        mask=load_mask(index, position, size_px),
        region_density=density.numpy(),
    )


def _display(index: CropIndex, position: int, size_px: int) -> NDArray[np.uint8]:
    image = index.read_image(position)
    if image.shape[:2] == (size_px, size_px):
        return image
    return np.asarray(cv2.resize(image, (size_px, size_px), interpolation=cv2.INTER_AREA), np.uint8)


def _spread_over_methods(index: CropIndex, wanted: int) -> NDArray[np.bool_]:
    """Take turns over the methods; within a method, evenly over its crops."""
    methods = np.asarray(index.column("method").to_pylist())
    names = sorted(set(methods), key=lambda name: (name != "original", name))
    mask = np.zeros(len(index), np.bool_)
    for place, name in enumerate(names):
        quota = wanted // len(names) + (place < wanted % len(names))
        rows = np.flatnonzero(methods == name)
        mask[rows[np.linspace(0, len(rows), quota, endpoint=False, dtype=np.int64)]] = True
    return mask
