"""The crop index in memory: an Arrow table, fast to load and shared between workers."""

from __future__ import annotations

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
from resgat.data.schema import INDEX_NAME
from resgat.data.spread import spread
from resgat.data.validation import check_files, check_table, preprocess_remedy
from resgat.errors import DatasetNotFoundError, IndexSchemaError
from resgat.files import write_parquet


@dataclass(frozen=True, eq=False)
class CropIndex:
    """One row per crop, and where the crops lie.

    A part of an index (:meth:`select`, :meth:`where`, :meth:`thin`) remembers which rows it was
    taken from and keeps the video codes, so that predictions made on a part can be joined to the
    whole. Positions count within this index, ``rows`` within the one it was taken from.

    Args:
        table: Columns of :data:`~resgat.data.schema.INDEX_SCHEMA`, and any others.
        crops_dir: The folder that ``path`` and ``mask_path`` are relative to.
        rows: Each crop's row in the whole index.
        video_idx: Equal for the crops of one video.

    Shape:
        rows: (len(table),) int64
        video_idx: (len(table),) int64
    """

    table: pa.Table
    crops_dir: Path
    rows: NDArray[np.int64]
    video_idx: NDArray[np.int64]

    @classmethod
    def whole(cls, table: pa.Table, crops_dir: Path) -> CropIndex:
        """Number the rows and videos of a table from zero, in the table's order."""
        videos = pc.dictionary_encode(table["video_id"].combine_chunks())
        codes = videos.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        return cls(table, crops_dir, np.arange(len(table), dtype=np.int64), codes)

    @classmethod
    def read(cls, crops_dir: Path | str, *, remedy: str | None = None) -> CropIndex:
        """Read and check the index of a crops folder, and that its files are there.

        Args:
            crops_dir: The folder that holds the index and the crops.
            remedy: What the user is told to do when the crops are not there; by default to run the
                preprocessing.

        Raises:
            DatasetNotFoundError: The folder, its index, a row or a file is missing.
            IndexSchemaError: The index is no Parquet file or breaks the contract.
        """
        crops_dir = Path(crops_dir)
        remedy = preprocess_remedy(crops_dir) if remedy is None else remedy
        table = _read_table(crops_dir, remedy)
        check_table(table)
        check_files(table, crops_dir, remedy)
        return cls.whole(table, crops_dir)

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def labels(self) -> NDArray[np.int8]:
        """1 = fake, 0 = real, per crop."""
        return np.asarray(self.table["label"].to_numpy(), dtype=np.int8)

    @property
    def crop_specs(self) -> list[str]:
        """The distinct crop specs, in order of appearance."""
        return list(pc.unique(self.table["crop_spec"]).to_pylist())

    def row(self, position: int) -> dict[str, Any]:
        """Return all columns of one crop."""
        return dict(self.table.slice(position, 1).to_pylist()[0])

    def path(self, position: int) -> Path:
        """Return where one crop lies."""
        return self.crops_dir / str(self.table["path"][position].as_py())

    def select(self, split: str) -> CropIndex:
        """Keep the crops of one split."""
        in_split = pc.fill_null(pc.equal(self.table["split"], split), False)
        return self.where(in_split.to_numpy())

    def where(self, mask: NDArray[np.bool_]) -> CropIndex:
        """Keep the crops where ``mask`` is true."""
        return CropIndex(
            self.table.filter(pa.array(mask)), self.crops_dir, self.rows[mask], self.video_idx[mask]
        )

    def thin(self, frames_per_video: int) -> CropIndex:
        """Keep at most so many frames of each video, spread evenly over its frames in time.

        All faces of a kept frame are kept.
        """
        frames = np.asarray(self.table["frame_idx"].to_numpy(), dtype=np.int64)
        return self.where(_evenly_spread_frames(self.video_idx, frames, frames_per_video))


def write_index(table: pa.Table, crops_dir: Path) -> Path:
    """Check a table and write it as the index of a crops folder, all of it or nothing.

    Raises:
        IndexSchemaError: The table breaks the contract.
    """
    check_table(table)
    path = crops_dir / INDEX_NAME
    write_parquet(path, table)
    return path


def _read_table(crops_dir: Path, remedy: str) -> pa.Table:
    path = crops_dir / INDEX_NAME
    if not crops_dir.is_dir():
        msg = f"crops folder {crops_dir} does not exist; {remedy}"
        raise DatasetNotFoundError(msg)
    if not path.is_file():
        msg = f"crops folder {crops_dir} holds no {INDEX_NAME}; {remedy}"
        raise DatasetNotFoundError(msg)
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        msg = f"{path}: cannot be read as Parquet ({str(error).splitlines()[0]}); {remedy}"
        raise IndexSchemaError(msg) from error
    if not len(table):
        msg = f"{path} has no rows; {remedy}"
        raise DatasetNotFoundError(msg)
    return table


def _evenly_spread_frames(
    videos: NDArray[np.int64], frames: NDArray[np.int64], wanted: int
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
