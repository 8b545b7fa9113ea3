"""What became of each video of a preprocessing run, counted and written down."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from resgat.data.extract import VideoCrops
from resgat.data.videos import VideoRecord

NO_SPLIT = "none"

#: Method -> split -> what was counted -> how many.
Counts = dict[str, dict[str, dict[str, int]]]


@dataclass(frozen=True)
class VideoOutcome:
    """What became of one video.

    Attributes:
        crops: None when the video could not be decoded.
        failure: Why there is no crop; None when there is one.
    """

    record: VideoRecord
    crops: VideoCrops | None
    failure: str | None

    @property
    def num_crops(self) -> int:
        """Frames in which the face was found."""
        return len(self.crops.rows) if self.crops else 0


@dataclass(frozen=True)
class PreprocessReport:
    """The result of a run, for printing.

    Attributes:
        crop_spec: Hash of the crop spec.
        counts: See :func:`count`.
        failures: video_id -> reason, for every video without a crop.
        faces_found: video_id -> (frames with the face, frames read), for every decoded video.
    """

    crops_dir: Path
    crop_spec: str
    counts: Counts
    failures: dict[str, str]
    faces_found: dict[str, tuple[int, int]]

    @property
    def num_crops(self) -> int:
        """Rows of the index."""
        return sum(with_face for with_face, _ in self.faces_found.values())


def report(outcomes: Sequence[VideoOutcome], crops_dir: Path, crop_spec: str) -> PreprocessReport:
    """Sum up the outcomes of a run."""
    return PreprocessReport(
        crops_dir=crops_dir,
        crop_spec=crop_spec,
        counts=count(outcomes),
        failures={o.record.video_id: o.failure for o in outcomes if o.failure is not None},
        faces_found={
            o.record.video_id: (o.num_crops, o.crops.frames_read) for o in outcomes if o.crops
        },
    )


def count(outcomes: Sequence[VideoOutcome]) -> Counts:
    """Count videos and crops per method and split; videos in no split count under ``"none"``.

    Returns:
        Method -> split -> ``videos_asked`` (listed), ``videos_found`` (file there),
        ``videos_decoded``, ``videos_with_face``, ``frames_read``, ``crops``.
    """
    counts: Counts = {}
    for outcome in outcomes:
        splits = counts.setdefault(outcome.record.method, {})
        cell = splits.setdefault(outcome.record.split or NO_SPLIT, {})
        for name, number in _numbers(outcome).items():
            cell[name] = cell.get(name, 0) + number
    return counts


def failures_csv(outcomes: Sequence[VideoOutcome], raw_dir: Path) -> str:
    """Return the table of videos without a crop: video_id, path below ``raw_dir``, reason."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["video_id", "path", "reason"])
    for outcome in outcomes:
        if outcome.failure is not None:
            path = outcome.record.path.relative_to(raw_dir).as_posix()
            writer.writerow([outcome.record.video_id, path, outcome.failure])
    return text.getvalue()


def _numbers(outcome: VideoOutcome) -> dict[str, int]:
    return {
        "videos_asked": 1,
        "videos_found": int(outcome.record.path.is_file()),
        "videos_decoded": int(outcome.crops is not None),
        "videos_with_face": int(outcome.num_crops > 0),
        "frames_read": outcome.crops.frames_read if outcome.crops else 0,
        "crops": outcome.num_crops,
    }
