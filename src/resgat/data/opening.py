"""Opening an index: what can be checked in a second or two at five million rows."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from resgat.data.columns import CODED, RESIDENT, Columns, open_parquet, read_resident
from resgat.data.folder import Folder
from resgat.data.schema import INDEX_NAME
from resgat.data.spread import spread
from resgat.data.store import CropStore, FileStore
from resgat.data.tar_store import SHARDS_NAME, TarStore
from resgat.data.validation import (
    check_columns,
    check_files,
    check_paths,
    check_values,
    schema_error,
)
from resgat.errors import DatasetNotFoundError, IndexSchemaError

#: Videos whose files are looked for when an index is opened; the audit looks for all.
MAX_SAMPLED_VIDEOS = 256

#: Where masks lie is not in memory: for each video, some thousands of rows must be read.
_SAMPLED_VIDEOS = {"path": MAX_SAMPLED_VIDEOS, "mask_path": 24}


def open_columns(crops_dir: Folder, remedy: str) -> Columns:
    """Read what must be in memory of a folder's index, and check it.

    Raises:
        DatasetNotFoundError: The folder, its index or a row is missing.
        IndexSchemaError: The index is no Parquet file or breaks the contract.
    """
    path = _find(crops_dir, remedy)
    try:
        with open_parquet(path) as file:
            check_columns(file.schema_arrow)
        with open_parquet(path, CODED) as file:
            table = read_resident(file, [*RESIDENT, "face_idx"])
    except (pa.ArrowException, OSError) as error:
        msg = f"{path}: cannot be read as Parquet ({str(error).splitlines()[0]}); {remedy}"
        raise IndexSchemaError(msg) from error
    if not len(table):
        msg = f"{path} has no rows; {remedy}"
        raise DatasetNotFoundError(msg)
    columns = Columns(table.select(list(RESIDENT)), path)
    check_values(table)
    suspects = [chunk for chunk in table["path"].chunks if _may_be_unsafe(chunk)]
    check_paths(pa.chunked_array(suspects, pa.string()), "path")
    _check_unique(table, columns.video_codes)
    return columns


def open_store(root: Folder) -> CropStore:
    """Return the store of a folder: its tar shards if it has any, else its loose files.

    Raises:
        IndexSchemaError: The list of shards cannot be used.
    """
    return TarStore(root) if (root / SHARDS_NAME).is_file() else FileStore(root)


def check_sample(columns: Columns, store: CropStore, crops_dir: Folder, remedy: str) -> None:
    """Look for the crops of up to 256 videos, and the masks of 24, spread evenly over the index.

    Raises:
        DatasetNotFoundError: One is gone.
    """
    codes = columns.video_codes
    num_videos = int(codes.max()) + 1
    sample = spread(num_videos, MAX_SAMPLED_VIDEOS)
    for column, wanted in _SAMPLED_VIDEOS.items():
        is_sampled = np.zeros(num_videos, np.bool_)
        is_sampled[sample[spread(len(sample), wanted)]] = True
        paths = columns.take([column], np.flatnonzero(is_sampled[codes]))[column]
        check_files(paths, column, store, crops_dir, remedy)


def _find(crops_dir: Folder, remedy: str) -> Folder:
    path = crops_dir / INDEX_NAME
    if path.is_file():
        return path
    if crops_dir.is_dir():
        msg = f"crops folder {crops_dir} holds no {INDEX_NAME}; {remedy}"
    else:
        msg = f"crops folder {crops_dir} does not exist; {remedy}"
    raise DatasetNotFoundError(msg)


def _may_be_unsafe(paths: pa.StringArray) -> bool:
    """Ask a chunk's bytes as a whole, which is ten times faster than asking each path."""
    _, offsets, data = paths.buffers()
    text = b"" if data is None else data.to_pybytes()
    starts = np.frombuffer(offsets, np.int32)[paths.offset : paths.offset + len(paths) + 1]
    is_empty = np.diff(starts) == 0
    if is_empty.any() or any(part in text for part in (b"..", b"\\", b":", b"\0")):
        return True
    return bool((np.frombuffer(text, np.uint8)[starts[:-1]] == ord("/")).any())


def _check_unique(table: pa.Table, videos: NDArray[np.int32]) -> None:
    """Refuse two rows of one face in one frame of one video."""
    frames, faces = (table[name].to_numpy() for name in ("frame_idx", "face_idx"))
    key = videos.astype(np.int64)
    for numbers in (frames, faces):
        low = int(numbers.min())
        key *= int(numbers.max()) - low + 1
        key += numbers
        key -= low
    if (key[1:] > key[:-1]).all():  # as preprocessing writes them
        return
    order = np.argsort(key, kind="stable")
    twice = np.flatnonzero(np.diff(key[order]) == 0)
    if len(twice):
        _refuse_twice(table, int(order[twice[0] + 1]), len(twice))


def _refuse_twice(table: pa.Table, row: int, count: int) -> NoReturn:
    names = ("video_id", "frame_idx", "face_idx")
    first = "/".join(str(table[name][row].as_py()) for name in names)
    found = f"{count} value(s) occur twice, such as {first!r}"
    raise schema_error("crop_id", found, "unique")  # noqa: EM101  (a column, no message)
