"""The folder that crops are packed into: what is done, and the order in which it gets names."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from resgat.data.folder import Folder, RemoteFolder, is_empty
from resgat.data.schema import INDEX_NAME
from resgat.data.shard_writer import Member, write_shard
from resgat.data.tar_store import SHARDS_NAME, shard_name, shards_table
from resgat.errors import ConfigError, StorageError
from resgat.files import file_sha256, write_atomic
from resgat.progress import track

CLAIM_NAME = "pack.json"
SUMS_NAME = "SHA256SUMS"  # `sha256sum -c SHA256SUMS` checks the folder

#: Notes on the shards that are done; gone when all are.
_NOTES_NAME = ".pack"


@dataclass(frozen=True)
class PackReport:
    """What a packed folder holds."""

    num_files: int
    num_shards: int
    num_bytes: int


@dataclass(frozen=True)
class _Note:
    """What is known of a finished shard: its members, its sum, how many rows of the index."""

    members: pa.Table
    sha256: str
    num_rows: int

    def to_bytes(self) -> bytes:
        facts = {"sha256": self.sha256, "num_rows": str(self.num_rows)}
        file = BytesIO()
        pq.write_table(self.members.replace_schema_metadata(facts), file, compression="zstd")
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> _Note:
        table = pq.read_table(BytesIO(data))
        facts = table.schema.metadata
        return cls(table, facts[b"sha256"].decode(), int(facts[b"num_rows"]))


@dataclass
class PackTarget:
    """A folder on its way to tar shards.

    Args:
        folder: Local or behind a URL.
    """

    folder: Folder
    _notes: list[_Note] = field(default_factory=list)

    @classmethod
    def claim(cls, folder: Folder, claim: dict[str, Any]) -> PackTarget:
        """Take an empty folder, or one that was begun or finished under the same claim.

        Raises:
            ConfigError: The folder holds something else.
        """
        target = cls(folder)
        path, mine = folder / CLAIM_NAME, json.dumps(claim, indent=2).encode() + b"\n"
        if is_empty(folder):
            target.put(CLAIM_NAME, mine)
        elif not path.is_file() or path.read_bytes() != mine:
            msg = f"out={folder} holds something else than these crops packed in this way; "
            raise ConfigError(msg + "expected an empty or new folder")
        while (folder / _note_name(len(target._notes))).is_file():
            data = (folder / _note_name(len(target._notes))).read_bytes()
            target._notes.append(_Note.from_bytes(data))
        return target

    @property
    def is_finished(self) -> bool:
        """Whether everything is there."""
        return (self.folder / INDEX_NAME).is_file()

    @property
    def num_rows(self) -> int:
        """How many rows of the index lie in finished shards."""
        return sum(note.num_rows for note in self._notes)

    def put(self, name: str, data: bytes) -> None:
        """Write a file, all of it or nothing."""
        path = self.folder / name
        if isinstance(path, RemoteFolder):
            path.write_bytes(data)
        else:
            write_atomic(path, lambda beside: beside.write_bytes(data))

    def add_shard(self, members: Sequence[Member], num_rows: int) -> None:
        """Write the next shard, then the note that it is done."""
        number = len(self._notes)
        path = self.folder / shard_name(number)
        made: list[tuple[pa.Table, str]] = []
        if isinstance(path, RemoteFolder):
            with tempfile.TemporaryDirectory(prefix="resgat-pack-") as scratch:
                local = Path(scratch) / shard_name(number)
                made.append(write_shard(local, members, number))
                path.upload(local)
            _check_sum(path, made[0][1])
        else:
            write_atomic(path, lambda beside: made.append(write_shard(beside, members, number)))
        note = _Note(*made[0], num_rows)
        self.put(_note_name(number), note.to_bytes())
        self._notes.append(note)

    def finish(self, index: bytes) -> PackReport:
        """Write the list of shards and the sums, and last the index."""
        table = shards_table(note.members for note in self._notes)
        file = BytesIO()
        pq.write_table(table, file, compression="zstd")
        sums = {shard_name(number): note.sha256 for number, note in enumerate(self._notes)}
        sums |= {SHARDS_NAME: _sum(file.getvalue()), INDEX_NAME: _sum(index)}
        self.put(SHARDS_NAME, file.getvalue())
        self.put(SUMS_NAME, "".join(f"{sums[name]}  {name}\n" for name in sums).encode())
        self.put(INDEX_NAME, index)
        notes = self.folder / _NOTES_NAME
        if isinstance(notes, RemoteFolder):
            notes.remove()
        else:
            shutil.rmtree(notes)
            for begun in notes.parent.glob(".*.tar"):  # by runs that were killed
                begun.unlink()
        return self._report()

    def verified(self) -> PackReport:
        """Compare all sums of a finished folder.

        Raises:
            StorageError: A file is not what was written.
        """
        lines = (self.folder / SUMS_NAME).read_text("utf-8").splitlines()
        for line in track(lines, "verifying", len(lines)):
            sha256, _, name = line.partition("  ")
            _check_sum(self.folder / name, sha256)
        return self._report()

    def _report(self) -> PackReport:
        with (self.folder / SHARDS_NAME).open("rb") as file:
            table = pq.read_table(file, columns=["shard", "length"])
        shards = table["shard"].to_numpy()
        return PackReport(len(table), int(shards.max()) + 1, int(table["length"].to_numpy().sum()))


def _note_name(shard: int) -> str:
    return f"{_NOTES_NAME}/{shard:06d}.parquet"


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _check_sum(path: Folder, sha256: str) -> None:
    if file_sha256(path) != sha256:
        msg = f"{path}: its SHA-256 is not that of what was written; delete the folder, pack again"
        raise StorageError(msg)
