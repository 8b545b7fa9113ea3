"""Regions: disjoint, where the explain package has them, and of equal area as discs."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.planted.drawn import DrawnPeople
from resgat.data.planted.regions import (
    SHAPES,
    Shape,
    centre_of,
    eye_distance,
    left_first,
    plant_masks,
)
from resgat.errors import ConfigError
from resgat.explain.regions import region_masks
from resgat.types import REGIONS

UPRIGHT = np.array([[36, 40], [60, 40], [48, 54], [40, 66], [56, 66]], np.float32)
SEEDS = st.integers(0, 10_000)


@given(seed=SEEDS, shape=st.sampled_from(SHAPES))
def test_regions_are_disjoint_and_lie_in_the_crop(seed: int, shape: Shape) -> None:
    points = DrawnPeople(112).subject("test", 0, np.random.default_rng(seed)).landmarks
    masks = plant_masks(points, 112, shape)
    assert masks.shape == (8, 112, 112)
    assert masks.sum(0).max() == 1
    around = plant_masks(points + 112, 336, shape)
    assert (masks.sum((1, 2)) >= 0.97 * around.sum((1, 2))).all()


@given(seed=SEEDS, shape=st.sampled_from(SHAPES))
def test_each_region_lies_in_the_region_of_the_same_name_that_explanations_name(
    seed: int, shape: Shape
) -> None:
    points = DrawnPeople(112).subject("test", 0, np.random.default_rng(seed)).landmarks
    masks = plant_masks(points, 112, shape).reshape(8, -1).astype(float)
    named = region_masks(torch.from_numpy(points), 112).flatten(1).numpy().astype(float)
    overlap = masks @ named.T
    assert overlap.argmax(1).tolist() == list(range(8))
    assert (overlap.diagonal() >= 0.6 * masks.sum(1)).all()


def test_an_eye_by_hand() -> None:
    eye = plant_masks(UPRIGHT, 96)[REGIONS.index("l_eye")]
    rows, cols = np.nonzero(eye)
    # Eye distance 24 px: half axes 0.36 and 0.24 of it around (36, 40).
    assert (cols.min(), cols.max(), rows.min(), rows.max()) == (27, 45, 34, 46)


@given(seed=SEEDS)
def test_discs_have_one_area(seed: int) -> None:
    points = DrawnPeople(112).subject("test", 0, np.random.default_rng(seed)).landmarks
    areas = plant_masks(points, 112, "discs").sum((1, 2))
    expected = np.pi * (0.22 * eye_distance(points)) ** 2
    assert (abs(areas / expected - 1) < 0.12).all()


def test_left_is_the_images_left() -> None:
    swapped = UPRIGHT[[1, 0, 2, 4, 3]]
    assert np.array_equal(left_first(swapped), UPRIGHT)
    assert np.array_equal(left_first(UPRIGHT), UPRIGHT)


def test_the_centre_of_a_mask() -> None:
    mask = np.zeros((8, 8), np.bool_)
    mask[2:5, 4:6] = True
    assert centre_of(mask) == (4.5, 3.0)


def test_another_shape_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"shape: expected one of parts, discs; got 'disks'"):
        plant_masks(UPRIGHT, 96, "disks")  # type: ignore[arg-type]
