from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from resgat.errors import ConfigError, ShapeError
from resgat.explain.blend import FAKE_HUE, NO_CLASS_HUE, REAL_HUE, overlay, shared_scale

IMAGE = np.full((1, 3, 3), 100, np.uint8)
GREY = round(255 * (0.15 + 0.7 * 100 / 255))


def blended(hue: tuple[float, float, float], opacity: float) -> list[int]:
    return [round((1 - opacity) * (0.15 * 255 + 70) + opacity * 255 * part) for part in hue]


def test_signed_by_hand() -> None:
    out = overlay(IMAGE, np.array([[2.0, 0.0, -1.0]]), signed=True, scale=2.0)
    assert out.dtype == np.uint8
    assert out[0, 0].tolist() == blended(FAKE_HUE, 0.85)
    assert out[0, 1].tolist() == [GREY] * 3
    assert out[0, 2].tolist() == blended(REAL_HUE, 0.425)


def test_unsigned_shows_the_positive_part_in_a_third_colour() -> None:
    out = overlay(IMAGE, np.array([[1.0, 0.0, -1.0]]), signed=False, scale=1.0)
    assert out[0, 0].tolist() == blended(NO_CLASS_HUE, 0.85)
    assert out[0, 1].tolist() == out[0, 2].tolist() == [GREY] * 3


def test_heat_beyond_the_scale_saturates_and_what_is_not_finite_is_zero() -> None:
    heat = np.array([[9.0, np.nan, np.inf]])
    out = overlay(IMAGE, heat, signed=True, scale=1.0)
    assert out[0, 0].tolist() == blended(FAKE_HUE, 0.85)
    assert out[0, 1].tolist() == out[0, 2].tolist() == [GREY] * 3
    assert np.isnan(heat[0, 1])


def test_heat_and_scale_in_step_give_the_same_picture() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    heat = rng.normal(size=(8, 8))
    before = image.copy()
    one = overlay(image, heat, signed=True, scale=1.0)
    np.testing.assert_array_equal(one, overlay(image, heat * 4, signed=True, scale=4.0))
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(
    "image", [np.zeros((3, 4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)]
)
def test_anything_but_a_uint8_rgb_image_is_refused(image: NDArray[Any]) -> None:
    with pytest.raises(ShapeError, match=r"image: expected \(H, W, 3\) uint8 RGB.*normalisation"):
        overlay(image, np.zeros((4, 4)), signed=True, scale=1.0)


def test_heat_of_another_size_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"heat: expected shape \(1, 3\).*node_to_pixel"):
        overlay(IMAGE, np.zeros((7, 7)), signed=True, scale=1.0)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan")])
def test_a_scale_that_is_not_positive_is_refused(scale: float) -> None:
    with pytest.raises(ConfigError, match="scale: expected a number"):
        overlay(IMAGE, np.zeros((1, 3)), signed=True, scale=scale)


def test_the_scale_is_shared_by_all_maps() -> None:
    weak, strong = np.linspace(-1, 1, 10_000), np.linspace(-3, 3, 10_000)
    assert shared_scale([strong], signed=True) == pytest.approx(3 * 0.995, abs=1e-3)
    # 0.5 % of all values are 1 % of the strong map's.
    assert shared_scale([weak, None, strong], signed=True) == pytest.approx(3 * 0.99, abs=1e-3)


def test_what_is_not_drawn_does_not_set_the_scale() -> None:
    heat = np.array([-8.0] * 50 + [2.0] * 50)
    assert shared_scale([heat], signed=False) == pytest.approx(2.0)
    assert shared_scale([heat], signed=True) == pytest.approx(8.0)


@pytest.mark.parametrize("maps", [[], [None], [np.zeros(4)], [np.full(4, np.nan)]])
def test_nothing_to_see_has_scale_one(maps: list[NDArray[Any] | None]) -> None:
    assert shared_scale(maps, signed=True) == 1.0
