import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from resgat.errors import ConfigError, ShapeError
from resgat.explain.controls import (
    center_map,
    control_maps,
    oracle_maps,
    permuted,
    random_maps,
    smooth_random_maps,
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


def test_smooth_maps_follow_the_seed_and_average_as_the_noise_does() -> None:
    maps = smooth_random_maps(3, (4, 5), seed=1)
    assert torch.equal(maps, smooth_random_maps(3, (4, 5), seed=1))
    assert not torch.equal(maps, smooth_random_maps(3, (4, 5), seed=2))
    torch.testing.assert_close(maps.mean(1), random_maps(3, (4, 5), seed=1).mean(1))


def test_smooth_maps_by_hand() -> None:
    # Two cells in a row are half a side apart: weights exp(0) and exp(-(1/4) / (2/4)).
    noise, far = random_maps(1, (1, 2))[0], math.exp(-0.5)
    by_hand = torch.stack([noise[0] + far * noise[1], far * noise[0] + noise[1]]) / (1 + far)
    torch.testing.assert_close(smooth_random_maps(1, (1, 2), sigma=0.5)[0], by_hand)
    sharp = smooth_random_maps(2, (3, 4), sigma=1e-3)
    torch.testing.assert_close(sharp, random_maps(2, (3, 4)))


def test_smooth_maps_have_blobs_and_no_favourite_place() -> None:
    planes = smooth_random_maps(4000, (8, 8)).view(-1, 8, 8)
    planes = planes - planes.mean()
    neighbours = (planes[:, :, :-1] * planes[:, :, 1:]).mean() / planes.var()
    assert neighbours > 0.5
    tops = torch.bincount(planes.flatten(1).argmax(1), minlength=64).view(8, 8)
    border = (tops.sum() - tops[1:-1, 1:-1].sum()) / tops.sum()
    assert float(border) == pytest.approx(28 / 64, abs=0.03)


@given(st.lists(st.sampled_from("abcd"), max_size=12), st.integers(0, 3))
def test_every_map_goes_to_another_image_of_another_group_where_there_is_one(
    groups: list[str], seed: int
) -> None:
    num_images = len(groups)
    values = torch.arange(num_images).float()[:, None]
    given_to = permuted(values, groups, seed).flatten().int().tolist()
    assert sorted(given_to) == list(range(num_images))
    if num_images > 1:
        assert all(image != donor for image, donor in enumerate(given_to))
    largest = max((groups.count(name) for name in groups), default=0)
    same = sum(groups[image] == groups[donor] for image, donor in enumerate(given_to))
    assert same == max(0, 2 * largest - num_images)


def test_who_gets_whose_map_follows_the_seed_alone() -> None:
    values, groups = torch.rand(9, 4), list("aabbccdde")
    assert torch.equal(permuted(values, groups, 1), permuted(values, groups, 1))
    assert not torch.equal(permuted(values, groups, 1), permuted(values, groups, 2))


def test_oracle_is_a_copy_of_the_truth() -> None:
    coverage = torch.rand(2, 4)
    oracle = oracle_maps(coverage)
    assert torch.equal(oracle, coverage)
    assert oracle.data_ptr() != coverage.data_ptr()


def test_all_controls_have_one_row_per_image() -> None:
    maps = control_maps(torch.rand(3, 12), (3, 4))
    assert list(maps) == ["random", "random_smooth", "center", "uniform", "oracle"]
    assert all(values.shape == (3, 12) for values in maps.values())
    assert all(values.dtype == torch.float32 for values in maps.values())


def test_refusals() -> None:
    with pytest.raises(ConfigError, match="sigma: expected a number"):
        center_map((2, 2), sigma=0)
    with pytest.raises(ConfigError, match="sigma: expected a number"):
        smooth_random_maps(1, (2, 2), sigma=0)
    with pytest.raises(ShapeError, match="groups: expected one per image, 2 in all, got 1"):
        permuted(torch.zeros(2, 4), ["a"])
    with pytest.raises(ShapeError, match=r"coverage: expected shape \(M, 4\), got \(3, 5\)"):
        control_maps(torch.zeros(3, 5), (2, 2))
