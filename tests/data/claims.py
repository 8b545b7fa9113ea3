"""What must hold of preprocessing whatever it is given, checked around one run."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import cv2
import pyarrow.parquet as pq

from resgat.data.corpora.base import Corpus
from resgat.data.cropping import CropSpec
from resgat.data.detector import Face, FaceDetector
from resgat.data.preprocess import preprocess
from resgat.data.video_io import Frame
from tests.data.detectors import GREY_STEP

TIMEOUT_S = 60
FRAMES_PER_VIDEO = 4

Rows = dict[str, list[int]]


class CrowdDetector:
    """Sees none to ten faces, the more the brighter the frame, and one beyond its edge."""

    has_landmarks = False

    @property
    def spec(self) -> dict[str, Any]:
        return {"name": "crowd"}

    def detect(self, frame: Frame, min_face_px: float = 0.0) -> list[Face]:
        count = round(float(frame.mean()) / GREY_STEP) % 11
        return [Face((6.0 * idx, 5.0, 6.0 * idx + 12, 20.0)) for idx in range(count)]


def cut(
    corpus: Corpus,
    raw: Path,
    crops: Path,
    num_workers: int = 2,
    detector: FaceDetector = CrowdDetector(),  # noqa: B008  (holds nothing)
) -> Rows:
    """Preprocess, check every claim, and return the frames cut of each video that gave any.

    No file outside the crops folder is touched, and every video is in the index, with crops that
    are there, or among the failures, with a reason.
    """
    records = corpus.videos(raw)
    outside = listing(raw.parent, without=crops)
    spec = CropSpec(16, 1.3, detector.spec, frames_per_video=FRAMES_PER_VIDEO)
    preprocess(
        corpus,
        raw,
        crops,
        spec=spec,
        detector=detector,
        num_workers=num_workers,
        timeout_s=TIMEOUT_S,
    )
    assert listing(raw.parent, without=crops) == outside
    indexed = read_index(crops)
    with (crops / "failures.csv").open(encoding="utf-8", newline="") as file:
        failures = {row["video_id"]: row["reason"] for row in csv.DictReader(file)}
    assert all(reason.strip() for reason in failures.values())
    assert not indexed.keys() & failures.keys()
    assert indexed.keys() | failures.keys() == {record.video_id for record in records}
    return indexed


def listing(folder: Path, *, without: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of change of all below a folder but another; links not followed."""
    return {
        str(path): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in folder.rglob("*")
        if path != without and without not in path.parents and path.is_relative_to(folder)
        if not path.is_dir()
    }


def read_index(crops: Path) -> Rows:
    """Return the frames of each video; every crop is there, and of its size."""
    found: Rows = {}
    table = pq.read_table(crops / "index.parquet", columns=["video_id", "path", "frame_idx"])
    for row in table.to_pylist():
        crop = cv2.imread(str(crops / row["path"]))
        assert crop is not None
        assert crop.shape == (16, 16, 3)
        found.setdefault(row["video_id"], []).append(row["frame_idx"])
    return found
