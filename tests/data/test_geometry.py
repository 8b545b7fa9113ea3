import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.geometry import Box, area_px, iou, square_box

sides = st.integers(1, 300)
starts = st.floats(-50, 350)
extents = st.floats(1, 250)
boxes = st.tuples(st.floats(0, 9), st.floats(0, 9), st.floats(10, 19), st.floats(10, 19))


def test_a_boxes_area() -> None:
    assert area_px((10, 20, 30, 50)) == 600


def test_iou_by_hand() -> None:
    assert iou((0, 0, 2, 2), (1, 1, 3, 3)) == pytest.approx(1 / 7)
    assert iou((0, 0, 2, 2), (2, 0, 4, 2)) == 0.0
    assert iou((0, 0, 2, 2), (0, 0, 2, 2)) == 1.0


@given(boxes, boxes)
def test_iou_is_symmetric_and_at_most_one(a: Box, b: Box) -> None:
    assert iou(a, b) == pytest.approx(iou(b, a))
    assert 0 <= iou(a, b) <= 1


def test_the_square_has_the_longer_side_times_the_margin() -> None:
    assert square_box((40, 30, 60, 70), 1.5, (200, 200, 3)) == (20, 20, 80, 80)


@pytest.mark.parametrize(
    ("box", "expected"),
    [((0, 0, 20, 20), (0, 0, 30, 30)), ((80, 30, 100, 50), (70, 25, 100, 55))],
)
def test_a_square_over_the_edge_is_shifted_inside(box: Box, expected: Box) -> None:
    assert square_box(box, 1.5, (100, 100, 3)) == expected


def test_a_square_larger_than_the_frame_is_centred_on_it() -> None:
    assert square_box((10, 0, 50, 40), 1.5, (40, 100, 3)) == (0, -10, 60, 50)
    assert square_box((50, 0, 70, 20), 1.5, (26, 100, 3)) == (45, -2, 75, 28)


@given(starts, starts, extents, extents, st.floats(1, 2), sides, sides)
def test_a_square_lies_in_the_frame_wherever_it_fits(
    left: float, top: float, w: float, h: float, margin: float, height: int, width: int
) -> None:
    x0, y0, x1, y1 = square_box((left, top, left + w, top + h), margin, (height, width))
    side = max(1, round(max(left + w - left, top + h - top) * margin))
    assert x1 - x0 == y1 - y0 == side
    for start, length in ((x0, width), (y0, height)):
        assert start == (length - side) // 2 if side >= length else 0 <= start <= length - side
