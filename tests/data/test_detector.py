import pickle
from pathlib import Path

import numpy as np
import pytest

from resgat.data.detector import Face, HaarDetector, YuNetDetector, _shrink, _yunet_face
from resgat.data.video_io import read_frames
from resgat.errors import CheckpointError, ConfigError, WeightsUnavailableError


@pytest.fixture(scope="module")
def real_frame(real_data: Path) -> np.ndarray:
    path = real_data / "ffpp/original_sequences/youtube/c23/videos/634.mp4"
    return next(read_frames(path, [0]))[1]


@pytest.fixture(scope="module")
def yunet(real_data: Path) -> YuNetDetector:
    path = real_data.parents[1] / "models" / "yunet_s_640_640.onnx"
    if not path.is_file():
        pytest.skip(f"no YuNet model at {path}")
    return YuNetDetector(path)


def test_a_faces_area() -> None:
    assert Face((10, 20, 30, 50)).area_px == 600


def test_frames_shrink_to_640_px_and_never_grow() -> None:
    small, scale = _shrink(np.zeros((960, 1280, 3), np.uint8))
    assert small.shape == (480, 640, 3)
    assert scale == 0.5
    same, scale = _shrink(np.zeros((48, 64, 3), np.uint8))
    assert same.shape == (48, 64, 3)
    assert scale == 1.0


def test_yunets_row_is_read_in_frame_pixels() -> None:
    row = [10, 20, 30, 40, 15, 30, 35, 30, 25, 40, 18, 50, 32, 50, 1.0000001]
    face = _yunet_face([float(value) for value in row], scale=0.5)
    assert face.box_xyxy == (20, 40, 80, 120)
    assert face.landmarks == ((30, 60), (70, 60), (50, 80), (36, 100), (64, 100))
    assert face.prob == 1.0


def test_haar_finds_nothing_in_an_empty_frame() -> None:
    assert HaarDetector().detect(np.zeros((480, 640, 3), np.uint8)) == []


def test_haars_spec_tells_its_settings_and_survives_pickling() -> None:
    detector = HaarDetector(min_face_share=0.1)
    assert detector.spec == {
        "name": "haar_frontalface_alt2",
        "longest_side_px": 640,
        "scale_factor": 1.1,
        "min_neighbors": 5,
        "min_face_share": 0.1,
    }
    assert pickle.loads(pickle.dumps(detector)).spec == detector.spec


def test_settings_out_of_range_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="min_face_share"):
        HaarDetector(min_face_share=2)
    with pytest.raises(ConfigError, match="min_prob"):
        YuNetDetector(tmp_path / "model.onnx", min_prob=1.5)


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnavailableError, match=r"model\.onnx: no such file; get face_det"):
        YuNetDetector(tmp_path / "model.onnx")


def test_another_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"something else")
    with pytest.raises(CheckpointError, match=r"model\.onnx: expected SHA-256 8f2383e4.*, got "):
        YuNetDetector(path)


@pytest.mark.real
def test_both_detectors_find_the_one_face(real_frame: np.ndarray, yunet: YuNetDetector) -> None:
    (haar_face,) = HaarDetector().detect(real_frame)
    (yunet_face,) = yunet.detect(real_frame)
    assert haar_face.prob is None
    assert haar_face.landmarks is None
    assert yunet_face.prob is not None
    assert yunet_face.prob >= 0.9
    x0, y0, x1, y1 = haar_face.box_xyxy
    cx, cy = (np.array(yunet_face.box_xyxy[:2]) + yunet_face.box_xyxy[2:]) / 2
    assert x0 < cx < x1
    assert y0 < cy < y1


@pytest.mark.real
def test_landmarks_are_image_left_first(real_frame: np.ndarray, yunet: YuNetDetector) -> None:
    (face,) = yunet.detect(real_frame)
    assert face.landmarks is not None
    left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert left_eye[1] < nose[1] < left_mouth[1]


@pytest.mark.real
def test_a_larger_frame_gives_the_same_box(real_frame: np.ndarray, yunet: YuNetDetector) -> None:
    double = real_frame.repeat(2, axis=0).repeat(2, axis=1)
    (small,), (large,) = yunet.detect(real_frame), yunet.detect(double)
    np.testing.assert_allclose(np.array(large.box_xyxy) / 2, small.box_xyxy, atol=12)


@pytest.mark.real
def test_yunet_survives_pickling(real_frame: np.ndarray, yunet: YuNetDetector) -> None:
    assert pickle.loads(pickle.dumps(yunet)).detect(real_frame) == yunet.detect(real_frame)
