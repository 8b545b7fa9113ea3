from typing import Any

import pytest
import torch
from torch import Tensor

from resgat.errors import ConfigError, ShapeError
from resgat.explain.stats.interval import Groups, group_interval


def interval(values: Tensor, groups: Groups, **options: Any) -> tuple[float, float]:
    bounds = group_interval(values, groups, **options)
    assert bounds is not None
    return bounds


def test_equal_values_have_no_spread() -> None:
    assert interval(torch.full((6,), 0.3), list("aabbcc")) == pytest.approx((0.3, 0.3))


def test_two_groups_by_hand() -> None:
    # Of the four equally likely draws, one is all "a" (mean 0) and one all "b" (mean 1).
    values = torch.tensor([0.0, 0.0, 1.0, 1.0])
    assert interval(values, list("aabb"), draws=500) == (0.0, 1.0)


def test_one_group_has_no_interval() -> None:
    assert group_interval(torch.rand(5), ["a"] * 5) is None


def test_the_seed_decides() -> None:
    values, groups = torch.rand(40), torch.arange(40) // 2
    assert interval(values, groups) == interval(values, groups)
    assert interval(values, groups) != interval(values, groups, seed=1)


def test_names_and_order_of_groups_do_not_matter_much() -> None:
    values, groups = torch.rand(60), torch.arange(60) % 20
    order = torch.randperm(60)
    low, high = interval(values, groups)
    assert interval(values[order], groups[order]) == pytest.approx((low, high), abs=0.03)
    named = [f"person {group}" for group in groups.tolist()]
    assert interval(values, named) == (low, high)


def test_groups_widen_the_interval_when_their_images_agree() -> None:
    values = torch.rand(30, generator=torch.Generator().manual_seed(0)).repeat_interleave(10)
    apart = interval(values, torch.arange(300))
    together = interval(values, torch.arange(300) // 10)
    assert together[1] - together[0] > 2 * (apart[1] - apart[0])


def test_it_covers_the_true_mean_about_as_often_as_it_says() -> None:
    generator = torch.Generator().manual_seed(3)
    groups = torch.arange(200) // 4
    covered = 0
    for _ in range(200):
        person = torch.randn(50, generator=generator).repeat_interleave(4)
        values = person + torch.randn(200, generator=generator)
        low, high = interval(values, groups, draws=300)
        covered += low <= 0 <= high
    assert 0.89 <= covered / 200 <= 0.99


def test_refusals() -> None:
    with pytest.raises(ShapeError, match="groups: expected one per image, 3 in all, got 2"):
        group_interval(torch.zeros(3), ["a", "b"])
    with pytest.raises(ShapeError, match="values: expected shape"):
        group_interval(torch.zeros(0), [])
    with pytest.raises(ConfigError, match="level: expected a number"):
        group_interval(torch.zeros(2), ["a", "b"], level=1.5)
    with pytest.raises(ConfigError, match="draws: expected a number"):
        group_interval(torch.zeros(2), ["a", "b"], draws=0)
