import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.detector import Face
from resgat.data.tracking import choose_track, iou

FACE = Face((100, 100, 200, 200))
COLLAR = Face((90, 210, 230, 350))

boxes = st.tuples(st.floats(0, 9), st.floats(0, 9), st.floats(10, 19), st.floats(10, 19))
faces = st.builds(
    lambda x, y, side: Face((x, y, x + side, y + side)),
    st.integers(0, 200),
    st.integers(0, 200),
    st.integers(10, 90),
)


def moved(face: Face, dx: float, dy: float = 0.0) -> Face:
    x0, y0, x1, y1 = face.box_xyxy
    return Face((x0 + dx, y0 + dy, x1 + dx, y1 + dy))


def test_iou_by_hand() -> None:
    assert iou((0, 0, 2, 2), (1, 1, 3, 3)) == pytest.approx(1 / 7)
    assert iou((0, 0, 2, 2), (2, 0, 4, 2)) == 0.0
    assert iou((0, 0, 2, 2), (0, 0, 2, 2)) == 1.0


@given(boxes, boxes)
def test_iou_is_symmetric_and_at_most_one(
    a: tuple[float, float, float, float], b: tuple[float, float, float, float]
) -> None:
    assert iou(a, b) == pytest.approx(iou(b, a))
    assert 0 <= iou(a, b) <= 1


def test_nothing_found_is_none_in_every_frame() -> None:
    assert choose_track([]) == []
    assert choose_track([[], []]) == [None, None]


def test_a_larger_box_seen_twice_does_not_win() -> None:
    track = choose_track([[FACE], [COLLAR, FACE], [FACE], [COLLAR, FACE]])
    assert track == [FACE] * 4


def test_a_false_box_does_not_fill_the_gap_where_the_face_was_missed() -> None:
    assert choose_track([[FACE], [COLLAR], [FACE]]) == [FACE, None, FACE]


def test_of_two_faces_that_stay_the_larger_wins() -> None:
    small = Face((300, 100, 350, 150))
    assert choose_track([[small, FACE], [FACE, small]]) == [FACE, FACE]


def test_a_face_is_followed_while_it_moves() -> None:
    path = [moved(FACE, 60 * step) for step in range(5)]
    assert choose_track([[face] for face in path]) == path


def test_two_faces_that_come_near_each_other_are_not_swapped() -> None:
    left = [moved(FACE, 10 * step) for step in range(4)]
    right = [moved(Face((190, 100, 280, 190)), -5 * step) for step in range(4)]
    assert choose_track([[b, a] for a, b in zip(left, right, strict=True)]) == left


@given(st.lists(st.lists(faces, max_size=4), max_size=6))
def test_each_choice_is_one_of_the_frames_faces(frames: list[list[Face]]) -> None:
    track = choose_track(frames)
    assert len(track) == len(frames)
    for chosen, found in zip(track, frames, strict=True):
        assert chosen is None or chosen in found
    assert any(track) == any(frames)


@given(st.lists(st.lists(faces, max_size=3), min_size=1, max_size=5))
def test_no_track_has_fewer_frames_than_a_face_that_never_moves(frames: list[list[Face]]) -> None:
    far = Face((1000, 1000, 1010, 1010))
    assert None not in choose_track([[*found, far] for found in frames])
