from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from resgat.data.cropping import CropSpec
from resgat.data.detector import Face, FaceDetector
from resgat.data.extract import crop_name, extract_video
from resgat.data.images import read_crop
from resgat.data.schema import INDEX_SCHEMA
from resgat.data.validation import check_table
from resgat.data.video_io import Frame
from resgat.data.videos import VideoRecord
from resgat.errors import VideoReadError

GREY_STEP = 12


class CountingDetector:
    """Passes on to another detector and counts the frames it saw."""

    def __init__(self, inner: FaceDetector) -> None:
        self.inner = inner
        self.num_frames = 0

    @property
    def spec(self) -> dict[str, object]:
        return self.inner.spec

    def detect(self, frame: Frame) -> list[Face]:
        self.num_frames += 1
        return self.inner.detect(frame)


@pytest.fixture
def detector(fixed_detector: FaceDetector) -> CountingDetector:
    return CountingDetector(fixed_detector)


@pytest.fixture
def spec(fixed_detector: FaceDetector) -> CropSpec:
    return CropSpec(size_px=16, margin=1.5, detector=fixed_detector.spec)


@pytest.fixture
def record(tmp_path: Path, video_bytes: bytes) -> VideoRecord:
    path = tmp_path / "video.mp4"
    path.write_bytes(video_bytes)
    return VideoRecord(
        path, 1, "toy", "swap", "c0", "a_b", "a", "b", "toy/a_b", "toy/original/c0/a", "train"
    )


def tree(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_rows_hold_what_is_known_of_a_crop(
    record: VideoRecord, detector: CountingDetector, spec: CropSpec, tmp_path: Path
) -> None:
    crops = extract_video(record, detector, spec, 3, tmp_path)
    assert crops.frames_read == 3
    assert crops.rows["frame_idx"].to_pylist() == [0, 10, 19]
    assert crops.rows.schema == INDEX_SCHEMA
    check_table(crops.rows)
    row = crops.rows.to_pylist()[1]
    # The face is 20 x 24 px around (30, 22), so the square's side is 36 px.
    scale = 16 / 36
    points = [(26, 18), (34, 18), (30, 24), (27, 28), (33, 28)]
    expected = [value for x, y in points for value in ((x - 12) * scale, (y - 4) * scale)]
    assert row.pop("landmarks") == pytest.approx(expected)
    assert row.pop("det_prob") == pytest.approx(0.95)
    assert row == {
        "crop_id": "toy/swap/c0/a_b/10/0",
        "path": "toy/swap/c0/a_b/000010_0.png",
        "label": 1,
        "dataset": "toy",
        "method": "swap",
        "compression": "c0",
        "video_id": "toy/swap/c0/a_b",
        "frame_idx": 10,
        "face_idx": 0,
        "target_id": "a",
        "source_id": "b",
        "identity_group": "toy/a_b",
        "original_video_id": "toy/original/c0/a",
        "split": "train",
        "bbox_xyxy": [12.0, 4.0, 48.0, 40.0],
        "mask_path": None,
        "crop_spec": spec.hash,
    }


def test_crops_are_the_frames_pixels(
    record: VideoRecord, detector: CountingDetector, spec: CropSpec, tmp_path: Path
) -> None:
    for row in extract_video(record, detector, spec, 4, tmp_path).rows.to_pylist():
        crop = read_crop(tmp_path / row["path"])
        assert crop.shape == (16, 16, 3)
        assert abs(float(crop.mean()) - GREY_STEP * row["frame_idx"]) < 4


def test_stored_colours_are_rgb(
    record: VideoRecord, detector: CountingDetector, spec: CropSpec, tmp_path: Path
) -> None:
    writer = cv2.VideoWriter(str(record.path), cv2.VideoWriter.fourcc(*"mp4v"), 10, (64, 48))
    writer.write(np.full((48, 64, 3), (0, 0, 220), np.uint8))
    writer.release()
    (row,) = extract_video(record, detector, spec, 4, tmp_path).rows.to_pylist()
    assert read_crop(tmp_path / row["path"])[..., 0].mean() > 180


def test_a_short_video_gives_all_its_frames(
    record: VideoRecord, detector: CountingDetector, spec: CropSpec, tmp_path: Path
) -> None:
    crops = extract_video(record, detector, spec, 100, tmp_path)
    assert crops.frames_read == len(crops.rows) == 20


def test_unknown_probability_and_landmarks_are_null(
    record: VideoRecord,
    make_detector: Callable[[Iterable[Face]], FaceDetector],
    spec: CropSpec,
    tmp_path: Path,
) -> None:
    detector = make_detector([Face((20, 10, 40, 34))])
    for _ in range(2):
        rows = extract_video(record, detector, spec, 2, tmp_path).rows
        assert rows["det_prob"].null_count == rows["landmarks"].null_count == 2
        check_table(rows)


def test_a_video_without_a_face_leaves_nothing(
    record: VideoRecord,
    make_detector: Callable[[Iterable[Face]], FaceDetector],
    spec: CropSpec,
    tmp_path: Path,
) -> None:
    crops = extract_video(record, make_detector([]), spec, 5, tmp_path / "crops")
    assert len(crops.rows) == 0
    assert crops.frames_read == 5
    assert not (tmp_path / "crops").exists()


def test_a_finished_video_is_read_back(
    record: VideoRecord, detector: CountingDetector, spec: CropSpec, tmp_path: Path
) -> None:
    first = extract_video(record, detector, spec, 4, tmp_path)
    again = extract_video(record, detector, spec, 4, tmp_path)
    assert detector.num_frames == 4
    assert again == first


def test_reading_back_takes_provenance_from_the_record(
    record: VideoRecord, detector: CountingDetector, spec: CropSpec, tmp_path: Path
) -> None:
    extract_video(record, detector, spec, 4, tmp_path)
    rows = extract_video(replace(record, split="test"), detector, spec, 4, tmp_path).rows
    assert detector.num_frames == 4
    assert rows["split"].to_pylist() == ["test"] * 4


def test_other_settings_or_another_source_are_cut_anew(
    record: VideoRecord, detector: CountingDetector, spec: CropSpec, tmp_path: Path
) -> None:
    extract_video(record, detector, spec, 4, tmp_path)
    extract_video(record, detector, spec, 2, tmp_path)
    assert detector.num_frames == 6
    folder = tmp_path / record.video_id
    assert {path.name for path in folder.glob("*.png")} == {crop_name(0), crop_name(19)}
    extract_video(record, detector, replace(spec, margin=1.2), 2, tmp_path)
    assert detector.num_frames == 8
    with record.path.open("ab") as file:
        file.write(bytes(8))
    extract_video(record, detector, replace(spec, margin=1.2), 2, tmp_path)
    assert detector.num_frames == 10


@pytest.mark.parametrize("harm", ["crop", "rows"])
def test_a_damaged_folder_is_made_again(
    harm: str, record: VideoRecord, detector: CountingDetector, spec: CropSpec, tmp_path: Path
) -> None:
    extract_video(record, detector, spec, 4, tmp_path / "crops")
    clean = tree(tmp_path / "crops")
    folder = tmp_path / "crops" / record.video_id
    if harm == "crop":
        (folder / crop_name(0)).unlink()
    else:
        (folder / "rows.parquet").write_bytes(b"PAR1")
    extract_video(record, detector, spec, 4, tmp_path / "crops")
    assert tree(tmp_path / "crops") == clean


def test_a_kill_while_writing_leaves_no_half_video(
    record: VideoRecord,
    detector: CountingDetector,
    spec: CropSpec,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    crops_dir = tmp_path / "crops"
    with monkeypatch.context() as patch:
        patch.setattr(pq, "write_table", killed)
        with pytest.raises(KeyboardInterrupt):
            extract_video(record, detector, spec, 4, crops_dir)
    assert tree(crops_dir) == {}
    # What a kill -9 leaves, which no handler can clean up:
    (crops_dir / ".partial" / "tmp123" / "made").mkdir(parents=True)
    (crops_dir / ".partial" / "tmp123" / "made" / crop_name(0)).write_bytes(b"half")
    extract_video(record, detector, spec, 4, crops_dir)
    extract_video(record, detector, spec, 4, tmp_path / "clean")
    made = tree(crops_dir / "toy")
    assert made == tree(tmp_path / "clean" / "toy")
    assert len(made) == 5


def test_the_stored_rows_are_in_the_videos_folder(
    record: VideoRecord, detector: CountingDetector, spec: CropSpec, tmp_path: Path
) -> None:
    crops = extract_video(record, detector, spec, 4, tmp_path)
    stored = pq.read_table(tmp_path / record.video_id / "rows.parquet")
    assert stored.replace_schema_metadata() == crops.rows


def test_a_listed_video_that_is_missing_is_refused(
    record: VideoRecord, detector: CountingDetector, spec: CropSpec, tmp_path: Path
) -> None:
    record.path.unlink()
    with pytest.raises(VideoReadError, match=r"video\.mp4: listed in metadata\.json, file missing"):
        extract_video(record, detector, spec, 4, tmp_path)


def test_a_video_that_ends_early_leaves_nothing(
    record: VideoRecord,
    detector: CountingDetector,
    spec: CropSpec,
    tmp_path: Path,
    short_video_bytes: bytes,
) -> None:
    record.path.write_bytes(short_video_bytes)
    with pytest.raises(VideoReadError, match=r"decoded \d+ of 20 frames"):
        extract_video(record, detector, spec, 4, tmp_path / "crops")
    assert not (tmp_path / "crops").exists()
