import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.planted.drawn import DrawnPeople
from resgat.data.planted.regions import plant_masks
from resgat.data.planted.watermark import put_watermark, watermark_mask


@given(size_px=st.integers(48, 300), level=st.integers(0, 230))
def test_a_watermark_is_seen_in_its_corner_and_nowhere_else(size_px: int, level: int) -> None:
    image = np.full((size_px, size_px, 3), level, np.uint8)
    marked, mask = put_watermark(image), watermark_mask(size_px)
    assert marked.shape == image.shape
    assert marked.dtype == np.uint8
    assert np.array_equal(marked[~mask], image[~mask])
    assert (marked[mask] > level).any()


def test_by_hand() -> None:
    mask = watermark_mask(100)
    assert np.argwhere(mask).min() == 87
    assert np.argwhere(mask).max() == 97
    marked = put_watermark(np.zeros((100, 100, 3), np.uint8))
    assert marked[92, 92].tolist() == [191] * 3  # the cross: 0.75 of white
    assert marked[92, 88].tolist() == [191] * 3  # the ring
    assert marked[90, 90].tolist() == [0] * 3


@pytest.mark.parametrize("seed", range(30))
def test_no_region_reaches_into_the_corner(seed: int) -> None:
    points = DrawnPeople(112).subject("test", 0, np.random.default_rng(seed)).landmarks
    assert not (plant_masks(points, 112).any(0) & watermark_mask(112)).any()
