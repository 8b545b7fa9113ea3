"""DFDC training set: folders of videos, each with a metadata.json; split by folder number."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from resgat.data.videos import VideoRecord, examples, video_id, warn_absent_originals
from resgat.errors import DatasetNotFoundError, MetadataError
from resgat.types import FAKE, REAL

logger = logging.getLogger(__name__)

METADATA_NAME = "metadata.json"
FAKE_METHOD = "dfdc"
REAL_METHOD = "original"
#: DFDC comes at one quality: as it left Kaggle, H.264 at the phones' own rates.
COMPRESSION = "h264"

_PART_NAME = re.compile(r"dfdc_train_part_0*([0-9]+)")
_VIDEO_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_. -]{0,199}\.mp4")


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
    stand in for persons, which the metadata does not name.

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
        _warn_unlisted(parts, listed)
        records = [_record(entry) for entry in listed]
        warn_absent_originals(records)
        return records


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
    remedy = "unpack the part's zip again"
    try:
        entries = json.loads(path.read_text("utf-8"), object_pairs_hook=_without_repeats)
    except FileNotFoundError as error:
        msg = f"{path}: no such file, expected the part's list of labels; {remedy}"
        raise MetadataError(msg) from error
    except (ValueError, RecursionError) as error:
        msg = f"{path}: expected JSON without repeated keys, got {error}; {remedy}"
        raise MetadataError(msg) from error
    if not isinstance(entries, dict):
        msg = f"{path}: expected an object of video names, got {type(entries).__name__}; {remedy}"
        raise MetadataError(msg)
    return [_checked(path, name, entry) for name, entry in sorted(entries.items())]


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that occurs twice: JSON would silently keep the last label."""
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        msg = f"a repeated key {next(name for name in names if names.count(name) > 1)!r}"
        raise ValueError(msg)
    return members


def _checked(path: Path, name: str, entry: object) -> _Listed:
    """Check one entry; nothing of it is used as a path before."""
    plain = "a plain file name such as 'abcdefghij.mp4'"
    if not _is_video_name(name):
        raise _malformed(path, name, f"name: expected {plain}, got {name!r}")
    if not isinstance(entry, Mapping):
        raise _malformed(path, name, f"expected an object with a label, got {entry!r}")
    label, original = entry.get("label"), entry.get("original")
    if label not in ("FAKE", "REAL"):
        raise _malformed(path, name, f"label: expected FAKE or REAL, got {label!r}")
    if label == "REAL" and original is not None:
        raise _malformed(path, name, f"original: expected none for a REAL video, got {original!r}")
    if label == "FAKE" and not _is_video_name(original):
        raise _malformed(path, name, f"original: expected {plain}, got {original!r}")
    return _Listed(path.parent, name, original)


def _is_video_name(name: object) -> bool:
    return isinstance(name, str) and bool(_VIDEO_NAME.fullmatch(name)) and ".." not in name


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


def _warn_unlisted(parts: list[Path], listed: list[_Listed]) -> None:
    known = {entry.folder / entry.name for entry in listed}
    found = [path for folder in parts for path in sorted(folder.glob("*.mp4")) if path not in known]
    if found:
        names = examples([f"{path.parent.name}/{path.name}" for path in found])
        logger.warning("%d videos are in no %s and left out: %s", len(found), METADATA_NAME, names)


def _record(entry: _Listed) -> VideoRecord:
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
        split=folder_split(entry.folder.resolve().name),
    )
