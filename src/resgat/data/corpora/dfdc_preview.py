"""DFDC Preview: two methods, an official test set, and a val that is held out by actor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path, PurePosixPath
from reprlib import repr as shown
from typing import ClassVar, NamedTuple

from resgat.data.corpora.base import Census
from resgat.data.corpora.dfdc import COMPRESSION
from resgat.data.layout.census import census_of_list
from resgat.data.layout.hash_split import hold_out
from resgat.data.layout.listing import warn_unlisted
from resgat.data.layout.metadata import read_object
from resgat.data.layout.paths import relative_path
from resgat.data.naming import safe_name
from resgat.data.videos import REAL_METHOD, VideoRecord
from resgat.errors import DatasetNotFoundError, MetadataError
from resgat.types import FAKE, REAL

METADATA_NAME = "dataset.json"

_ROOT_NAME = "dfdc_preview_set"  # what the archive unpacks to
_REALS, _FAKES = "original_videos", ("method_A", "method_B")
_LABELS = {"real": REAL, "fake": FAKE}
_REMEDY = "correct the entry, or unpack the archive again"


class _Listed(NamedTuple):
    """One checked entry of the list; the actors as far as they are told."""

    path: PurePosixPath
    label: int
    is_test: bool
    target: str
    source: str | None


class DfdcPreview:
    """Reads ``dataset.json`` and the videos that it names, in ``raw_dir`` or ``dfdc_preview_set``.

    ``original_videos/<actor>/x.mp4`` and ``method_A/<actor>/<clip>/x.mp4``, each with its label and
    its set. A video that is listed and missing stays in the list, so that preprocessing reports it.

    The test set is official. There is no val: 15 % of the actors of the training set are held out,
    by a hash of their ids. A training fake that joins a held-out actor with another is in no split,
    as it would show a person of one in the other.

    The identity group is the target actor: ``target_id`` of the list, else the actor's folder. The
    list pairs no fake with its original, so fakes have none here.

    Source:
        Dolhansky et al. 2019, "The Deepfake Detection Challenge (DFDC) Preview Dataset".
    """

    name: ClassVar[str] = "dfdc_preview"

    def prepare(self, crops_dir: Path) -> None:
        """Do nothing: the crops of a real corpus come from its videos."""

    def videos(self, raw_dir: Path) -> list[VideoRecord]:
        """List what ``dataset.json`` names, sorted by path.

        Raises:
            DatasetNotFoundError: There is no list.
            MetadataError: The list is malformed.
        """
        path = _find_list(raw_dir)
        entries = read_object(path, "the list of labels", _REMEDY)
        listed = [_checked(path, key, entry) for key, entry in sorted(entries.items())]
        records = [self._record(path.parent, entry) for entry in listed]
        found = chain.from_iterable(
            (path.parent / folder).rglob("*.mp4") for folder in (_REALS, *_FAKES)
        )
        known = {record.path for record in records}
        warn_unlisted(path.parent, found, known, METADATA_NAME)
        return records

    def census(self, records: Sequence[VideoRecord]) -> Census:
        """Count what the list names, and name what of it is not on disk."""
        return census_of_list(records)

    def _record(self, root: Path, entry: _Listed) -> VideoRecord:
        folder, *rest = entry.path.with_suffix("").parts
        group = f"{self.name}/{entry.target}"
        seen = [group] if entry.source is None else [group, f"{self.name}/{entry.source}"]
        return VideoRecord(
            path=root / entry.path,
            label=entry.label,
            dataset=self.name,
            method=REAL_METHOD if folder == _REALS else folder,
            compression=COMPRESSION,
            name=safe_name("/".join(rest)),
            target_id=entry.target,
            source_id=entry.source,
            identity_group=group,
            original_video_id=None,
            split="test" if entry.is_test else hold_out(*seen),
        )


def _find_list(raw_dir: Path) -> Path:
    for folder in (raw_dir, raw_dir / _ROOT_NAME):
        if (folder / METADATA_NAME).is_file():
            return folder / METADATA_NAME
    msg = f"no DFDC Preview under {raw_dir}: looked for {METADATA_NAME}, also below {_ROOT_NAME}/; "
    raise DatasetNotFoundError(msg + f"set raw_dir to the folder that holds {METADATA_NAME}")


def _checked(path: Path, key: str, entry: object) -> _Listed:
    """Check one entry; nothing of it is used as a path before."""
    relative = relative_path(key)
    problem = _problem(key, relative, entry)
    if problem or relative is None or not isinstance(entry, Mapping):
        msg = f"{path}: entry {key[:200]!r}: {problem}; {_REMEDY}"
        raise MetadataError(msg)
    label = _LABELS[entry["label"]]
    source = _actor(entry.get("swapped_id")) if label == FAKE else None
    target = _actor(entry.get("target_id")) or relative.parts[1]
    return _Listed(relative, label, entry["set"] == "test", target, source)


def _problem(key: str, path: PurePosixPath | None, entry: object) -> str:
    if path is None or path.as_posix() != key or len(path.parts) < 3 or path.suffix != ".mp4":
        return "expected a path such as 'original_videos/123/123_A.mp4'"
    folder = path.parts[0]
    if folder not in (_REALS, *_FAKES):
        return f"expected it in one of {', '.join((_REALS, *_FAKES))}"
    if not isinstance(entry, Mapping):
        return f"expected an object with label and set, got {shown(entry)}"
    label, part = entry.get("label"), entry.get("set")
    expected = "real" if folder == _REALS else "fake"
    if label != expected:
        return f"label: expected {expected!r}, as it lies in {folder}, got {shown(label)}"
    if part not in ("train", "test"):
        return f"set: expected train or test, got {shown(part)}"
    wrong = [name for name in ("target_id", "swapped_id") if not _is_actor(entry.get(name))]
    return f"{wrong[0]}: expected an actor's id, got {shown(entry[wrong[0]])}" if wrong else ""


def _is_actor(value: object) -> bool:
    """Tell whether a value is an id: a number or a plain text; or none."""
    if value is None:
        return True
    is_id = isinstance(value, str | int) and not isinstance(value, bool)
    return is_id and safe_name(str(value)) == str(value)


def _actor(value: object) -> str | None:
    return None if value is None else str(value)
