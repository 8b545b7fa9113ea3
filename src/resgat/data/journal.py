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

from resgat.data.commit import is_whole
from resgat.data.entry import Entry
from resgat.data.inputs import Inputs
from resgat.data.storing import storing
from resgat.errors import MetadataError

JOURNAL_DIR = "journal"

_HEAD = ("video_id", "inputs", "status", "reason", "files", "generation")
_FILE = "[0-9a-f]" * 16 + ".jsonl"
_RANK = {"void": 0, "failed": 1, "done": 2}


class JournalWriter:
    """Appends to a new file of its own.

    Args:
        crops_dir: The folder whose journal it is.
        spec_hash: The crop spec that the videos are cut by.
    """

    def __init__(self, crops_dir: Path, spec_hash: str) -> None:
        self._path = crops_dir / JOURNAL_DIR / f"{secrets.token_hex(8)}.jsonl"
        self._spec_hash = spec_hash

    def add(self, entry: Entry) -> None:
        """Write one line, all of it, to the disk.

        Raises:
            StorageError: The disk is full or cannot be written to.
        """
        head = {name: getattr(entry, name) for name in _HEAD} | {"spec": self._spec_hash}
        line = b"\t".join(map(_dumped, (head, entry.to_dict()))) + b"\n"
        with storing(self._path.parent.parent, f"the journal's {self._path.name}"):
            self._append(line)

    def _append(self, line: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())


class _Place(NamedTuple):
    """Where a line is, and what its head says."""

    path: Path
    offset: int
    generation: int
    status: str
    reason: str
    files: str
    inputs: Inputs

    @property
    def rank(self) -> tuple[int, int, str]:
        """Order of lines about one video; the highest counts."""
        return self.generation, _RANK[self.status], self.reason


class Journal:
    """What earlier runs noted. Lines are found again by place: memory holds no crops.

    Of several lines about one video the latest generation's best one counts: a success, else the
    failure whose reason comes last in the alphabet, so that the order of the lines means nothing.

    A line is about a source of one size; where another file has taken its place, it is passed over.
    A source that is gone changes nothing, as long as its crops are there: who needs the room may
    put raw videos away.

    Args:
        crops_dir: The folder whose journal it is.
        spec_hash: Lines of other crop specs are passed over.
        sources: video_id -> size of its source now, 0 if it is gone.

    Attributes:
        unlisted: Videos that gave crops and are not among the sources.
    """

    def __init__(self, crops_dir: Path, spec_hash: str, sources: Mapping[str, int]) -> None:
        self._places: dict[str, _Place] = {}
        self._generations: dict[str, int] = {}
        self._changed: str | None = None
        self.unlisted: set[str] = set()
        for path in sorted((crops_dir / JOURNAL_DIR).glob(_FILE)):
            for offset, head in _heads(path):
                video_id = head["video_id"]
                if head["spec"] != spec_hash:
                    continue
                # Lines about an earlier source count, too: when it is put away, they speak again.
                known = self._generations.get(video_id, -1)
                self._generations[video_id] = max(known, head["generation"])
                if video_id in sources and _is_about(head, sources[video_id], crops_dir):
                    self._note(video_id, _place(path, offset, head))
                elif head["status"] == "done" and video_id in sources:
                    self._changed = video_id
                elif head["status"] == "done":
                    self.unlisted.add(video_id)

    def __contains__(self, video_id: str) -> bool:
        return video_id in self._places and self._places[video_id].status != "void"

    @property
    def stranger(self) -> str | None:
        """A video that was cut here although ``sources`` holds none that was; None if there is."""
        return None if self._places else next(iter(sorted(self.unlisted)), self._changed)

    def next_generation(self, video_id: str) -> int:
        """Return a number above those of all lines about a video."""
        return self._generations.get(video_id, -1) + 1

    def is_done(self, video_id: str) -> bool:
        """Tell whether a video gave crops."""
        return video_id in self._places and self._places[video_id].status == "done"

    def files(self, video_id: str) -> str:
        """Return the fingerprint of the names of the crops and masks that a video gave.

        Raises:
            KeyError: Nothing is noted of it.
        """
        return self._places[video_id].files

    def inputs(self, video_id: str) -> Inputs:
        """Return what a video was cut from.

        Raises:
            KeyError: Nothing is noted of it.
        """
        return self._places[video_id].inputs

    def entry(self, video_id: str) -> Entry:
        """Read a video's line.

        Raises:
            KeyError: Nothing is noted of it.
            MetadataError: The line was changed by somebody else.
        """
        place = self._places[video_id]
        with place.path.open("rb") as file:
            file.seek(place.offset)
            line = file.readline()
        try:
            return Entry.from_dict(json.loads(line.partition(b"\t")[2]))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            msg = f"{place.path}: the line about {video_id} is damaged ({error}); remove the line, "
            raise MetadataError(msg + "and the video is cut again") from error

    def _note(self, video_id: str, place: _Place) -> None:
        known = self._places.get(video_id)
        if known is None or place.rank > known.rank:
            self._places[video_id] = place


def _place(path: Path, offset: int, head: Mapping[str, Any]) -> _Place:
    generation, status, reason = head["generation"], head["status"], str(head["reason"])
    return _Place(path, offset, generation, status, reason, head["files"], Inputs(*head["inputs"]))


def _is_about(head: Mapping[str, Any], source_bytes: int, crops_dir: Path) -> bool:
    """Tell whether a line is about the source that is there now, or about whole crops of it.

    Crops that were about to be replaced cannot be trusted, whatever became of their source.
    """
    if Inputs(*head["inputs"]).source == source_bytes or head["status"] == "void":
        return True
    is_gone = source_bytes == 0 and head["status"] == "done"
    return is_gone and is_whole(crops_dir, head["video_id"], head["files"])


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
    numbers = [head["generation"], *head["inputs"]] if isinstance(head["inputs"], list) else []
    is_typed = len(numbers) == 5 and all(isinstance(number, int) for number in numbers)
    return head if is_typed and isinstance(head["files"], str) else None


def _dumped(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, separators=(",", ":")).encode()
