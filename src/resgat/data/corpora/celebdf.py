"""Celeb-DF, versions 1 and 2: the official test list, and a val that is held out by person."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

from resgat.checks import check_choice
from resgat.data.corpora.base import Census
from resgat.data.corpora.celebdf_list import (
    CELEB,
    LIST_NAME,
    SYNTHESIS,
    YOUTUBE,
    Entry,
    read_test_list,
)
from resgat.data.layout.census import absent_ids
from resgat.data.layout.folders import child_folder
from resgat.data.layout.hash_split import hold_out
from resgat.data.videos import REAL_METHOD, VideoRecord, examples, video_id, warn_absent_originals
from resgat.errors import DatasetNotFoundError, MetadataError
from resgat.types import FAKE, REAL

logger = logging.getLogger(__name__)

FAKE_METHOD = SYNTHESIS
COMPRESSION = "h264"

#: Version -> what the publisher lists: real videos (Celeb-real and YouTube-real), and fakes.
NUM_VIDEOS = {1: (158 + 250, 795), 2: (590 + 300, 5639)}

_NAMES = {
    CELEB: re.compile(r"(id[0-9]{1,6})_([0-9]{1,6})"),
    YOUTUBE: re.compile(r"([0-9]{1,6})"),
    SYNTHESIS: re.compile(r"(id[0-9]{1,6})_(id[0-9]{1,6})_([0-9]{1,6})"),
}


class _Clip(NamedTuple):
    """A video on disk or in the test list, with the parts of its name."""

    path: Path
    folder: str
    parts: tuple[str, ...]
    is_test: bool


class CelebDf:
    """Reads ``Celeb-real``, ``YouTube-real``, ``Celeb-synthesis`` and the list of test videos.

    Videos lie in these folders or in a ``videos`` of each. A test video that is listed and missing
    stays in the list, so that preprocessing reports it.

    The test set is official. There is no val: 15 % of the people of the other videos are held out,
    by a hash of their ids. A fake that joins a held-out person with another is in no split, as it
    would show a person of one in the other.

    The identity group is the person whose video it is; each YouTube-real video is its own. **The
    people of the official test set are in the training set too** (version 2 tests on nearly all of
    its 59), so that training here is refused unless ``data.allow_leakage=true``. Dropping them
    would leave next to no fake to train on: train on another corpus, and test on this one.

    Args:
        version: 1 or 2, which share names of videos and are two datasets.

    Source:
        Li et al. 2020, "Celeb-DF: A Large-scale Challenging Dataset for DeepFake Forensics";
        numbers and layout of yuezunli/celeb-deepfakeforensics.
    """

    name: ClassVar[str] = "celebdf"

    def __init__(self, version: int = 2) -> None:
        check_choice("version", version, NUM_VIDEOS)
        self.version = version
        self.dataset = "celebdf" if version == 2 else f"celebdf_v{version}"

    def prepare(self, crops_dir: Path) -> None:
        """Do nothing: the crops of a real corpus come from its videos."""

    def videos(self, raw_dir: Path) -> list[VideoRecord]:
        """List the videos folder by folder, each sorted by name.

        Raises:
            DatasetNotFoundError: ``raw_dir`` holds none of the folders.
            MetadataError: The test list is missing or malformed, or a folder or video is there
                twice.
        """
        folders = {name: child_folder(raw_dir, name) for name in _NAMES}
        if not any(folders.values()):
            msg = f"no Celeb-DF under {raw_dir}: looked for {', '.join(_NAMES)}; set raw_dir to "
            raise DatasetNotFoundError(msg + "the folder that holds them")
        listed = read_test_list(raw_dir / LIST_NAME)
        clips = [clip for name in _NAMES for clip in _clips(raw_dir, name, folders[name], listed)]
        records = [self._record(clip) for clip in clips]
        _log_unsplit(records)
        warn_absent_originals(records)
        return records

    def census(self, records: Sequence[VideoRecord]) -> Census:
        """Give the published numbers; name absent test videos, and originals that fakes tell of."""
        num_real, num_fake = NUM_VIDEOS[self.version]
        official = {REAL_METHOD: {"all": num_real}, FAKE_METHOD: {"all": num_fake}}
        return Census(official, tuple(sorted(absent_ids(records))))

    def _record(self, clip: _Clip) -> VideoRecord:
        is_fake = clip.folder == SYNTHESIS
        target = clip.path.stem if clip.folder == YOUTUBE else clip.parts[0]
        source = clip.parts[1] if is_fake else None
        group = self._group(clip.folder, target)
        seen = [group] if source is None else [group, self._group(clip.folder, source)]
        original = f"{target}_{clip.parts[-1]}"
        return VideoRecord(
            path=clip.path,
            label=FAKE if is_fake else REAL,
            dataset=self.dataset,
            method=FAKE_METHOD if is_fake else REAL_METHOD,
            compression=COMPRESSION,
            name=clip.path.stem,
            target_id=target,
            source_id=source,
            identity_group=group,
            original_video_id=self._original_id(original) if is_fake else None,
            split="test" if clip.is_test else hold_out(*seen),
        )

    def _group(self, folder: str, person: str) -> str:
        return f"{self.dataset}/{'youtube_' if folder == YOUTUBE else ''}{person}"

    def _original_id(self, name: str) -> str:
        return video_id(self.dataset, REAL_METHOD, COMPRESSION, name)


def _clips(
    raw_dir: Path, name: str, folder: Path | None, listed: Mapping[Entry, int]
) -> list[_Clip]:
    """List one folder's videos and those of the test list, sorted by name."""
    found = {} if folder is None else _on_disk(folder)
    tested = {entry.stem: line for entry, line in listed.items() if entry.folder == name}
    matched = {stem: _NAMES[name].fullmatch(stem) for stem in sorted({*found, *tested})}
    strange = [stem for stem, match in matched.items() if match is None]
    for stem in strange:
        if stem in tested:
            msg = f"{raw_dir / LIST_NAME}: line {tested[stem]}: {name} has no video named "
            raise MetadataError(msg + f"{stem[:80]!r}; download the list again")
    if strange:
        msg = "%s: %d names are not of this corpus, left out: %s"
        logger.warning(msg, folder, len(strange), examples(strange))
    missing = folder or raw_dir / name
    return [
        _Clip(found.get(stem, missing / f"{stem}.mp4"), name, match.groups(), stem in tested)
        for stem, match in matched.items()
        if match
    ]


def _on_disk(folder: Path) -> dict[str, Path]:
    """Map the names of the videos in a folder and in its ``videos`` to their files."""
    found: dict[str, Path] = {}
    for path in [*folder.glob("*.mp4"), *folder.glob("videos/*.mp4")]:
        other = found.setdefault(path.stem, path)
        if other != path:
            msg = f"{folder}: {path.name} lies there and in videos/; move one of them away"
            raise MetadataError(msg)
    return found


def _log_unsplit(records: Sequence[VideoRecord]) -> None:
    """Log how many fakes the hold-out of people costs."""
    unsplit = sum(record.split is None for record in records)
    if unsplit:
        msg = "%d Celeb-DF fakes join people of train and val and are in no split"
        logger.info(msg, unsplit)
