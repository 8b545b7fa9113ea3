from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from resgat.errors import ConfigError, ShapeError
from resgat.explain.item import GalleryItem

MakeItem = Callable[..., Any]


def test_every_map_may_be_missing(make_item: MakeItem) -> None:
    item = make_item(attention=None, contribution=None, contrast=None, mask=None)
    assert isinstance(item, GalleryItem)


@pytest.mark.parametrize("field", ["attention", "contribution", "contrast", "mask"])
def test_a_map_of_another_size_is_refused(make_item: MakeItem, field: str) -> None:
    with pytest.raises(ShapeError, match=rf"{field}: expected shape \(32, 32\)"):
        make_item(**{field: np.zeros((7, 7))})


def test_other_broken_items_are_refused(make_item: MakeItem) -> None:
    with pytest.raises(ShapeError, match=r"region_density: expected shape \(8,\)"):
        make_item(region_density=np.zeros(7))
    with pytest.raises(ConfigError, match="prob: expected a number"):
        make_item(prob=1.2)
    with pytest.raises(ShapeError, match="image: expected"):
        make_item(image=np.zeros((32, 32, 3)))


def test_an_item_cannot_be_changed(make_item: MakeItem) -> None:
    item = make_item()
    assert isinstance(item, GalleryItem)
    with pytest.raises(AttributeError):
        item.prob = 0.1  # type: ignore[misc]
