"""DFDC training set: folders of videos, each with a metadata.json; split by folder number."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

from resgat.data.corpora.base import Census
from resgat.data.layout.census import absent_ids
from resgat.data.layout.listing import is_video_name, warn_unlisted
from resgat.data.layout.metadata import read_object
from resgat.data.videos import REAL_METHOD, VideoRecord, video_id, warn_absent_originals
from resgat.errors import DatasetNotFoundError, MetadataError
from resgat.types import FAKE, REAL

METADATA_NAME = "metadata.json"
FAKE_METHOD = "dfdc"
#: DFDC comes at one quality: as it left Kaggle, H.264 at the phones' own rates.
COMPRESSION = "h264"

#: What the publisher lists, over all parts.
NUM_PARTS, NUM_REAL, NUM_FAKE = 50, 19_154, 100_000

_PART_NAME = re.compile(r"dfdc_train_part_0*([0-9]+)")


class _Listed(NamedTuple):
    """One checked entry of a metadata file."""

    folder: Path
    name: str
    original: str | None


class Dfdc:
    """Reads ``dfdc_train_part_N`` folders, zero-padded or not, below ``raw_dir`` or its ``train``.

    Any other folder with a metadata.json, such as Kaggle's ``train_sample_videos``, is read too,
    but has no folder number and so no split. A video that is listed and missing stays in the list,
    so that preprocessing reports it.

    Folders 0-34 train, 35-39 val, 40-49 test. The identity group is the original's name: folders
    stand in for persons, which the metadata does not name. An original may lie in another part than
    its fake; if that part is of another split, the group lies in two, and the audit says so.

    Source:
        Dolhansky et al. 2020; split of polimi-ispl/icpr2020dfdc, commit bbd6411.
    """

    name: ClassVar[str] = "dfdc"

    def prepare(self, crops_dir: Path) -> None:
        """Do nothing: the crops of a real corpus come from its videos."""

    def videos(self, raw_dir: Path) -> list[VideoRecord]:
        """List the videos of all metadata files, part by part, sorted by name.

        Raises:
            DatasetNotFoundError: ``raw_dir`` is no folder or holds no part.
            MetadataError: A metadata file is missing or malformed, or two list one video.
        """
        parts = _parts(raw_dir)
        if not parts:
            msg = f"no DFDC part under {raw_dir}: looked for dfdc_train_part_N/{METADATA_NAME}, "
            msg += "also below train/; set raw_dir to the folder that holds the unpacked parts"
            raise DatasetNotFoundError(msg)
        listed = [entry for folder in parts for entry in _read_metadata(folder / METADATA_NAME)]
        _refuse_twice(listed)
        splits = {folder: folder_split(folder.resolve().name) for folder in parts}
        records = [_record(entry, splits[entry.folder]) for entry in listed]
        found = (path for folder in parts for path in folder.glob("*.mp4"))
        warn_unlisted(raw_dir, found, {record.path for record in records}, METADATA_NAME)
        warn_absent_originals(records)
        return records

    def census(self, records: Sequence[VideoRecord]) -> Census:
        """Give the published numbers; name absent videos, and absent parts where any is there."""
        official = {REAL_METHOD: {"all": NUM_REAL}, FAKE_METHOD: {"all": NUM_FAKE}}
        folders = {record.path.parent for record in records}
        found = {_part_number(folder.resolve().name) for folder in folders} - {None}
        numbers = set(range(NUM_PARTS)) - found if found else set()
        parts = {f"dfdc_train_part_{number}" for number in numbers}
        return Census(official, tuple(sorted(absent_ids(records) | parts)))


def folder_split(folder_name: str) -> str | None:
    """Return the split of a part folder, or None where its number cannot be read.

    Example:
        >>> [folder_split(f"dfdc_train_part_{n}") for n in ("00", "35", "49")]
        ['train', 'val', 'test']
    """
    number = _part_number(folder_name)
    if number is None or number > 49:
        return None
    return "train" if number < 35 else "val" if number < 40 else "test"


def _part_number(folder_name: str) -> int | None:
    match = _PART_NAME.fullmatch(folder_name)
    return int(match[1]) if match else None


def _parts(raw_dir: Path) -> list[Path]:
    """The folders that are a part by name or by their metadata, in order of number, then name."""
    candidates = [raw_dir]
    for folder in (raw_dir, raw_dir / "train"):
        if folder.is_dir():
            candidates += [path for path in folder.iterdir() if path.is_dir()]
    parts = [
        path
        for path in candidates
        if (path / METADATA_NAME).is_file() or (path != raw_dir and _PART_NAME.fullmatch(path.name))
    ]
    return sorted(parts, key=lambda path: (_order(path.name), path.as_posix()))


def _order(folder_name: str) -> int:
    number = _part_number(folder_name)
    return 1_000_000 if number is None else number


def _read_metadata(path: Path) -> list[_Listed]:
    """Read and check one file: ``{"x.mp4": {"label": "FAKE", "original": "y.mp4"}, ...}``."""
    entries = read_object(path, "the part's list of labels", "unpack the part's zip again")
    return [_checked(path, name, entry) for name, entry in sorted(entries.items())]


def _checked(path: Path, name: str, entry: object) -> _Listed:
    """Check one entry; nothing of it is used as a path before."""
    plain = "a plain file name such as 'abcdefghij.mp4'"
    if not is_video_name(name):
        raise _malformed(path, name, f"name: expected {plain}, got {name!r}")
    if not isinstance(entry, Mapping):
        raise _malformed(path, name, f"expected an object with a label, got {entry!r}")
    label, original = entry.get("label"), entry.get("original")
    if label not in ("FAKE", "REAL"):
        raise _malformed(path, name, f"label: expected FAKE or REAL, got {label!r}")
    if label == "REAL" and original is not None:
        raise _malformed(path, name, f"original: expected none for a REAL video, got {original!r}")
    if label == "FAKE" and not is_video_name(original):
        raise _malformed(path, name, f"original: expected {plain}, got {original!r}")
    return _Listed(path.parent, name, original)


def _malformed(path: Path, name: str, problem: str) -> MetadataError:
    msg = f"{path}: entry {name!r}: {problem}; correct the entry or unpack the part's zip again"
    return MetadataError(msg)


def _refuse_twice(listed: list[_Listed]) -> None:
    """Refuse a video that two parts list: its video_id would name two files."""
    first: dict[str, _Listed] = {}
    for entry in listed:
        other = first.setdefault(entry.name, entry)
        if other is not entry:
            msg = f"{entry.name} is listed in {other.folder} and in {entry.folder}, expected once; "
            raise MetadataError(msg + "move one of the two folders away")


def _record(entry: _Listed, split: str | None) -> VideoRecord:
    is_fake = entry.original is not None
    target = Path(entry.original or entry.name).stem
    original_id = video_id(Dfdc.name, REAL_METHOD, COMPRESSION, target)
    return VideoRecord(
        path=entry.folder / entry.name,
        label=FAKE if is_fake else REAL,
        dataset=Dfdc.name,
        method=FAKE_METHOD if is_fake else REAL_METHOD,
        compression=COMPRESSION,
        name=Path(entry.name).stem,
        target_id=target,
        source_id=None,
        identity_group=f"{Dfdc.name}/{target}",
        original_video_id=original_id if is_fake else None,
        split=split,
    )
