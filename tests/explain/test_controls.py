import math

import pytest
import torch

from resgat.errors import ConfigError, ShapeError
from resgat.explain.controls import (
    center_map,
    control_maps,
    oracle_maps,
    random_maps,
    uniform_map,
)


def test_center_by_hand() -> None:
    assert center_map((1, 1)).tolist() == [1.0]
    # Cell centres lie 1/4 from the middle on each axis: exp(-(1/16 + 1/16) / (2/16)).
    torch.testing.assert_close(center_map((2, 2)), torch.full((4,), math.exp(-1)))


def test_center_peaks_in_the_middle_and_is_symmetric() -> None:
    plane = center_map((7, 9)).view(7, 9)
    assert plane.argmax() == 31
    torch.testing.assert_close(plane, plane.flip(0))
    torch.testing.assert_close(plane, plane.flip(1))


def test_uniform_sums_to_one() -> None:
    assert len(set(uniform_map((4, 5)).tolist())) == 1
    torch.testing.assert_close(uniform_map((4, 5)).sum(), torch.tensor(1.0))


def test_random_maps_follow_the_seed_and_differ_between_images() -> None:
    maps = random_maps(3, (4, 5), seed=1)
    assert maps.shape == (3, 20)
    assert torch.equal(maps, random_maps(3, (4, 5), seed=1))
    assert not torch.equal(maps, random_maps(3, (4, 5), seed=2))
    assert not torch.equal(maps[0], maps[1])


def test_oracle_is_a_copy_of_the_truth() -> None:
    coverage = torch.rand(2, 4)
    oracle = oracle_maps(coverage)
    assert torch.equal(oracle, coverage)
    assert oracle.data_ptr() != coverage.data_ptr()


def test_all_controls_have_one_row_per_image() -> None:
    maps = control_maps(torch.rand(3, 12), (3, 4))
    assert list(maps) == ["random", "center", "uniform", "oracle"]
    assert all(values.shape == (3, 12) for values in maps.values())
    assert all(values.dtype == torch.float32 for values in maps.values())


def test_refusals() -> None:
    with pytest.raises(ConfigError, match="sigma: expected a number"):
        center_map((2, 2), sigma=0)
    with pytest.raises(ShapeError, match=r"coverage: expected shape \(M, 4\), got \(3, 5\)"):
        control_maps(torch.zeros(3, 5), (2, 2))
