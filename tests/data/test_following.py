import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.detector import Face
from resgat.data.following import FULL_EVERY, NEAR_SIDE_PX, FaceFollower
from tests.data.detectors import SpotDetector

WHOLE = (240, 320)


def spot(x: int, y: int, side: int = 40, shape: tuple[int, int] = WHOLE) -> np.ndarray:
    frame = np.zeros((*shape, 3), np.uint8)
    frame[y : y + side, x : x + side] = 255
    return frame


EMPTY = spot(0, 0, 0)


@pytest.fixture
def detector() -> SpotDetector:
    return SpotDetector()


@pytest.fixture
def follower(detector: SpotDetector) -> FaceFollower:
    return FaceFollower(detector)


def test_the_whole_frame_is_searched_every_eighth_time(
    detector: SpotDetector, follower: FaceFollower
) -> None:
    whole = []
    for _ in range(3 * FULL_EVERY):
        before = detector.seen[WHOLE]
        follower.detect(spot(100, 80))
        whole.append(detector.seen[WHOLE] - before)
    assert whole == 3 * [1, *[0] * (FULL_EVERY - 1)]
    # A face that the whole frame shows is measured near its place, like all others.
    assert detector.seen[80, 80] == 3 * FULL_EVERY


def test_a_face_that_is_lost_is_searched_everywhere(
    detector: SpotDetector, follower: FaceFollower
) -> None:
    follower.detect(spot(20, 20))
    (face,) = follower.detect(spot(250, 180))
    assert face.box_xyxy == (250, 180, 290, 220)
    assert detector.seen == {WHOLE: 2, (80, 80): 3}


def test_while_there_is_no_face_whole_frames_are_searched(
    detector: SpotDetector, follower: FaceFollower
) -> None:
    assert [follower.detect(frame) for frame in (EMPTY, EMPTY, EMPTY)] == [[], [], []]
    assert len(follower.detect(spot(9, 9))) == 1
    assert detector.seen == {WHOLE: 4, (80, 80): 1}


def test_a_face_that_comes_late_is_found_by_the_next_whole_search() -> None:
    """The one that is known keeps the rest of the frame from being searched in between."""
    early, late = Face((20, 20, 60, 60)), Face((200, 100, 240, 140))

    class Two(SpotDetector):
        def detect(self, frame: np.ndarray, min_face_px: float = 0.0) -> list[Face]:
            found = [early] if frame[30, 30].any() else []
            is_whole = frame.shape[:2] == WHOLE
            return [*found, late] if is_whole and frame[120, 220].any() else found

    follower = FaceFollower(Two())
    both = spot(20, 20) + spot(200, 100)
    counts = [len(follower.detect(spot(20, 20)))]
    counts += [len(follower.detect(both)) for _ in range(FULL_EVERY)]
    assert counts == [1] * FULL_EVERY + [2]


def test_one_of_two_that_is_lost_has_the_whole_frame_searched(detector: SpotDetector) -> None:
    faces = [Face((20.0, 20.0, 60.0, 60.0)), Face((200.0, 100.0, 240.0, 140.0))]

    class First(SpotDetector):
        """Sees both in the whole frame, and afterwards what is bright."""

        def detect(self, frame: np.ndarray, min_face_px: float = 0.0) -> list[Face]:
            found = super().detect(frame)
            return faces if self.seen.total() == 1 else found

    follower = FaceFollower(First())
    assert follower.detect(EMPTY) == faces
    assert follower.detect(spot(20, 20)) == [faces[0]]


@given(
    st.lists(st.tuples(st.integers(-12, 12), st.integers(-12, 12)), max_size=20),
    st.integers(36, 60),
)
def test_following_agrees_with_searching_every_frame(
    steps: list[tuple[int, int]], side: int
) -> None:
    follower, every = FaceFollower(SpotDetector()), SpotDetector()
    x, y = 120, 90
    for dx, dy in [(0, 0), *steps]:
        x, y = min(max(x + dx, 0), 320 - side), min(max(y + dy, 0), 240 - side)
        frame = spot(x, y, side)
        assert follower.detect(frame) == every.detect(frame)


def test_large_faces_are_searched_in_a_smaller_picture() -> None:
    """Their boxes come back in the pixels of the frame, to a pixel of the smaller picture."""
    shape = (900, 1200)
    detector = SpotDetector()
    follower = FaceFollower(detector)
    follower.detect(spot(400, 200, 400, shape))
    (face,) = follower.detect(spot(420, 230, 400, shape))
    assert detector.seen == {shape: 1, (NEAR_SIDE_PX, NEAR_SIDE_PX): 2}
    np.testing.assert_allclose(face.box_xyxy, (420, 230, 820, 630), atol=800 / NEAR_SIDE_PX)


def test_probability_and_landmarks_come_back_in_the_frames_pixels() -> None:
    known = Face(
        (100, 80, 140, 120), 0.9, ((110, 90), (130, 90), (120, 100), (112, 112), (128, 112))
    )

    class Near(SpotDetector):
        """Sees the same face wherever its whole frame was cut."""

        def detect(self, frame: np.ndarray, min_face_px: float = 0.0) -> list[Face]:
            self.seen[frame.shape[:2]] += 1
            if frame.shape[:2] == WHOLE:
                return [known]
            moved = tuple((x - 80, y - 60) for x, y in known.landmarks or ())
            return [Face((20, 20, 60, 60), 0.9, moved)]

    detector = Near()
    follower = FaceFollower(detector)
    assert [follower.detect(EMPTY) for _ in range(2)] == [[known], [known]]
    assert detector.seen == {WHOLE: 1, (80, 80): 2}


def test_a_face_that_only_the_whole_frame_shows_keeps_the_box_from_there() -> None:
    known = Face((100, 80, 140, 120))

    class Far(SpotDetector):
        def detect(self, frame: np.ndarray, min_face_px: float = 0.0) -> list[Face]:
            self.seen[frame.shape[:2]] += 1
            return [known] if frame.shape[:2] == WHOLE else []

    detector = Far()
    follower = FaceFollower(detector)
    assert [follower.detect(EMPTY) for _ in range(2)] == [[known], [known]]
    assert detector.seen[WHOLE] == 2


def test_faces_come_largest_first_whichever_search_found_them() -> None:
    """The one that was larger in the whole frame may be the smaller one near its place."""
    first, second = Face((10, 10, 60, 60)), Face((200, 100, 240, 140))

    class Both(SpotDetector):
        def detect(self, frame: np.ndarray, min_face_px: float = 0.0) -> list[Face]:
            if frame.shape[:2] == WHOLE:
                return [first, second]
            side = 30 if frame.shape[0] == 100 else 40
            return [Face((20, 20, 20 + side, 20 + side))]

    found = FaceFollower(Both()).detect(EMPTY)
    assert [face.box_xyxy for face in found] == [(200, 100, 240, 140), (20, 20, 50, 50)]
