"""Which videos and faces of a judged split are shown: the hardest, the worst mistakes, a few."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytorch_lightning as pl

from resgat.callbacks.gallery import Gallery
from resgat.data.datamodule import CropDataModule
from resgat.explain.item import GalleryItem
from resgat.lit.detector import DetectorModule
from resgat.report.errors import worst_errors
from resgat.report.faces import draw_items

#: What a table of videos shows, and of how many.
VIDEO_COLUMNS = ("video_id", "method", "compression", "label", "prob", "num_frames")
_NUM_VIDEOS = 10_000
#: Worst false alarms drawn, and as many worst misses.
_NUM_ERRORS = 4


class Shown(NamedTuple):
    """What is shown.

    Attributes:
        videos: ``VIDEO_COLUMNS`` of each, those first whose probability is farthest from the truth.
        errors: The worst false alarms, then the worst misses.
        faces: Those of the gallery, which were chosen before anything was known about them.
    """

    videos: list[list[Any]]
    errors: list[GalleryItem]
    faces: list[GalleryItem]


def choose_shown(
    trainer: pl.Trainer,
    module: DetectorModule,
    datamodule: CropDataModule,
    frames: pa.Table,
    videos: pa.Table,
) -> Shown:
    """Choose and draw what is shown of the test split.

    Args:
        trainer: Which has just tested; with its gallery, if it has one.
        module: The network, its thresholds and its reference evidence.
        datamodule: The crops that were predicted.
        frames: As ``prediction_table`` returns them.
        videos: As ``video_table`` returns them.
    """
    galleries = [each for each in trainer.callbacks if isinstance(each, Gallery)]  # type: ignore[attr-defined]
    faces = [item for gallery in galleries for item in gallery.items]
    return Shown(_hardest(videos), _errors(trainer, module, datamodule, frames), faces)


def _hardest(videos: pa.Table) -> list[list[Any]]:
    error = np.abs(videos["prob"].to_numpy() - videos["label"].to_numpy())
    order = pa.array(np.argsort(-error, kind="stable")[:_NUM_VIDEOS])
    columns = videos.select(VIDEO_COLUMNS).take(order).to_pydict().values()
    return [list(row) for row in zip(*columns, strict=True)]


def _errors(
    trainer: pl.Trainer, module: DetectorModule, datamodule: CropDataModule, frames: pa.Table
) -> list[GalleryItem]:
    """Draw the worst mistakes with their evidence; none where val gave no threshold."""
    threshold_prob = module.facts["thresholds"]["frame"]
    if threshold_prob is None:
        return []
    worst = worst_errors(frames, threshold_prob, _NUM_ERRORS)
    wanted = [*worst.false_alarms, *worst.misses]
    if not wanted:
        return []
    index = datamodule.index.select(datamodule.test_split)
    is_wanted = pc.is_in(index.column("crop_id"), value_set=pa.array(wanted)).to_numpy()
    items = draw_items(
        module.net,
        index.where(is_wanted),
        datamodule,
        module.facts,
        module.device,
        trainer.precision_plugin.forward_context,
    )
    return sorted(items, key=lambda item: wanted.index(item.crop_id))
