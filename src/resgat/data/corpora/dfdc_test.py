"""DFDC's released test set: videos and a labels.csv, all of them in the test split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from resgat.data.corpora.base import Census
from resgat.data.corpora.dfdc import COMPRESSION, FAKE_METHOD
from resgat.data.layout.census import census_of_list
from resgat.data.layout.listing import is_video_name, warn_unlisted
from resgat.data.layout.tables import Row, read_table
from resgat.data.videos import REAL_METHOD, VideoRecord
from resgat.errors import DatasetNotFoundError, MetadataError
from resgat.types import FAKE, REAL

LABELS_NAME = "labels.csv"

#: Where a labels.csv lies below ``raw_dir``, and where the videos lie below its folder.
_LISTS, _VIDEOS = (".", "test"), (".", "videos", "test")
_LABELS = {"0": REAL, "1": FAKE}
_REMEDY = "unpack the test set's archive again"


class DfdcTest:
    """Reads ``labels.csv`` (``filename,label``; 0 real, 1 fake) and the videos that it names.

    The list lies in ``raw_dir`` or its ``test``; the videos lie beside it, in ``videos`` or in
    ``test``. A video that is listed and missing stays in the list, so that preprocessing reports
    it.

    It is a dataset apart from DFDC's training set, so that no video_id of one names a video of the
    other. Nothing tells who is seen or which original a fake was made from: each video is its own
    identity group. The whole set lists 5,000 videos; the public validation set, of the same form,
    about 4,000.

    Source:
        Dolhansky et al. 2020; layouts of SCLBD/DeepfakeBench, commit 8a4a7bf, and of
        mapooon/SelfBlendedImages, commit 9fe4efe.
    """

    name: ClassVar[str] = "dfdc_test"

    def prepare(self, crops_dir: Path) -> None:
        """Do nothing: the crops of a real corpus come from its videos."""

    def videos(self, raw_dir: Path) -> list[VideoRecord]:
        """List the videos that have a label, sorted by name.

        Raises:
            DatasetNotFoundError: There is no list, or none of its videos is there.
            MetadataError: The list is malformed.
        """
        path = _find_list(raw_dir)
        labels = _read_labels(path)
        folder = _find_videos(path.parent, labels)
        records = [self._record(folder / name, label) for name, label in sorted(labels.items())]
        listed = {record.path for record in records}
        warn_unlisted(folder, folder.glob("*.mp4"), listed, LABELS_NAME)
        return records

    def census(self, records: Sequence[VideoRecord]) -> Census:
        """Count what the list names, and name what of it is not on disk."""
        return census_of_list(records)

    def _record(self, path: Path, label: int) -> VideoRecord:
        return VideoRecord(
            path=path,
            label=label,
            dataset=self.name,
            method=FAKE_METHOD if label == FAKE else REAL_METHOD,
            compression=COMPRESSION,
            name=path.stem,
            target_id=None,
            source_id=None,
            identity_group=f"{self.name}/{path.stem}",
            original_video_id=None,
            split="test",
        )


def _find_list(raw_dir: Path) -> Path:
    for place in _LISTS:
        path = raw_dir / place / LABELS_NAME
        if path.is_file():
            return path
    msg = f"no DFDC test set under {raw_dir}: looked for {LABELS_NAME} and test/{LABELS_NAME}; "
    raise DatasetNotFoundError(msg + f"set raw_dir to the folder that holds {LABELS_NAME}")


def _find_videos(folder: Path, labels: dict[str, int]) -> Path:
    for place in _VIDEOS:
        videos = folder / place
        if any((videos / name).is_file() for name in labels):
            return videos
    msg = f"none of the {len(labels)} videos that {folder / LABELS_NAME} lists is beside it, or in "
    raise DatasetNotFoundError(msg + "videos/ or test/ below; unpack the videos there")


def _read_labels(path: Path) -> dict[str, int]:
    labels: dict[str, int] = {}
    for row in read_table(path, ("filename", "label"), _REMEDY):
        name = row.cells["filename"]
        problem = _problem(row, labels)
        if problem:
            msg = f"{path}: line {row.line}: {problem}; {_REMEDY}"
            raise MetadataError(msg)
        labels[name] = _LABELS[row.cells["label"]]
    return labels


def _problem(row: Row, labels: dict[str, int]) -> str:
    name, label = row.cells["filename"], row.cells["label"]
    if not is_video_name(name):
        return f"filename: expected a plain file name such as 'abcdefghij.mp4', got {name[:80]!r}"
    if label not in _LABELS:
        return f"label: expected 0 (real) or 1 (fake), got {label[:80]!r}"
    return f"{name} is listed twice, expected once" if name in labels else ""
