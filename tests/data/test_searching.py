import numpy as np
import pytest

from resgat.data.detector import Face
from resgat.data.searching import FaceSearch, Guide
from tests.data.detectors import SpotDetector

SHAPE = (120, 160)
FACE = Face((40, 30, 80, 70), 0.9)
ELSEWHERE = Face((110, 30, 150, 70), 0.9)


def spot(face: Face = FACE, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    frame = np.zeros((*shape, 3), np.uint8)
    left, top, right, bottom = map(int, face.box_xyxy)
    frame[top:bottom, left:right] = 255
    return frame


EMPTY = np.zeros((*SHAPE, 3), np.uint8)


@pytest.fixture
def detector() -> SpotDetector:
    return SpotDetector()


def guided(detector: SpotDetector, *faces: Face, shape: tuple[int, int] = SHAPE) -> FaceSearch:
    """A search that knows frames 0, 2 and 4."""
    return FaceSearch(detector, Guide(shape, dict.fromkeys((0, 2, 4), faces)))


def test_without_a_guide_every_frame_is_searched(detector: SpotDetector) -> None:
    search = FaceSearch(detector)
    assert search.num_guided == 0
    assert [search.faces(idx, spot())[0].box_xyxy for idx in (0, 1)] == [FACE.box_xyxy] * 2
    assert detector.seen[SHAPE] == 1
    assert detector.seen[80, 80] == 2


def test_the_originals_faces_are_taken_over_after_one_look(detector: SpotDetector) -> None:
    search = guided(detector, FACE, ELSEWHERE)
    near = Face((44, 33, 84, 73))
    assert search.faces(0, spot(near)) == [FACE, ELSEWHERE]
    assert detector.seen == {(80, 80): 2}
    detector.seen.clear()
    assert [search.faces(idx, spot(near)) for idx in (2, 4)] == [[FACE, ELSEWHERE]] * 2
    assert search.num_guided > 0
    assert not detector.seen


def test_frames_that_the_original_was_not_searched_in_are(detector: SpotDetector) -> None:
    search = guided(detector, FACE)
    near = Face((44, 33, 84, 73))
    boxes = [search.faces(idx, spot(near))[0].box_xyxy for idx in (0, 1, 2, 3)]
    assert boxes == [FACE.box_xyxy, near.box_xyxy, FACE.box_xyxy, near.box_xyxy]
    assert search.num_guided > 0


def test_frames_in_which_the_original_showed_no_face_are_searched(detector: SpotDetector) -> None:
    search = guided(detector)
    assert [search.faces(idx, spot())[0].box_xyxy for idx in (0, 2)] == [FACE.box_xyxy] * 2
    assert detector.seen[80, 80] == 2


def test_a_face_that_lies_elsewhere_ends_the_guidance(detector: SpotDetector) -> None:
    search = guided(detector, FACE)
    for idx in (0, 2):
        assert search.faces(idx, spot(ELSEWHERE))[0].box_xyxy == ELSEWHERE.box_xyxy
    assert search.num_guided == 0


def test_a_face_that_is_not_where_it_should_be_is_sought_everywhere(
    detector: SpotDetector,
) -> None:
    search = guided(detector, FACE)
    search.faces(0, spot(ELSEWHERE))
    assert detector.seen[SHAPE] >= 1
    assert search.num_guided == 0


def test_frames_of_another_size_end_the_guidance(detector: SpotDetector) -> None:
    search = guided(detector, FACE, shape=(240, 320))
    assert search.faces(0, spot())[0].box_xyxy == FACE.box_xyxy
    assert search.num_guided == 0


def test_a_face_that_the_detector_misses_tells_nothing(detector: SpotDetector) -> None:
    """So a forgery that the detector does not take for a face is cut like its original."""
    search = guided(detector, FACE)
    assert search.faces(0, EMPTY) == [FACE]
    assert search.num_guided > 0


def test_of_several_faces_one_that_agrees_is_enough(detector: SpotDetector) -> None:
    search = guided(detector, ELSEWHERE, FACE)
    assert search.faces(0, spot()) == [ELSEWHERE, FACE]


@pytest.mark.parametrize(("shift", "agrees"), [(13, True), (14, False)])
def test_half_of_the_union_must_be_shared(shift: int, agrees: bool, detector: SpotDetector) -> None:
    """(40 - s) / (40 + s) >= 0.5 up to s = 13."""
    left, top, right, bottom = FACE.box_xyxy
    search = guided(detector, FACE)
    search.faces(0, spot(Face((left + shift, top, right + shift, bottom))))
    assert bool(search.num_guided) is agrees
