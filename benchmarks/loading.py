"""Reading and augmenting crops for training, next to plain ways to do so."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import albumentations as A
import cv2
import numpy as np
from albumentations.pytorch import ToTensorV2
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from benchmarks.networks import section
from benchmarks.paired import Sides, Work
from resgat.data.datamodule import CropDataModule
from resgat.data.transforms import train_transform
from resgat.run.instantiate import build

SIZE_PX, BATCH_SIZE, NUM_WORKERS = 224, 32, 2

_CROPS = (
    "data=synthetic",
    "data.corpus.train_pairs=6",  # 288 crops
    "data.corpus.val_pairs=1",
    "data.corpus.test_pairs=1",
    "data.balanced=false",  # every crop once, as the control reads it
    f"data.batch_size={BATCH_SIZE}",
    f"data.num_workers={NUM_WORKERS}",
    f"data.size_px={SIZE_PX}",
)


def crops(folder: Path, *overrides: str, stored_px: int = SIZE_PX) -> CropDataModule:
    """Return a DataModule of stored crops, which are drawn if they are not there.

    Args:
        folder: Of all crops that benchmarks draw.
        overrides: Of ``conf/data``.
        stored_px: Side of the stored crops; those in a batch have 224 px.
    """
    where = f"data.crops_dir={folder / f'stored_{stored_px}px'}"
    stored = f"data.corpus.size_px={stored_px}"
    data: CropDataModule = build(section("data", *_CROPS, stored, where, *overrides))
    data.prepare_data()
    data.setup()
    return data


def decode_sides(folder: Path) -> Sides:
    """Compare an epoch of training batches, in one process, with decoding its crops."""
    data = crops(folder, "data.num_workers=0")
    paths = _train_paths(data)

    def decode() -> None:
        for path in paths:
            cv2.imread(path)

    return Sides(_epoch(data.train_dataloader()), decode)


def plain_sides(folder: Path, *, stored_px: int, decoded: bool) -> Sides:
    """Compare an epoch with one as one would write it in an hour, with as many workers.

    Args:
        folder: Of all crops that benchmarks draw.
        stored_px: Side of the stored crops.
        decoded: Whether ours are decoded once (``data.decoded_dir``).
    """
    how = [f"data.decoded_dir={folder / 'decoded'}"] if decoded else []
    data = crops(folder, *how, stored_px=stored_px)
    plain = DataLoader(
        _PlainCrops(_train_paths(data)),
        batch_size=BATCH_SIZE,
        shuffle=True,
        num_workers=NUM_WORKERS,
        persistent_workers=True,
        drop_last=True,
    )
    return Sides(_epoch(data.train_dataloader()), _epoch(plain))


class _PlainCrops(Dataset[tuple[Tensor, int]]):
    """``cv2.imread`` and the same pipeline."""

    def __init__(self, paths: list[str]) -> None:
        self.paths = paths
        steps = train_transform(SIZE_PX).pipeline.transforms
        self.pipeline = A.Compose([*steps, A.Normalize(), ToTensorV2()])

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, position: int) -> tuple[Tensor, int]:
        image = cv2.cvtColor(np.asarray(cv2.imread(self.paths[position])), cv2.COLOR_BGR2RGB)
        return self.pipeline(image=image)["image"], position % 2


def _train_paths(data: CropDataModule) -> list[str]:
    train = data.index.select(data.train_split)
    return [train.store.name(train.path(position)) for position in range(len(train))]


def _epoch(loader: Iterable[object]) -> Work:
    def load() -> None:
        for _ in loader:
            pass

    return load
