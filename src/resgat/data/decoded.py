"""Crops decoded and resized once, in one file on a fast disk: what epochs read in their place."""

from __future__ import annotations

import hashlib
import logging
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from resgat.data.index import CropIndex
from resgat.data.schema import INDEX_NAME
from resgat.data.spread import spread
from resgat.data.transforms import resized, resized_mask
from resgat.errors import CropReadError, StorageError
from resgat.files import file_sha256, sweep_unfinished, write_atomic
from resgat.holding import held
from resgat.progress import track

logger = logging.getLogger(__name__)

_FORMAT = 1  # raised when the file is laid out, or a crop resized, in another way
_NUM_COMPARED = 64
_BATCH = 64


class Crops(Protocol):
    """Crops and masks by position: an index, or what stands in for it."""

    def read_image(self, position: int) -> NDArray[np.uint8]:
        """Return a crop (H, W, 3).

        Raises:
            CropReadError: It cannot be read.
        """
        ...

    def read_mask(self, position: int) -> NDArray[np.bool_] | None:
        """Return a crop's mask (H, W), or None where there is none."""
        ...


@dataclass(frozen=True)
class DecodedCrops:
    """The crops of an index, each at the size that every pipeline begins with.

    Crops are what the index would give, resized, bit by bit. One that cannot be read has no place
    in the file and is left to the index, which says why. The file is opened for each read: there is
    nothing to share between processes, and nothing to reopen after a fork.

    Args:
        index: The crops.
        size_px: Side of the decoded crops.
        path: The file that :func:`decode_once` made of both.
    """

    index: CropIndex
    size_px: int
    path: Path

    def read_image(self, position: int) -> NDArray[np.uint8]:
        """Return a crop (size, size, 3).

        Raises:
            CropReadError: The crop cannot be read.
            StorageError: The file is no longer there, or no longer whole.
        """
        kind = _record(self.size_px)
        try:
            (record,) = np.fromfile(self.path, kind, count=1, offset=position * kind.itemsize)
        except (OSError, ValueError) as error:
            msg = f"{self.path}: was there when this run began and cannot be read; start it again"
            raise StorageError(msg) from error
        if not record["is_read"]:
            return resized(self.index.read_image(position), self.size_px)
        image: NDArray[np.uint8] = record["rgb"]
        return image

    def read_mask(self, position: int) -> NDArray[np.bool_] | None:
        """Return a crop's mask (size, size), or None; masks are decoded anew."""
        mask = self.index.read_mask(position)
        return None if mask is None else resized_mask(mask, self.size_px)


def decode_once(index: CropIndex, size_px: int, folder: Path, num_workers: int) -> DecodedCrops:
    """Decode the crops of an index into a file, or find the file of an earlier run.

    A file is named after the digest of the index, of which of its crops, and of the size. One that
    was found is compared with some of the crops as they are now, and made anew if they differ.

    Args:
        index: The crops, of a folder's ``index.parquet``.
        size_px: Side of the decoded crops.
        folder: Where the file lies; made if it is not there.
        num_workers: Processes that decode; 0 does so in this one.

    Raises:
        StorageError: The folder has too little room or cannot be written to.
    """
    path = folder / f"{_digest(index, size_px)}.crops"
    crops = DecodedCrops(index, size_px, path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Other runs, and other ranks, wait for the file.
        busy = f"another process decodes crops into {folder}; waiting for it"
        with held(folder / ".lock", busy, waits=True) as is_held:
            if not _is_up_to_date(crops):
                if is_held:  # else what is unfinished may be on its way
                    sweep_unfinished(folder)
                _check_room(folder, len(index) * _record(size_px).itemsize)
                write_atomic(path, partial(_fill, index, size_px, num_workers))
    except OSError as error:
        if isinstance(error, StorageError):
            raise
        msg = f"{folder}: cannot hold decoded crops ({error.strerror or error}); {_REMEDY}"
        raise StorageError(msg) from error
    return crops


_REMEDY = "give another folder as data.decoded_dir, or leave it out"


def _record(size_px: int) -> np.dtype[np.void]:
    return np.dtype([("is_read", np.bool_), ("rgb", np.uint8, (size_px, size_px, 3))])


def _digest(index: CropIndex, size_px: int) -> str:
    source = index.store.name(index.path(0))
    facts = (_FORMAT, size_px, source, file_sha256(index.crops_dir / INDEX_NAME))
    return hashlib.sha256(repr(facts).encode() + index.at.tobytes()).hexdigest()[:16]


def _is_up_to_date(crops: DecodedCrops) -> bool:
    """Tell whether there is a whole file, and whether crops spread over it are as they were."""
    size = len(crops.index) * _record(crops.size_px).itemsize
    if not crops.path.is_file() or crops.path.stat().st_size != size:
        return False
    for position in spread(len(crops.index), _NUM_COMPARED).tolist():
        now = _read(crops.index, crops.size_px, position)
        if now is not None and not np.array_equal(now, crops.read_image(position)):
            logger.info("%s: crops have changed since; decoded anew", crops.path)
            return False
    return True


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        gb = [f"{size / 1e9:.1f} GB" for size in (needed, free)]
        msg = f"{folder}: decoded crops take {gb[0]}, and {gb[1]} are free; make room, {_REMEDY}"
        raise StorageError(msg)


def _fill(index: CropIndex, size_px: int, num_workers: int, path: Path) -> None:
    loader: DataLoader[Tensor | None] = DataLoader(
        _Resized(index, size_px), batch_size=_BATCH, num_workers=num_workers, collate_fn=list
    )
    record = np.zeros((), _record(size_px))
    with path.open("wb") as file:  # no mapped memory: a full disk would end the process
        for batch in track(loader, "decoding crops once", len(loader)):
            for image in batch:
                record[()] = (False, 0) if image is None else (True, image.numpy())
                file.write(record.tobytes())


class _Resized(Dataset[Tensor | None]):
    def __init__(self, index: CropIndex, size_px: int) -> None:
        self.index, self.size_px = index, size_px

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, position: int) -> Tensor | None:
        image = _read(self.index, self.size_px, position)
        return None if image is None else torch.from_numpy(image)


def _read(index: CropIndex, size_px: int, position: int) -> NDArray[np.uint8] | None:
    try:
        return resized(index.read_image(position), size_px)
    except CropReadError:
        return None
