from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from resgat.data.detector import Face
from resgat.data.extract import extract
from resgat.data.geometry import square_box
from resgat.data.videos import VideoRecord
from resgat.errors import VideoReadError
from resgat.inference.cutting import FaceCutter, WholeFrameCutter, cut_or_reason, kind_of
from resgat.types import REAL
from tests.data.detectors import FixedDetector, OddDetector
from tests.inference.conftest import LEFT, RIGHT

Write = Callable[..., Path]


def test_every_person_of_a_video_is_a_track_over_evenly_spread_frames(
    write_video: Write, cutter: FaceCutter
) -> None:
    cut = cutter.cut(write_video("a.avi", list(range(0, 200, 20))))
    assert (cut.kind, cut.frames_per_s) == ("video", 10.0)
    right, left = cut.tracks
    for face, track in ((RIGHT, right), (LEFT, left)):
        assert [one.frame_idx for one in track] == [0, 3, 6, 9]
        for one in track:
            assert one.box_xyxy == face.box_xyxy
            assert one.det_prob == face.prob
            assert one.square_xyxy == square_box(face.box_xyxy, 1.3, (48, 64))
            assert one.crop.shape == (16, 16, 3)
            assert np.abs(one.crop.astype(int) - 20 * one.frame_idx).max() <= 1
    assert cut.decode_s > 0
    assert cut.detect_s >= 0


def test_the_first_track_is_what_preprocessing_cuts(write_video: Write, cutter: FaceCutter) -> None:
    path = write_video("a.avi", [120, 12, 24, 36, 48, 60, 72, 84, 96, 108])
    odd = replace(cutter, detector=OddDetector((RIGHT, LEFT)))
    record = VideoRecord(
        path, REAL, "toy", "original", "c0", "a", None, None, "a", None, split=None
    )
    wanted = extract(record, odd.spec, odd.detector).cuts
    first = odd.cut(path).tracks[0]
    assert [one.frame_idx for one in first] == [cut.frame_idx for cut in wanted]
    for one, cut in zip(first, wanted, strict=True):
        np.testing.assert_array_equal(one.crop, cut.crop)


def test_crops_are_what_training_read_back_from_a_lossy_format(
    tmp_path: Path, cutter: FaceCutter, rng: np.random.Generator
) -> None:
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), rng.integers(0, 256, (48, 64, 3), dtype=np.uint8))
    plain = cutter.cut(path).tracks[0][0].crop
    jpeg = replace(cutter, spec=replace(cutter.spec, image_format="jpeg", quality=60))
    found = jpeg.cut(path).tracks[0][0].crop
    assert 1 < np.abs(found.astype(int) - plain).mean() < 60


def test_landmarks_move_with_the_crop(write_image: Write, cutter: FaceCutter) -> None:
    points = ((41.0, 18.0), (57.0, 18.0), (49.0, 24.0), (44.0, 30.0), (54.0, 30.0))
    one = replace(cutter, detector=FixedDetector((Face((36, 8, 62, 36), 0.8, points),)))
    (face,) = one.cut(write_image("a.png", 50)).tracks[0]
    left, top, right, _ = face.square_xyxy
    scale = 16 / (right - left)
    assert face.landmarks is not None
    assert face.landmarks[0] == pytest.approx(((41 - left) * scale, (18 - top) * scale))


def test_no_face_is_no_track(write_image: Write, cutter: FaceCutter) -> None:
    cut = replace(cutter, detector=FixedDetector(())).cut(write_image("a.png", 50))
    assert (cut.kind, cut.frames_per_s, cut.tracks) == ("image", None, ())


def test_a_whole_frame_is_its_centred_square_untouched(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    image = rng.integers(0, 256, (30, 41, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), image[..., ::-1])
    ((face,),) = WholeFrameCutter(4).cut(tmp_path / "a.png").tracks
    np.testing.assert_array_equal(face.crop, image[:, 5:35])
    assert face.box_xyxy == face.square_xyxy == (5, 0, 35, 30)


def test_whole_frames_of_a_video_are_one_track(write_video: Write) -> None:
    (track,) = WholeFrameCutter(3).cut(write_video("a.avi", [0, 50, 100, 150, 200])).tracks
    assert [face.frame_idx for face in track] == [0, 2, 4]
    assert [round(float(face.crop.mean()), -1) for face in track] == [0, 100, 200]


def test_what_cannot_be_read_is_a_reason_without_its_path(
    tmp_path: Path, cutter: FaceCutter
) -> None:
    (tmp_path / "a.mp4").write_bytes(b"xx")
    (tmp_path / "a.png").write_bytes(b"")
    said = {name: cut_or_reason(cutter, tmp_path / name) for name in ("a.mp4", "a.png", "b.png")}
    assert str(said["a.mp4"]).startswith("expected a video, got 2 bytes that FFmpeg cannot open")
    assert str(said["a.png"]).startswith("expected an image, got 0 bytes")
    assert said["b.png"] == "no such file"
    too_long = cut_or_reason(cutter, tmp_path / ("x" * 5000))
    assert too_long == "cannot be read (File name too long)"


def test_a_library_that_fails_on_a_file_is_a_reason(write_image: Write, cutter: FaceCutter) -> None:
    class Failing(FixedDetector):
        def detect(self, frame: object, min_face_px: float = 0.0) -> list[Face]:
            raise MemoryError

    said = cut_or_reason(replace(cutter, detector=Failing(())), write_image("a.png", 9))
    assert said == "it takes more memory than there is"


def test_kinds_are_told_by_the_ending(tmp_path: Path) -> None:
    for name, kind in (("a.PNG", "image"), ("a.mov", "video")):
        (tmp_path / name).write_bytes(b"x")
        assert kind_of(tmp_path / name) == kind
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(VideoReadError, match=r"neither an image nor a video by its ending '\.txt'"):
        kind_of(tmp_path / "a.txt")
    with pytest.raises(VideoReadError, match="expected a file, got a folder"):
        kind_of(tmp_path)
