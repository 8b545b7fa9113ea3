import pytest
import torch

from resgat.errors import ShapeError
from resgat.explain.groups import group_list


def test_groups_are_plain_values() -> None:
    assert group_list(torch.tensor([3, 3, 5]), 3) == [3, 3, 5]
    assert group_list(["a", ("b", 1)], 2) == ["a", ("b", 1)]


def test_one_group_per_image() -> None:
    with pytest.raises(ShapeError, match="groups: expected one per image, 3 in all, got 2"):
        group_list(["a", "b"], 3)
