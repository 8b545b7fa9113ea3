import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from resgat.data.audit.crops import Crops
from resgat.data.audit.near_duplicates import Pair
from resgat.data.audit.picture import MAX_SHOWN, draw_pairs, one_per_videos

Rows = list[dict[str, Any]]
MakeCrops = Callable[..., Crops]


def decoded(crops: Crops, pairs: list[Pair]) -> Any:
    return np.asarray(Image.open(io.BytesIO(draw_pairs(crops, pairs))))


def test_both_crops_of_a_pair_are_in_the_picture(make_crops: MakeCrops, rows: Rows) -> None:
    crops = make_crops(rows)
    sheet = decoded(crops, [Pair(0.01, 2, 0, 16)])
    for position, left in ((0, 22), (16, 22 + 182)):
        tile = sheet[84 : 84 + 176, left : left + 176]
        small = np.asarray(Image.fromarray(tile).resize((64, 64), Image.Resampling.BOX), float)
        assert np.abs(small - crops.crop(position).pixels).mean() < 6


def test_one_pair_of_two_videos_is_shown(make_crops: MakeCrops, rows: Rows) -> None:
    crops = make_crops(rows)
    pairs = [Pair(0, 0, 0, 16), Pair(0.01, 0, 1, 17), Pair(0.02, 0, 4, 16)]
    assert one_per_videos(crops, pairs) == [pairs[0], pairs[2]]


@pytest.mark.parametrize(("count", "shape"), [(1, (1, 1)), (3, (1, 3)), (4, (2, 3))])
def test_the_sheet_grows_with_its_pairs(
    make_crops: MakeCrops, rows: Rows, count: int, shape: tuple[int, int]
) -> None:
    pairs = [Pair(0, 0, 2 * number, 16) for number in range(count)]
    height, width, _ = decoded(make_crops(rows), pairs).shape
    assert ((height - 57) / (216 + 22), (width - 22) / (358 + 22)) == shape


def test_a_large_sheet_ends(make_crops: MakeCrops, rows: Rows) -> None:
    pairs = [Pair(0, 0, 2 * a, 2 * b) for a in range(12) for b in range(12)]
    height, _, _ = decoded(make_crops(rows), pairs).shape
    assert height == 57 + MAX_SHOWN // 3 * (216 + 22)


def test_long_names_keep_their_end(make_crops: MakeCrops, make_rows: Callable[..., Rows]) -> None:
    rows = make_rows("x" * 200, "train") + make_rows("y" * 200, "test")
    assert decoded(make_crops(rows), [Pair(0, 0, 0, 2)]).shape[1] == 358 + 44
