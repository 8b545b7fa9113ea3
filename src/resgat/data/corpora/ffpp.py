"""FaceForensics++: 1000 real videos, each forged by several methods, with official pair splits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

from resgat.checks import check_choice
from resgat.data.corpora.base import Census
from resgat.data.corpora.ffpp_identity import group_of, read_conversion
from resgat.data.corpora.ffpp_splits import (
    Pair,
    forged_names,
    pair_of,
    read_lists,
    videos_per_split,
)
from resgat.data.layout.sequences import COMPRESSIONS, Clip, Sequences
from resgat.data.videos import REAL_METHOD, VideoRecord, video_id, warn_absent_originals
from resgat.types import FAKE, REAL

PAPER_METHODS = ("Deepfakes", "Face2Face", "FaceSwap", "NeuralTextures")
METHODS = (*PAPER_METHODS, "FaceShifter")

_REALS = "original_sequences/youtube"
_REAL_NAME = re.compile(r"([0-9]+)")
_FAKE_NAME = re.compile(r"([0-9]+)_([0-9]+)")


class _Fake(NamedTuple):
    """A forged video on disk."""

    clip: Clip
    method: str
    mask: Path | None

    @property
    def ids(self) -> tuple[str, str]:
        """Target and source."""
        return self.clip.ids[0], self.clip.ids[1]


class FaceForensics:
    """Reads the folders that the official download script makes.

    ``original_sequences/youtube/<compression>/videos/<target>.mp4`` and
    ``manipulated_sequences/<method>/<compression>/videos/<target>_<source>.mp4``, or stills in
    their place (see :class:`~resgat.data.layout.sequences.Sequences`). A partial download is fine:
    what is absent is logged once, and is in the census.

    The official pair is the identity group. A video whose ids are in no official pair gets no
    split, and the group of the ids it is paired with on disk. The 1000 ids were cut from 977
    YouTube videos; with ``conversion_path``, ids of one YouTube video share a group too. A group so
    formed may cross the official splits, which stay as they are: the audit tells.

    Args:
        compression: raw, c0 (its older name), c23 or c40.
        methods: Manipulations to read; by default the paper's four, as FaceShifter came later.
        splits_dir: Folder with train.json, val.json and test.json; None for the official lists,
            which ship with this package.
        conversion_path: The official conversion_dict.json; None takes each id for a person.

    Source:
        Rossler et al. 2019; layout and lists of ondyari/FaceForensics, commit b952e41.
    """

    name: ClassVar[str] = "ffpp"

    def __init__(
        self,
        compression: str = "c23",
        methods: Sequence[str] = PAPER_METHODS,
        splits_dir: Path | None = None,
        conversion_path: Path | None = None,
    ) -> None:
        check_choice("compression", compression, COMPRESSIONS)
        for method in methods:
            check_choice("methods", method, METHODS)
        self.compression = compression
        self.methods = tuple(methods)
        self.splits_dir = splits_dir
        self.conversion_path = conversion_path

    def prepare(self, crops_dir: Path) -> None:
        """Do nothing: the crops of a real corpus come from its videos."""

    def videos(self, raw_dir: Path) -> list[VideoRecord]:
        """List the originals, then the fakes method by method, each sorted by name.

        Raises:
            DatasetNotFoundError: ``raw_dir`` is no folder or holds no such video.
            MetadataError: A list in ``splits_dir`` or ``conversion_path`` is missing or malformed.
        """
        pairs = pair_of(read_lists(self.splits_dir))
        path = self.conversion_path
        youtube_of = {} if path is None else read_conversion(Path(path))
        sequences = Sequences(raw_dir, self.compression, [_REALS, *map(_sequence, self.methods)])
        reals, fakes = sequences.clips(_REALS, _REAL_NAME), self._fakes(sequences)
        if not reals and not fakes:
            raise sequences.not_found(self.name)
        sequences.warn_incomplete()
        groups = group_of(pairs, (fake.ids for fake in fakes), youtube_of)
        records = [self._real_record(clip, pairs, groups) for clip in reals]
        records += [self._fake_record(fake, pairs, groups) for fake in fakes]
        warn_absent_originals(records)
        return records

    def census(self, records: Sequence[VideoRecord]) -> Census:
        """Count what the split lists name, and list what of it is not on disk.

        Raises:
            MetadataError: A list in ``splits_dir`` is missing or malformed.
        """
        pairs = pair_of(read_lists(self.splits_dir))
        names = {REAL_METHOD: sorted(pairs)} | dict.fromkeys(self.methods, forged_names(pairs))
        listed = {
            video_id(self.name, method, self.compression, name)
            for method, members in names.items()
            for name in members
        }
        present = {record.video_id for record in records if record.is_present}
        official = {method: videos_per_split(pairs) for method in names}
        return Census(official, tuple(sorted(listed - present)))

    def _fakes(self, sequences: Sequences) -> list[_Fake]:
        return [
            _Fake(clip, method, sequences.mask(_sequence(method), clip.name))
            for method in self.methods
            for clip in sequences.clips(_sequence(method), _FAKE_NAME)
        ]

    def _real_record(
        self, clip: Clip, pairs: Mapping[str, Pair], groups: Mapping[str, str]
    ) -> VideoRecord:
        target = clip.name
        pair = pairs.get(target)
        return VideoRecord(
            path=clip.path,
            label=REAL,
            dataset=self.name,
            method=REAL_METHOD,
            compression=self.compression,
            name=clip.name,
            target_id=target,
            source_id=None,
            identity_group=f"{self.name}/{groups.get(target, target)}",
            original_video_id=None,
            split=pair.split if pair else None,
            frames=clip.frames,
        )

    def _fake_record(
        self, fake: _Fake, pairs: Mapping[str, Pair], groups: Mapping[str, str]
    ) -> VideoRecord:
        target, source = fake.ids
        pair = pairs.get(target)
        # A fake across two official pairs would carry a person from one split into another.
        is_official = pair is not None and pair.ids == set(fake.ids)
        return VideoRecord(
            path=fake.clip.path,
            label=FAKE,
            dataset=self.name,
            method=fake.method,
            compression=self.compression,
            name=fake.clip.name,
            target_id=target,
            source_id=source,
            identity_group=f"{self.name}/{groups.get(target, target)}",
            original_video_id=video_id(self.name, REAL_METHOD, self.compression, target),
            split=pair.split if pair and is_official else None,
            mask_path=fake.mask,
            frames=fake.clip.frames,
        )


def _sequence(method: str) -> str:
    return f"manipulated_sequences/{method}"
