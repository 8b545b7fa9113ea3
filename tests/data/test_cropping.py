import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.cropping import CropSpec, crop_square, landmarks_to_crop, square_box
from resgat.errors import ConfigError

sides = st.integers(1, 300)
starts = st.floats(-50, 350)
extents = st.floats(1, 250)


def test_the_square_has_the_longer_side_times_the_margin() -> None:
    assert square_box((40, 30, 60, 70), 1.5, (200, 200, 3)) == (20, 20, 80, 80)


@pytest.mark.parametrize(
    ("box", "expected"),
    [((0, 0, 20, 20), (0, 0, 30, 30)), ((80, 30, 100, 50), (70, 25, 100, 55))],
)
def test_a_square_over_the_edge_is_shifted_inside(
    box: tuple[int, int, int, int], expected: tuple[int, int, int, int]
) -> None:
    assert square_box(box, 1.5, (100, 100, 3)) == expected


def test_a_square_larger_than_the_frame_is_centred_on_it() -> None:
    assert square_box((10, 0, 50, 40), 1.5, (40, 100, 3)) == (0, -10, 60, 50)


@given(starts, starts, extents, extents, st.floats(1, 2), sides, sides)
def test_a_square_lies_in_the_frame_wherever_it_fits(
    left: float, top: float, w: float, h: float, margin: float, height: int, width: int
) -> None:
    x0, y0, x1, y1 = square_box((left, top, left + w, top + h), margin, (height, width))
    side = max(1, round(max(left + w - left, top + h - top) * margin))
    assert x1 - x0 == y1 - y0 == side
    assert (x0 >= 0 and x1 <= width) or (side >= width and x0 <= 0 and x1 >= width)
    assert (y0 >= 0 and y1 <= height) or (side >= height and y0 <= 0 and y1 >= height)


def test_a_crop_of_its_own_size_is_the_frames_pixels() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    np.testing.assert_array_equal(crop_square(frame, (10, 5, 30, 25), 20), frame[5:25, 10:30])


def test_beyond_the_frame_the_edge_repeats() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)
    crop = crop_square(frame, (-1, -2, 7, 6), 8)
    expected = np.pad(frame, ((2, 2), (1, 1), (0, 0)), mode="edge")
    np.testing.assert_array_equal(crop, expected)


def test_shrinking_averages() -> None:
    frame = np.zeros((4, 4, 3), np.uint8)
    frame[::2, ::2] = 200
    np.testing.assert_array_equal(crop_square(frame, (0, 0, 4, 4), 2), 50)


def test_enlarging_keeps_a_uniform_frame() -> None:
    frame = np.full((10, 10, 3), 77, np.uint8)
    crop = crop_square(frame, (2, 2, 8, 8), 24)
    assert crop.shape == (24, 24, 3)
    np.testing.assert_array_equal(crop, 77)


@given(st.floats(0, 100), st.floats(0, 100), st.integers(16, 512))
def test_landmarks_return_to_the_frame(x: float, y: float, size_px: int) -> None:
    box = (10, 20, 60, 70)
    ((u, v),) = landmarks_to_crop(((x, y),), box, size_px)
    np.testing.assert_allclose((u * 50 / size_px + 10, v * 50 / size_px + 20), (x, y), atol=1e-9)


def test_equal_specs_have_one_hash_and_each_setting_counts() -> None:
    detector = {"name": "fixed", "min_prob": 0.9}
    spec = CropSpec(224, 1, detector)
    assert spec.hash == CropSpec(224, 1.0, dict(reversed(detector.items()))).hash
    assert len(spec.hash) == 12
    others = [
        CropSpec(225, 1, detector),
        CropSpec(224, 1.3, detector),
        CropSpec(224, 1, detector | {"min_prob": 0.8}),
        CropSpec(224, 1, detector, alignment="eyes"),
        CropSpec(224, 1, detector, image_format="jpeg"),
    ]
    assert len({other.hash for other in [spec, *others]}) == 6


def test_sizes_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"size_px: expected a number in \[16, 4096\], got 8"):
        CropSpec(8, 1.3, {})
    with pytest.raises(ConfigError, match=r"margin: expected a number in \[1, 4\], got 0.5"):
        CropSpec(224, 0.5, {})
