import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resgat.data.detector import (
    Face,
    HaarDetector,
    YuNetDetector,
    _is_possible,
    _shrink,
    _yunet_face,
    largest_first,
)
from resgat.data.following import FaceFollower
from resgat.data.geometry import iou, square_box
from resgat.data.video_io import read_frames
from resgat.errors import CheckpointError, ConfigError, WeightsUnavailableError


@pytest.fixture(scope="module")
def real_frame(real_data: Path) -> np.ndarray:
    path = real_data / "ffpp/original_sequences/youtube/c23/videos/634.mp4"
    return next(read_frames(path, [0]))[1]


@pytest.fixture(scope="module")
def yunet(yunet_path: Path) -> YuNetDetector:
    return YuNetDetector(yunet_path)


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


EYES = [12.0, 14.0, 18.0, 14.0]


@pytest.mark.parametrize(
    ("row", "is_possible"),
    [
        ([10.0, 10.0, 10.0, 12.0, *EYES, *[15.0] * 6, 0.9], True),
        ([10.0, 10.0, 10.0, 12.0, 12.0, 14.0, 13.0, 14.0, *[15.0] * 6, 0.9], True),
        ([10.0, 10.0, 10.0, 12.0, 12.0, 14.0, 12.9, 14.0, *[15.0] * 6, 0.9], False),
        ([10.0, 10.0, 128.0, 12.0, *EYES, *[15.0] * 6, 0.9], True),
        ([10.0, 10.0, 129.0, 12.0, *EYES, *[15.0] * 6, 0.9], False),
        ([float("nan"), 10.0, 10.0, 12.0, *EYES, *[15.0] * 6, 0.9], False),
        ([10.0, 10.0, 10.0, 12.0, *EYES, float("inf"), *[15.0] * 5, 0.9], False),
    ],
)
def test_what_cannot_be_a_face_of_a_64_px_frame_is_none(
    row: list[float], is_possible: bool
) -> None:
    assert _is_possible(row, (48, 64, 3)) is is_possible


def test_haar_looks_for_no_smaller_face_than_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    detector = HaarDetector()
    asked: list[tuple[int, int]] = []

    class Cascade:
        def detectMultiScale(self, image: np.ndarray, **settings: Any) -> tuple[()]:  # noqa: N802
            asked.append(settings["minSize"])
            return ()

    monkeypatch.setattr(detector, "_cascade", Cascade())
    detector.detect(np.zeros((100, 100, 3), np.uint8), 55.5)
    detector.detect(np.zeros((1280, 1280, 3), np.uint8), 55.5)
    assert asked == [(50, 50), (51, 51)]  # 55.5 / 1.11; 8 % of 640 px, more than 55.5 / 2 / 1.11


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
        "box_scale": 1.11,
        "box_shift": 0.02,
    }
    assert not detector.has_landmarks
    assert pickle.loads(pickle.dumps(detector)).spec == detector.spec


def test_haars_square_becomes_one_from_the_hairline_to_the_chin() -> None:
    """A square of 100 px around (60, 70) grows to 111 px around (60, 72)."""
    box = HaarDetector()._hairline_to_chin(10, 20, 100, 100)
    np.testing.assert_allclose(box, [4.5, 16.5, 111, 111])


def test_faces_come_largest_first_and_then_in_a_fixed_order() -> None:
    small, left, right = Face((0, 0, 2, 2)), Face((0, 0, 4, 4)), Face((5, 0, 9, 4))
    for order in ([small, right, left], [left, small, right]):
        assert largest_first(order) == [left, right, small]


def test_settings_out_of_range_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="min_face_share"):
        HaarDetector(min_face_share=2)
    with pytest.raises(ConfigError, match="min_prob"):
        YuNetDetector(tmp_path / "model.onnx", min_prob=1.5)


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnavailableError, match=r"model\.onnx: no such file; get face_det"):
        YuNetDetector(tmp_path / "model.onnx")


def test_no_model_at_all_says_where_it_is_published() -> None:
    expected = r"set detector\.model_path or RESGAT_YUNET; get face_detection_yunet_2023mar\.onnx"
    with pytest.raises(WeightsUnavailableError, match=expected):
        YuNetDetector(None)


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


@pytest.mark.real
def test_both_detectors_give_the_same_squares(real_data: Path, yunet: YuNetDetector) -> None:
    """Their boxes follow one convention: without converting Haar's, the median is 0.73."""
    overlaps = []
    for path in sorted(real_data.rglob("*.mp4")):
        haar, other = FaceFollower(HaarDetector()), FaceFollower(yunet)
        for _, frame in read_frames(path, [0, 10, 20]):
            squares = [
                [square_box(face.box_xyxy, 1.3, frame.shape) for face in follower.detect(frame)]
                for follower in (haar, other)
            ]
            overlaps += [max((iou(a, b) for a in squares[0]), default=0.0) for b in squares[1]]
    assert len(overlaps) >= 27
    assert np.median(overlaps) >= 0.8
