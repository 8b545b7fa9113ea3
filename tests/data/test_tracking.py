from hypothesis import given
from hypothesis import strategies as st

from resgat.data.detector import Face
from resgat.data.tracking import choose_track, link

FACE = Face((100, 100, 200, 200))
COLLAR = Face((90, 210, 230, 350))

faces = st.builds(
    lambda x, y, side: Face((x, y, x + side, y + side)),
    st.integers(0, 200),
    st.integers(0, 200),
    st.integers(10, 90),
)


def moved(face: Face, dx: float, dy: float = 0.0) -> Face:
    x0, y0, x1, y1 = face.box_xyxy
    return Face((x0 + dx, y0 + dy, x1 + dx, y1 + dy))


def chosen(frames: list[list[Face]]) -> list[Face | None]:
    return choose_track(frames, lambda face: face)


def test_nothing_found_is_none_in_every_frame() -> None:
    assert chosen([]) == []
    assert chosen([[], []]) == [None, None]


def test_a_larger_box_seen_twice_does_not_win() -> None:
    track = chosen([[FACE], [COLLAR, FACE], [FACE], [COLLAR, FACE]])
    assert track == [FACE] * 4


def test_a_false_box_does_not_fill_the_gap_where_the_face_was_missed() -> None:
    assert chosen([[FACE], [COLLAR], [FACE]]) == [FACE, None, FACE]


def test_of_two_faces_that_stay_the_larger_wins() -> None:
    small = Face((300, 100, 350, 150))
    assert chosen([[small, FACE], [FACE, small]]) == [FACE, FACE]


def test_the_face_with_the_manipulated_pixels_wins_over_the_more_stable_one() -> None:
    other = Face((300, 100, 350, 150))
    shares = {FACE: 0.0, other: 0.9}
    track = choose_track([[FACE, other], [FACE], [FACE]], lambda face: face, shares.__getitem__)
    assert track == [other, None, None]


def test_shares_add_up_over_a_track() -> None:
    """A mask that spills over onto another face in one frame does not decide."""
    other = moved(FACE, 200)
    items = [[(FACE, 0.6), (other, 0.0)], [(FACE, 0.5), (other, 0.9)]]
    track = choose_track(items, lambda item: item[0], lambda item: item[1])
    assert track == [(FACE, 0.6), (FACE, 0.5)]


def test_tracks_may_pause() -> None:
    assert link([[FACE], [], [COLLAR], [FACE, COLLAR]]) == [{0: 0, 3: 0}, {2: 0, 3: 1}]


@given(st.lists(st.lists(faces, max_size=4), max_size=6))
def test_every_face_is_in_exactly_one_track(frames: list[list[Face]]) -> None:
    places = [place for track in link(frames) for place in track.items()]
    expected = [(position, i) for position, found in enumerate(frames) for i in range(len(found))]
    assert sorted(places) == expected


def test_a_face_is_followed_while_it_moves() -> None:
    path = [moved(FACE, 60 * step) for step in range(5)]
    assert chosen([[face] for face in path]) == path


def test_two_faces_that_come_near_each_other_are_not_swapped() -> None:
    left = [moved(FACE, 10 * step) for step in range(4)]
    right = [moved(Face((190, 100, 280, 190)), -5 * step) for step in range(4)]
    assert chosen([[b, a] for a, b in zip(left, right, strict=True)]) == left


@given(st.lists(st.lists(faces, max_size=4), max_size=6))
def test_each_choice_is_one_of_the_frames_faces(frames: list[list[Face]]) -> None:
    track = chosen(frames)
    assert len(track) == len(frames)
    for face, found in zip(track, frames, strict=True):
        assert face is None or face in found
    assert any(track) == any(frames)


@given(st.lists(st.lists(faces, max_size=3), min_size=1, max_size=5))
def test_no_track_has_fewer_frames_than_a_face_that_never_moves(frames: list[list[Face]]) -> None:
    far = Face((1000, 1000, 1010, 1010))
    assert None not in chosen([[*found, far] for found in frames])
