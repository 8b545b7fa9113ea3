"""Reading and augmenting crops for training, next to decoding the same files and nothing else."""

from __future__ import annotations

from pathlib import Path

import cv2

from benchmarks.networks import section
from benchmarks.paired import Sides
from resgat.data.datamodule import CropDataModule
from resgat.run.instantiate import build

_CROPS = (
    "data=synthetic",
    "data.corpus.size_px=224",
    "data.corpus.train_pairs=2",
    "data.corpus.val_pairs=1",
    "data.corpus.test_pairs=1",
    "data.corpus.frames_per_video=8",
    "data.balanced=false",  # every crop once, as the control decodes it
    "data.batch_size=16",
    "data.num_workers=0",  # what one process does; workers multiply it
)


def loader_sides(crops_dir: Path) -> Sides:
    """Compare one epoch of training batches with decoding its crops; draws them first."""
    data: CropDataModule = build(section("data", *_CROPS, f"data.crops_dir={crops_dir}"))
    data.prepare_data()
    data.setup()
    loader = data.train_dataloader()
    crops = data.index.select(data.train_split)
    paths = [crops.store.name(crops.path(position)) for position in range(len(crops))]

    def load() -> None:
        for _ in loader:
            pass

    def decode() -> None:
        for path in paths:
            cv2.imread(path)

    return Sides(load, decode)
