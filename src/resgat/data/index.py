"""The crop index: one row per crop, fast to open and shared between workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from resgat.checks import check_range
from resgat.data.columns import Columns
from resgat.data.folder import Folder, as_folder
from resgat.data.images import decode_crop, decode_mask
from resgat.data.opening import check_sample, open_columns, open_store
from resgat.data.schema import INDEX_NAME
from resgat.data.spread import spread
from resgat.data.store import CropStore, FileStore
from resgat.data.validation import check_table, preprocess_remedy
from resgat.files import write_atomic

#: Few enough that one row's group is read in milliseconds.
_ROWS_PER_GROUP = 65_536


@dataclass(frozen=True, eq=False)
class CropIndex:
    """Crops and what is known of them, and where their bytes come from.

    A part of an index (:meth:`select`, :meth:`where`, :meth:`thin`) shares the memory of the whole,
    remembers which rows it was taken from and keeps the video codes, so that predictions made on a
    part can be joined to the whole. Positions count within this index, ``rows`` within the one it
    was taken from.

    Args:
        columns: Columns of :data:`~resgat.data.schema.INDEX_SCHEMA`, and any others.
        store: Reads crops and masks.
        crops_dir: The folder of the index, named in messages.
        at: Each crop's row in ``columns``.
        rows: Each crop's row in the whole index.
        video_idx: Equal for the crops of one video.

    Shape:
        at: (len(self),) int64
        rows: (len(self),) int64
        video_idx: (len(self),) int32
    """

    columns: Columns
    store: CropStore
    crops_dir: Folder
    at: NDArray[np.int64]
    rows: NDArray[np.int64]
    video_idx: NDArray[np.int32]

    @classmethod
    def whole(cls, table: pa.Table, crops_dir: Folder) -> CropIndex:
        """Number the rows and videos of a table from zero, in the table's order."""
        return cls._numbered(Columns(table), FileStore(crops_dir), crops_dir)

    @classmethod
    def read(
        cls,
        crops_dir: Folder | str,
        *,
        images_dir: Folder | str | None = None,
        remedy: str | None = None,
    ) -> CropIndex:
        """Open and check the index of a crops folder, and look for a sample of its files.

        Args:
            crops_dir: The folder that holds the index, local or a URL.
            images_dir: What the index's paths are relative to: a folder of loose files, or one with
                tar shards; by default ``crops_dir``.
            remedy: What the user is told to do when the crops are not there; by default to run the
                preprocessing.

        Raises:
            DatasetNotFoundError: The folder, its index, a row or a file is missing.
            IndexSchemaError: The index is no Parquet file or breaks the contract.
        """
        crops_dir = as_folder(crops_dir)
        images_dir = crops_dir if images_dir is None else as_folder(images_dir)
        remedy = preprocess_remedy(crops_dir) if remedy is None else remedy
        columns = open_columns(crops_dir, remedy)
        store = open_store(images_dir)
        check_sample(columns, store, images_dir, remedy)
        return cls._numbered(columns, store, crops_dir)

    @classmethod
    def _numbered(cls, columns: Columns, store: CropStore, crops_dir: Folder) -> CropIndex:
        rows = np.arange(len(columns), dtype=np.int64)
        return cls(columns, store, crops_dir, rows, rows, columns.video_codes)

    def __len__(self) -> int:
        return len(self.at)

    @cached_property
    def labels(self) -> NDArray[np.int8]:
        """1 = fake, 0 = real, per crop."""
        return np.asarray(self.columns.resident["label"].to_numpy()[self.at], dtype=np.int8)

    @cached_property
    def table(self) -> pa.Table:
        """The columns that are in memory (:data:`~resgat.data.columns.RESIDENT`), of these crops.

        Text of few distinct values is coded: an Arrow dictionary. Of a part this is a copy, made
        once; :meth:`take` returns any columns and keeps nothing.
        """
        resident = self.columns.resident
        return resident if self._is_whole else resident.take(pa.array(self.at))

    @property
    def crop_specs(self) -> list[str]:
        """The distinct crop specs, in order of appearance."""
        return list(pc.unique(self.table["crop_spec"]).to_pylist())

    def take(
        self, names: Sequence[str] | None = None, positions: NDArray[np.int64] | None = None
    ) -> pa.Table:
        """Return columns, in memory or not, of some crops or of all.

        Args:
            names: Which columns; all by default.
            positions: Which crops, in which order.

        Returns:
            Plain types: no codes.
        """
        names = self.columns.names if names is None else names
        return self.columns.take(names, self.at if positions is None else self.at[positions])

    def column(self, name: str) -> pa.ChunkedArray:
        """Return one column of all crops, in memory or not, without codes."""
        return self.take([name])[name]

    def row(self, position: int) -> dict[str, Any]:
        """Return all columns of one crop."""
        return {name: self.value(name, position) for name in self.columns.names}

    def value(self, name: str, position: int) -> Any:
        """Return one value; cheap where the positions asked for in turn are neighbours."""
        return self.columns.value(name, int(self.at[position]))

    def path(self, position: int) -> str:
        """Return one crop's path in the store."""
        return str(self.value("path", position))

    def read_image(self, position: int) -> NDArray[np.uint8]:
        """Read one crop.

        Returns:
            (H, W, 3) RGB

        Raises:
            CropReadError: The crop is not there, or is no image of the one kind.
        """
        path = self.path(position)
        return decode_crop(self.store.read(path), self.store.name(path))

    def read_mask(self, position: int) -> NDArray[np.bool_] | None:
        """Read one crop's mask of manipulated pixels.

        Returns:
            (H, W), or None where the index names no mask.

        Raises:
            CropReadError: The index names a mask and it cannot be read.
        """
        path = self.value("mask_path", position)
        return None if path is None else decode_mask(self.store.read(path), self.store.name(path))

    def select(self, split: str) -> CropIndex:
        """Keep the crops of one split."""
        in_split = pc.is_in(self.columns.resident["split"], value_set=pa.array([split]))
        return self.where(in_split.to_numpy()[self.at])

    def where(self, mask: NDArray[np.bool_]) -> CropIndex:
        """Keep the crops where ``mask`` is true."""
        return CropIndex(
            self.columns,
            self.store,
            self.crops_dir,
            self.at[mask],
            self.rows[mask],
            self.video_idx[mask],
        )

    def thin(self, frames_per_video: int) -> CropIndex:
        """Keep at most so many frames of each video, spread evenly over its frames in time.

        All faces of a kept frame are kept.
        """
        frames = self.columns.resident["frame_idx"].to_numpy()[self.at]
        return self.where(_evenly_spread_frames(self.video_idx, frames, frames_per_video))

    def renumbered(self) -> CropIndex:
        """Count the rows from zero: these crops are the whole index from now on."""
        rows = np.arange(len(self), dtype=np.int64)
        return CropIndex(self.columns, self.store, self.crops_dir, self.at, rows, self.video_idx)

    @property
    def _is_whole(self) -> bool:
        return len(self.at) == len(self.columns)


def write_index(table: pa.Table, crops_dir: Path) -> Path:
    """Check a table and write it as the index of a crops folder, all of it or nothing.

    Raises:
        IndexSchemaError: The table breaks the contract.
    """
    check_table(table)
    path = crops_dir / INDEX_NAME
    write_atomic(
        path,
        lambda beside: pq.write_table(
            table, beside, compression="zstd", row_group_size=_ROWS_PER_GROUP
        ),
    )
    return path


def _evenly_spread_frames(
    videos: NDArray[np.int32], frames: NDArray[np.int32], wanted: int
) -> NDArray[np.bool_]:
    """Mark the crops whose frame is among the ``wanted`` evenly spread ones of its video."""
    check_range("frames_per_video", wanted, low=1)
    order = np.lexsort((frames, videos))
    new_video = np.diff(videos[order], prepend=-1) != 0
    frame_code = np.cumsum(new_video | (np.diff(frames[order], prepend=-1) != 0)) - 1
    first = frame_code[new_video]
    counts = np.diff(first, append=frame_code[-1:] + 1)
    kept = np.zeros(int(counts.sum()), dtype=np.bool_)
    for count in np.unique(counts):
        kept[first[counts == count][:, None] + spread(int(count), wanted)] = True
    mask = np.empty(len(order), dtype=np.bool_)
    mask[order] = kept[frame_code]
    return mask
