import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.difference import difference_mask
from resgat.errors import ShapeError


def noisy(seed: int, sigma: float, side: int = 64) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.clip(128 + rng.normal(0, sigma, (side, side, 3)), 0, 255).astype(np.uint8)


def test_what_was_altered_is_in_the_mask_and_nothing_else() -> None:
    original = noisy(0, 2)
    fake = original.copy()
    fake[20:40, 24:44] += 60
    expected = np.zeros((64, 64), bool)
    expected[20:40, 24:44] = True
    np.testing.assert_array_equal(difference_mask(fake, original), expected)
    np.testing.assert_array_equal(difference_mask(original, fake), expected)


@given(st.integers(0, 10_000), st.floats(0, 15))
def test_compression_alone_leaves_next_to_nothing(seed: int, sigma: float) -> None:
    assert difference_mask(noisy(seed, sigma), noisy(seed + 1, sigma)).mean() < 0.01


def test_one_channel_alone_is_no_alteration_and_specks_are_none() -> None:
    original = noisy(0, 1)
    fake = original.copy()
    fake[20:40, 20:40, 0] += 80  # the median of the channels is what it was
    fake[50, 50] += 80
    assert not difference_mask(fake, original).any()


def test_the_same_picture_differs_nowhere() -> None:
    picture = noisy(3, 20)
    assert not difference_mask(picture, picture).any()


def test_pictures_of_two_sizes_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"expected shape \(64, 64, 3\) as the fake, got \(32, 32"):
        difference_mask(noisy(0, 1), noisy(0, 1, 32))
