"""What a detector says of single faces, made ready to be drawn."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from resgat.data.datamodule import CropDataModule
from resgat.data.dataset import CropDataset, collate
from resgat.data.index import CropIndex
from resgat.data.truth import load_landmarks, load_mask
from resgat.explain.footprint import node_to_pixel
from resgat.explain.item import GalleryItem
from resgat.explain.regions import region_masks, region_shares
from resgat.lit.evidence import Precision, collect_evidence
from resgat.report.evidence import node_maps
from resgat.types import Evidence


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
