"""One tar shard: written, read back and compared, then given its name."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa

from resgat.errors import StorageError
from resgat.files import file_sha256

_BLOCK = tarfile.BLOCKSIZE
_END = 2 * _BLOCK  # zeros that end a tar


class Member(NamedTuple):
    """A file for the shards."""

    path: str
    data: bytes


def write_shard(path: Path, members: Iterable[Member], shard: int) -> tuple[pa.Table, str]:
    """Write a tar that any tool reads; the same members give the same bytes.

    Args:
        path: Where to.
        members: In order.
        shard: Its number.

    Returns:
        Columns path, shard, offset and length of the members; the tar's SHA-256.

    Raises:
        StorageError: What was read back differs from what was written.
    """
    rows = []
    with path.open("wb") as file:
        written: Any = _Hashed(file)  # a stream is all that tarfile asks for
        with tarfile.open(fileobj=written, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            for member in members:
                tar.addfile(_header(member), BytesIO(member.data))
                start = tar.offset - _padded(len(member.data))
                rows.append((member.path, shard, start, len(member.data)))
    found = file_sha256(path)
    if found != written.sum.hexdigest():
        msg = f"{path}: read back other bytes than were written; check the disk and pack again"
        raise StorageError(msg)
    types = {"path": pa.string(), "shard": pa.int32(), "offset": pa.int64(), "length": pa.int64()}
    columns = zip(*rows, strict=True)
    arrays = [pa.array(values, kind) for values, kind in zip(columns, types.values(), strict=True)]
    return pa.table(arrays, names=list(types)), found


def in_shards(
    groups: Iterable[Sequence[Member]], shard_bytes: int
) -> Iterator[list[Sequence[Member]]]:
    """Fill shards up to a size with groups that stay together, such as a crop and its mask.

    Args:
        groups: In order.
        shard_bytes: A shard ends before the group that would make it larger, unless it is empty.

    Example:
        >>> crop = [Member("a.png", bytes(600))]
        >>> [len(shard) for shard in in_shards([crop] * 5, 4096)]
        [2, 2, 1]
    """
    shard: list[Sequence[Member]] = []
    size = _END
    for group in groups:
        added = sum(_BLOCK + _padded(len(member.data)) for member in group)
        if shard and size + added > shard_bytes:
            yield shard
            shard, size = [], _END
        shard.append(group)
        size += added
    if shard:
        yield shard


def _padded(length: int) -> int:
    return -(-length // _BLOCK) * _BLOCK


def _header(member: Member) -> tarfile.TarInfo:
    info = tarfile.TarInfo(member.path)
    info.size = len(member.data)
    info.mode = 0o644
    return info  # no time, no owner


class _Hashed:
    """A file to write to that sums up what goes through it."""

    def __init__(self, file: BinaryIO) -> None:
        self.sum = hashlib.sha256()
        self._file = file

    def write(self, data: bytes) -> int:
        self.sum.update(data)
        return self._file.write(data)
