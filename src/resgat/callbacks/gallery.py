"""After the test: a picture of which part of each face decided."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytorch_lightning as pl
from numpy.typing import NDArray

from resgat.callbacks.media import log_figures, log_table
from resgat.checks import check_range
from resgat.data.index import CropIndex
from resgat.explain.item import GalleryItem
from resgat.explain.render import gallery_figure, item_figure
from resgat.lit.detector import DetectorModule
from resgat.report.faces import draw_items
from resgat.report.plots import save_figure

DIR_NAME = "gallery"


class Gallery(pl.Callback):
    """Draw a few test faces with attention, contribution, contrast, true mask and regions.

    The faces are spread evenly over the manipulation methods and the real videos, and chosen before
    anything is known about them. Each is called real or fake at val's threshold, which the page
    names; where val held one class only there is none, and no face is called anything. Written to
    ``gallery/`` in the run folder and sent to the loggers.

    Args:
        num_faces: How many.
    """

    def __init__(self, num_faces: int = 8) -> None:
        check_range("num_faces", num_faces, low=1)
        self.num_faces = num_faces
        #: The faces of the last test, for the page.
        self.items: list[GalleryItem] = []

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draw the gallery."""
        datamodule = trainer.datamodule  # type: ignore[attr-defined]
        if not trainer.is_global_zero or not isinstance(pl_module, DetectorModule):
            return
        index = datamodule.index.select(datamodule.test_split)
        chosen = index.where(_spread_over_methods(index, self.num_faces))
        self.items = items = draw_items(
            pl_module.net,
            chosen,
            datamodule,
            pl_module.facts,
            pl_module.device,
            trainer.precision_plugin.forward_context,
        )
        threshold_prob = pl_module.facts["thresholds"]["frame"]
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
