import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pytest

from resgat.data.corpora.ffpp import FaceForensics
from resgat.data.cropping import CropSpec
from resgat.data.detector import Face, FaceDetector
from resgat.data.index import CropIndex, write_index
from resgat.data.outcome import PreprocessReport
from resgat.data.preprocess import preprocess
from resgat.data.schema import INDEX_SCHEMA
from resgat.data.videos import VideoRecord

# Worker processes must find the detectors again, however pytest was started.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.data.detectors import GREY_STEP, FixedDetector

# Tests that import albumentations before resgat must not ask the network either.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

SIDE_PX = 32
NUM_VIDEOS, NUM_FRAMES = 12, 4
SPLIT_OF_PAIR = ("train", "train", "train", "train", "val", "test")

Rows = list[dict[str, Any]]


def crop_row(video: int, frame: int) -> dict[str, Any]:
    """Videos 2k (real) and 2k + 1 (its fake) are one identity group."""
    fake = video % 2
    method = "swap" if fake else "original"
    video_id = f"toy/{method}/c0/{video:03d}"
    return {
        "crop_id": f"{video_id}/{frame}/0",
        "path": f"{video_id}/{frame:04d}.png",
        "label": fake,
        "dataset": "toy",
        "method": method,
        "compression": "c0",
        "video_id": video_id,
        "frame_idx": 10 * frame,
        "face_idx": 0,
        "target_id": f"{video // 2}",
        "source_id": "other" if fake else None,
        "identity_group": f"person{video // 2}",
        "original_video_id": f"toy/original/c0/{video - 1:03d}" if fake else None,
        "split": SPLIT_OF_PAIR[video // 2],
        "bbox_xyxy": [0.0, 0.0, 32.0, 32.0],
        "det_prob": 0.9,
        "landmarks": [8.0, 10.0, 24.0, 10.0, 16.0, 16.0, 10.0, 24.0, 22.0, 24.0],
        "mask_path": f"masks/{video_id}/{frame:04d}.png" if fake else None,
        "crop_spec": "spec0",
    }


@pytest.fixture
def rows() -> Rows:
    """Rows of 12 videos with 4 frames each, in three splits."""
    return [crop_row(video, frame) for video in range(NUM_VIDEOS) for frame in range(NUM_FRAMES)]


@pytest.fixture
def make_table() -> Callable[[Rows], pa.Table]:
    """Turn rows into a table of the contract's types."""
    return lambda rows: pa.Table.from_pylist(rows, schema=INDEX_SCHEMA)


@pytest.fixture
def make_index(make_table: Callable[[Rows], pa.Table]) -> Callable[[Rows], CropIndex]:
    """Turn rows into an index without files."""
    return lambda rows: CropIndex.whole(make_table(rows), Path("crops"))


@pytest.fixture
def crops_dir(tmp_path: Path, rows: Rows, make_table: Callable[[Rows], pa.Table]) -> Path:
    """A crops folder as preprocessing leaves it; each fake's mask is its upper left quarter."""
    rng = np.random.default_rng(0)
    mask = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    mask[: SIDE_PX // 2, : SIDE_PX // 2] = 255
    for row in rows:
        image = rng.integers(0, 256, (SIDE_PX, SIDE_PX, 3), np.uint8)
        write_png(tmp_path / row["path"], image)
        if row["mask_path"]:
            write_png(tmp_path / row["mask_path"], mask)
    write_index(make_table(rows), tmp_path)
    return tmp_path


def write_png(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)


FRAME_HEIGHT_PX, FRAME_WIDTH_PX = 48, 64


def grey_frames(num_frames: int) -> list[np.ndarray]:
    shape = (FRAME_HEIGHT_PX, FRAME_WIDTH_PX, 3)
    return [np.full(shape, GREY_STEP * idx, np.uint8) for idx in range(num_frames)]


def write_video(path: Path, frames: Iterable[np.ndarray], codec: str = "mp4v") -> Path:
    """Write RGB frames of one size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    images = list(frames)
    height, width = images[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), 10, (width, height))
    for image in images:
        writer.write(image[..., ::-1])
    writer.release()
    return path


@pytest.fixture
def make_video(tmp_path: Path) -> Callable[..., Path]:
    """Write RGB frames as a video file of a name below ``tmp_path``."""

    def make(name: str, frames: Iterable[np.ndarray], codec: str = "mp4v") -> Path:
        return write_video(tmp_path / name, frames, codec)

    return make


@pytest.fixture(scope="session")
def video_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A whole grey video of 20 frames."""
    path = tmp_path_factory.mktemp("video") / "whole.mp4"
    return write_video(path, grey_frames(20)).read_bytes()


@pytest.fixture(scope="session")
def short_video_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A video that states 20 frames and holds about half; AVI, as its header comes first."""
    path = tmp_path_factory.mktemp("video") / "whole.avi"
    whole = write_video(path, grey_frames(20), "MJPG").read_bytes()
    return whole[: len(whole) * 6 // 10]


@pytest.fixture
def make_detector() -> Callable[[Iterable[Face]], FaceDetector]:
    """Build a detector that finds the same faces in every frame."""
    return lambda faces: FixedDetector(tuple(faces))


#: 20 x 24 px around (30, 22).
FACE = Face((20, 10, 40, 34), 0.95, ((26, 18), (34, 18), (30, 24), (27, 28), (33, 28)))


@pytest.fixture
def fixed_detector() -> FaceDetector:
    """A detector that finds one face with landmarks, of 20 x 24 px around (30, 22)."""
    return FixedDetector((FACE,))


@pytest.fixture
def make_record(tmp_path: Path) -> Callable[..., VideoRecord]:
    """Describe a real video, or a fake of the video that ``original`` names."""

    def make(name: str, original: str | None = None, **changes: Any) -> VideoRecord:
        fields: dict[str, Any] = {
            "path": tmp_path / "raw" / f"{name}.mp4",
            "label": int(original is not None),
            "dataset": "toy",
            "method": "swap" if original else "original",
            "compression": "c0",
            "name": name,
            "target_id": original or name,
            "source_id": "other" if original else None,
            "identity_group": f"toy/{original or name}",
            "original_video_id": original and f"toy/original/c0/{original}",
            "split": "train",
        }
        return VideoRecord(**fields | changes)

    return make


@pytest.fixture
def ffpp_raw(tmp_path: Path, video_bytes: bytes) -> Path:
    """FF++ as downloaded: an official pair (071, 054) of train, one of val without an original."""
    raw = tmp_path / "ffpp"
    names = {
        "original_sequences/youtube": ["071", "054"],
        "manipulated_sequences/Deepfakes": ["071_054", "054_071"],
        "manipulated_sequences/FaceSwap": ["004_982"],
    }
    for sequence, stems in names.items():
        folder = raw / sequence / "c23" / "videos"
        folder.mkdir(parents=True)
        for stem in stems:
            (folder / f"{stem}.mp4").write_bytes(video_bytes)
    return raw


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    """Where crops go; not there yet."""
    return tmp_path / "crops"


@pytest.fixture
def run_ffpp(
    ffpp_raw: Path, crops: Path, fixed_detector: FaceDetector
) -> Callable[..., PreprocessReport]:
    """Preprocess the toy FF++ in this process, four crops of 16 px a video."""

    def run(crops_dir: Path = crops, size_px: int = 16, **changes: Any) -> PreprocessReport:
        detector = changes.get("detector", fixed_detector)
        spec = CropSpec(size_px, 1.3, detector.spec, frames_per_video=4)
        usual = {"num_workers": 0, "spec": spec, "detector": detector}
        return preprocess(FaceForensics(), ffpp_raw, crops_dir, **usual | changes)

    return run


@pytest.fixture
def dfdc_raw(tmp_path: Path, video_bytes: bytes) -> Path:
    """DFDC with one part per split; the fake of part 0 is listed and missing."""
    raw = tmp_path / "dfdc"
    for part in (0, 37, 42):
        folder = raw / f"dfdc_train_part_{part}"
        folder.mkdir(parents=True)
        real, fake = f"real{part}.mp4", f"fake{part}.mp4"
        entries = {
            fake: {"label": "FAKE", "split": "train", "original": real},
            real: {"label": "REAL", "split": "train"},
        }
        (folder / "metadata.json").write_text(json.dumps(entries))
        (folder / real).write_bytes(video_bytes)
        if part:
            (folder / fake).write_bytes(video_bytes)
    return raw
