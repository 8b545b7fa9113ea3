"""Crops and masks in tar shards, read by byte range: any crop at any time, as from loose files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from resgat.data.columns import open_parquet, read_resident
from resgat.data.folder import Folder, file_names, read_range
from resgat.data.store import check_path, unreadable
from resgat.errors import IndexSchemaError

SHARDS_NAME = "shards.parquet"

#: Where each file lies; rows by ascending ``key``.
SHARDS_SCHEMA = pa.schema(
    [
        pa.field("key", pa.uint64(), nullable=False),  # path_key(path)
        pa.field("path", pa.string(), nullable=False),  # as in the index, and in the tar
        pa.field("shard", pa.int32(), nullable=False),  # shard_name(shard)
        pa.field("offset", pa.int64(), nullable=False),  # first byte of the content
        pa.field("length", pa.int64(), nullable=False),
    ]
)
#: Held in memory: 28 bytes per file. The path, which would be twice that, stays on disk.
_RESIDENT = ("key", "shard", "offset", "length")


def shard_name(shard: int) -> str:
    """Name a shard.

    Example:
        >>> shard_name(3)
        'crops-000003.tar'
    """
    return f"crops-{shard:06d}.tar"


def path_key(path: str) -> int:
    """Return 64 bits of the path's BLAKE2b hash.

    Packing refuses two paths of one key, and of ten million paths two have one once in 400,000
    corpora.
    """
    return int.from_bytes(hashlib.blake2b(path.encode(), digest_size=8).digest(), "big")


class TarStore:
    """The files of a folder of tar shards.

    A file is opened for each read: nothing to share, nothing to reopen after a fork.

    Args:
        root: The folder with the shards and their list, local or behind a URL.

    Raises:
        IndexSchemaError: The list cannot be used.
    """

    def __init__(self, root: Folder) -> None:
        self.root = root
        self._keys, self._shards, self._offsets, self._lengths = _read_list(root / SHARDS_NAME)

    def read(self, path: str) -> bytes:
        """Return a file's bytes."""
        check_path(path)
        row = self._row(path_key(path))
        if row is None:
            raise unreadable(self.name(path), "is in none of the shards")
        start, length = int(self._offsets[row]), int(self._lengths[row])
        if not length:
            raise unreadable(self.name(path), "has zero bytes")
        try:
            data = read_range(self._shard(row), start, length)
        except FileNotFoundError as error:
            raise unreadable(self.name(path), "does not exist, as its shard is gone") from error
        except OSError as error:
            why = error.strerror or error
            raise unreadable(self.name(path), f"cannot be read ({why})") from error
        if len(data) < length:
            raise unreadable(self.name(path), "is cut off, as its shard is truncated")
        return data

    def exist(self, paths: pa.ChunkedArray) -> NDArray[np.bool_]:
        """Look for each in the list, and for its shard in the folder."""
        there = set(file_names(self.root))
        rows = [self._row(path_key(path)) for path in paths.to_pylist()]
        return np.array(
            [row is not None and shard_name(int(self._shards[row])) in there for row in rows],
            dtype=np.bool_,
        )

    def name(self, path: str) -> str:
        """Name a file by its shard."""
        row = self._row(path_key(path))
        return f"{self.root if row is None else self._shard(row)}: {path}"

    def _shard(self, row: int) -> Folder:
        return self.root / shard_name(int(self._shards[row]))

    def _row(self, key: int) -> int | None:
        row = int(np.searchsorted(self._keys, np.uint64(key)))
        return row if row < len(self._keys) and self._keys[row] == key else None


def shards_table(members: Iterable[pa.Table]) -> pa.Table:
    """Join the members of all shards into the list of :data:`SHARDS_SCHEMA`.

    Raises:
        IndexSchemaError: Two paths have one key.
    """
    table = pa.concat_tables(members).combine_chunks()
    keys = pa.array([path_key(path) for path in table["path"].to_pylist()], pa.uint64())
    table = table.add_column(0, SHARDS_SCHEMA.field("key"), keys).sort_by("key")
    same = np.flatnonzero(np.diff(table["key"].to_numpy()) == 0)
    if len(same):
        first, second = (table["path"][int(same[0]) + step].as_py() for step in (0, 1))
        msg = f"paths {first!r} and {second!r} cannot lie in one set of shards; rename one of them"
        raise IndexSchemaError(msg)
    return table.cast(SHARDS_SCHEMA)


def _read_list(path: Folder) -> list[NDArray[np.generic]]:
    remedy = "pack the crops again with `python src/pack.py`"
    try:
        with open_parquet(path) as file:
            table = read_resident(file, _RESIDENT)
        columns = [
            table[name].cast(SHARDS_SCHEMA.field(name).type).to_numpy() for name in _RESIDENT
        ]
    except (pa.ArrowException, OSError, KeyError) as error:
        msg = f"{path}: cannot be read as a list of shards ({str(error).splitlines()[0]}); {remedy}"
        raise IndexSchemaError(msg) from error
    if (columns[0][1:] <= columns[0][:-1]).any():
        msg = f"{path}: expected rows by ascending key; {remedy}"
        raise IndexSchemaError(msg)
    return columns
