"""Colours by hand, and never outside what a byte holds."""

import colorsys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.synthetic.colour import hsv_colour, jitter_colour, scale_colour

UNIT = st.floats(0, 1)
GREY = st.floats(0, 255)


@pytest.mark.parametrize(
    ("hsv", "rgb"),
    [
        ((0, 0, 1), (255, 255, 255)),
        ((1 / 3, 1, 1), (0, 255, 0)),
        ((2 / 3, 1, 0.5), (0, 0, 127.5)),
        ((0.4, 0.7, 0), (0, 0, 0)),
    ],
)
def test_known_colours(hsv: tuple[float, float, float], rgb: tuple[float, float, float]) -> None:
    assert hsv_colour(*hsv) == pytest.approx(rgb)


@given(hue=UNIT, saturation=UNIT, value=UNIT)
def test_brightness_is_the_largest_channel(hue: float, saturation: float, value: float) -> None:
    colour = hsv_colour(hue, saturation, value)
    assert max(colour) == pytest.approx(255 * value)
    assert colorsys.rgb_to_hsv(*colour)[2] == pytest.approx(255 * value)


def test_scaling_stops_at_white() -> None:
    assert scale_colour((10, 100, 200), 0.5) == (5, 50, 100)
    assert scale_colour((10, 100, 200), 3) == (30, 255, 255)


def test_without_noise_a_colour_moves_by_the_shift() -> None:
    rng = np.random.default_rng(0)
    assert jitter_colour((10, 100, 250), rng, shift=(5, -45, 35), sigma=0) == (15, 55, 255)


@given(colour=st.tuples(GREY, GREY, GREY), seed=st.integers(0, 99), sigma=st.floats(0, 300))
def test_a_jittered_colour_fits_a_byte(
    colour: tuple[float, float, float], seed: int, sigma: float
) -> None:
    moved = jitter_colour(colour, np.random.default_rng(seed), shift=(0, 0, 0), sigma=sigma)
    assert all(0 <= channel <= 255 for channel in moved)
    again = jitter_colour(colour, np.random.default_rng(seed), shift=(0, 0, 0), sigma=sigma)
    assert moved == again
