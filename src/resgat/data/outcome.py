"""What became of the videos of a preprocessing run, counted while they pass by."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

from resgat.data.entry import Entry
from resgat.data.videos import VideoRecord

NO_SPLIT = "none"

#: Method -> split -> what was counted -> how many.
Counts = dict[str, dict[str, dict[str, int]]]


@dataclass(frozen=True)
class Failure:
    """A video without a crop.

    Attributes:
        path: Below the raw folder, POSIX.
    """

    video_id: str
    path: str
    reason: str


@dataclass
class Tally:
    """Counts videos and crops per method and split; videos in no split count under ``"none"``.

    Attributes:
        counts: Method -> split -> ``videos_asked`` (listed), ``videos_found`` (file there),
            ``videos_decoded``, ``videos_with_face``, ``frames_asked``, ``frames_decoded``,
            ``frames_lost`` (cannot be decoded), ``frames_guided`` (boxes taken over from the
            original), ``crops`` (frames with the face), ``landmarks``, ``masks``.
        failures: The videos without a crop.
    """

    counts: Counts = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    @property
    def num_crops(self) -> int:
        """Rows of the index."""
        return self.total("crops")

    def total(self, name: str) -> int:
        """Return one count over all methods and splits."""
        return sum(cell[name] for splits in self.counts.values() for cell in splits.values())

    def add(self, record: VideoRecord, entry: Entry, raw_dir: Path) -> None:
        """Count one video."""
        splits = self.counts.setdefault(record.method, {})
        cell = splits.setdefault(record.split or NO_SPLIT, {})
        for name, number in _numbers(record, entry).items():
            cell[name] = cell.get(name, 0) + number
        if entry.reason is not None:
            path = record.path.relative_to(raw_dir).as_posix()
            self.failures.append(Failure(record.video_id, path, entry.reason))


@dataclass(frozen=True)
class PreprocessReport:
    """The result of a run, for printing.

    Attributes:
        crop_spec: Hash of the crop spec.
        tally: What was counted.
        is_complete: Whether the index was written; a shard leaves that to the merge.
    """

    crops_dir: Path
    crop_spec: str
    tally: Tally
    is_complete: bool


def failures_csv(failures: list[Failure]) -> str:
    """Return the table of videos without a crop: video_id, path below the raw folder, reason."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["video_id", "path", "reason"])
    writer.writerows([failure.video_id, failure.path, failure.reason] for failure in failures)
    return text.getvalue()


def _numbers(record: VideoRecord, entry: Entry) -> dict[str, int]:
    return {
        "videos_asked": 1,
        "videos_found": int(record.is_present),
        "videos_decoded": int(entry.is_decoded),
        "videos_with_face": int(bool(entry.crops)),
        "frames_asked": entry.frames_asked,
        "frames_decoded": entry.frames_decoded,
        "frames_lost": entry.frames_lost,
        "frames_guided": entry.frames_guided,
        "crops": len(entry.crops),
        "landmarks": sum(note.landmarks is not None for note in entry.crops),
        "masks": sum(note.has_mask for note in entry.crops),
    }
