"""Crops packed into tar shards, with the same index: a folder of few large files, or a bucket."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from resgat.checks import check_range
from resgat.data.folder import Folder, file_names
from resgat.data.index import CropIndex
from resgat.data.pack_target import CLAIM_NAME, PackReport, PackTarget
from resgat.data.schema import INDEX_NAME
from resgat.data.shard_writer import Member, in_shards
from resgat.errors import StorageError
from resgat.progress import track

#: What lies beside an index and says what the crops are: manifest.json, failures.csv and the like.
_COMPANION_SUFFIXES = (".json", ".csv")
_ROWS_AT_ONCE = 4096
_MIB = 2**20


def pack(index: CropIndex, out: Folder, *, shard_mb: int = 256) -> PackReport:
    """Write all crops and masks of an index into tar shards, and the same index beside them.

    Files lie in the index's order, each crop followed by its mask. Every file of ``out`` gets its
    name when it is whole, the index last: before that, nobody takes the folder for crops. A run
    that was killed is continued by starting it again; one that was not checks all sums.

    Args:
        index: All crops of a folder.
        out: The folder to fill, local or behind a URL.
        shard_mb: Size of a shard, in MiB.

    Raises:
        ConfigError: ``shard_mb`` is out of range, or ``out`` holds something else.
        CropReadError: A file is missing or empty.
        StorageError: ``out`` cannot be written to, or holds other bytes than were written.
    """
    check_range("shard_mb", shard_mb, low=1, high=65536)
    source = (index.crops_dir / INDEX_NAME).read_bytes()
    claim = {"index_sha256": hashlib.sha256(source).hexdigest(), "shard_mb": shard_mb}
    try:
        target = PackTarget.claim(out, claim)
        if target.is_finished:
            return target.verified()
        _fill(target, index, shard_mb * _MIB)
        for name in file_names(index.crops_dir):
            if name.endswith(_COMPANION_SUFFIXES) and name != CLAIM_NAME:
                target.put(name, (index.crops_dir / name).read_bytes())
        return target.finish(source)
    except OSError as error:
        if isinstance(error, StorageError):
            raise
        msg = f"{out}: cannot be written to ({error.strerror or error}); mend that, and run again"
        raise StorageError(msg) from error


def _fill(target: PackTarget, index: CropIndex, shard_bytes: int) -> None:
    """Write the shards that are not there yet."""
    first = target.num_rows
    groups = track(_groups(index, first), "packing crops", len(index) - first)
    for shard in in_shards(groups, shard_bytes):
        target.add_shard([member for group in shard for member in group], len(shard))


def _groups(index: CropIndex, first: int) -> Iterator[list[Member]]:
    """Yield each crop with its mask, from a row on."""
    for start in range(first, len(index), _ROWS_AT_ONCE):
        part = index.take(["path", "mask_path"], index.rows[start : start + _ROWS_AT_ONCE])
        for path, mask in zip(part["path"].to_pylist(), part["mask_path"].to_pylist(), strict=True):
            names = [path] if mask is None else [path, mask]
            yield [Member(name, index.store.read(name)) for name in names]
