"""The journal of a crops folder: which videos are done, and what was found in them.

Every process writes files of its own, one line per video, and never opens an old one again. So a
process that is killed leaves at most a torn last line, which is passed over, and no two processes
or machines ever write into one file. Its lines are facts: their order means nothing.

A line is a head, a tab, and the whole entry, both JSON. The heads of DFDC's hundred thousand videos
are read in seconds; the entries are a gigabyte, and are read one at a time where they are needed.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from resgat.data.entry import Entry
from resgat.data.inputs import Inputs
from resgat.data.storing import storing
from resgat.errors import MetadataError

JOURNAL_DIR = "journal"

_HEAD = ("video_id", "inputs", "status", "reason", "files", "found", "generation")
_FILE = "[0-9a-f]" * 16 + ".jsonl"
_RANK = {"void": 0, "failed": 1, "done": 2}


class JournalWriter:
    """Appends to a new file of its own.

    Args:
        crops_dir: The folder whose journal it is.
        spec_hash: The crop spec that the videos are cut by.
    """

    def __init__(self, crops_dir: Path, spec_hash: str) -> None:
        self._crops_dir = crops_dir
        self._spec_hash = spec_hash
        self._path = crops_dir / JOURNAL_DIR / f"{secrets.token_hex(8)}.jsonl"

    def __reduce__(self) -> tuple[type[JournalWriter], tuple[Path, str]]:
        """Let another process write into a file of its own."""
        return JournalWriter, (self._crops_dir, self._spec_hash)

    def add(self, entry: Entry) -> None:
        """Write one line, all of it, to the disk.

        Raises:
            StorageError: The disk is full or cannot be written to.
        """
        head = {name: getattr(entry, name) for name in _HEAD} | {"spec": self._spec_hash}
        line = b"\t".join(map(_dumped, (head, entry.to_dict()))) + b"\n"
        with storing(self._crops_dir, f"the journal's {self._path.name}"):
            self._append(line)

    def _append(self, line: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())


class Line(NamedTuple):
    """Where a line is, and what its head says; see :class:`~resgat.data.entry.Entry`."""

    path: Path
    offset: int
    generation: int
    status: str
    reason: str
    files: str
    found: str
    inputs: Inputs

    @property
    def is_done(self) -> bool:
        """Whether the video gave crops."""
        return self.status == "done"

    @property
    def rank(self) -> tuple[int, int, str]:
        """Order of lines about one video; the highest counts."""
        return self.generation, _RANK[self.status], self.reason


class Journal:
    """What earlier runs noted. Lines are found again by place: memory holds no crops.

    Of several lines about one video the latest generation's best one counts: a success, else the
    failure whose reason comes last in the alphabet, so that the order of the lines means nothing.

    Args:
        crops_dir: The folder whose journal it is.
        spec_hash: Lines of other crop specs are passed over.

    Attributes:
        lines: video_id -> the line that counts.
    """

    def __init__(self, crops_dir: Path, spec_hash: str) -> None:
        self.lines: dict[str, Line] = {}
        for path in sorted((crops_dir / JOURNAL_DIR).glob(_FILE)):
            for offset, head in _heads(path):
                if head["spec"] == spec_hash:
                    self._note(head["video_id"], _line(path, offset, head))

    def is_done(self, video_id: str) -> bool:
        """Tell whether a video gave crops."""
        return video_id in self.lines and self.lines[video_id].is_done

    def next_generation(self, video_id: str) -> int:
        """Return a number above those of all lines about a video."""
        return self.lines[video_id].generation + 1 if video_id in self.lines else 0

    def entry(self, video_id: str) -> Entry:
        """Read a video's line.

        Raises:
            KeyError: Nothing is noted of it.
            MetadataError: The line was changed by somebody else.
        """
        place = self.lines[video_id]
        with place.path.open("rb") as file:
            file.seek(place.offset)
            line = file.readline()
        try:
            return Entry.from_dict(json.loads(line.partition(b"\t")[2]))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            msg = f"{place.path}: the line about {video_id} is damaged ({error}); remove the line, "
            raise MetadataError(msg + "and the video is cut again") from error

    def _note(self, video_id: str, line: Line) -> None:
        known = self.lines.get(video_id)
        if known is None or line.rank > known.rank:
            self.lines[video_id] = line


def _line(path: Path, offset: int, head: Mapping[str, Any]) -> Line:
    names = ("generation", "status", "reason", "files", "found")
    generation, status, reason, files, found = (head[name] for name in names)
    inputs = Inputs.from_list(head["inputs"])
    return Line(path, offset, generation, status, str(reason), files, found, inputs)


def remove_journal(crops_dir: Path) -> None:
    """Remove a folder's journal, and no file that somebody else put there."""
    folder = crops_dir / JOURNAL_DIR
    for path in folder.glob(_FILE):
        path.unlink()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _heads(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the heads of a file's whole lines with the lines' offsets."""
    offset = 0
    with path.open("rb") as file:
        for line in file:
            head = _head(line)
            if head is not None:
                yield offset, head
            offset += len(line)


def _head(line: bytes) -> dict[str, Any] | None:
    """Return a line's head, None where the line is torn or not one of ours."""
    text, _, entry = line.partition(b"\t")
    # JSON holds no tab: a second one is of another line, written after one that a full disk tore.
    if entry.count(b"\t") or not entry.endswith(b"\n"):
        return None
    try:
        head = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_ours = isinstance(head, dict) and head.keys() >= {*_HEAD, "spec"}
    if not is_ours or not isinstance(head["video_id"], str) or head["status"] not in tuple(_RANK):
        return None
    texts = (head["files"], head["found"])
    is_typed = isinstance(head["generation"], int) and all(isinstance(t, str) for t in texts)
    return head if is_typed and Inputs.fit(head["inputs"]) else None


def _dumped(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, separators=(",", ":")).encode()
