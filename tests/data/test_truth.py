import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from resgat.data.index import CropIndex
from resgat.data.truth import load_landmarks, load_mask
from resgat.errors import CropReadError

REAL, FAKE = 0, 5


@pytest.mark.parametrize("size_px", [8, 32, 64])
def test_mask_keeps_its_place_at_any_size(size_px: int, crops_dir: Path) -> None:
    mask = load_mask(CropIndex.read(crops_dir), FAKE, size_px)
    expected = np.zeros((size_px, size_px), bool)
    expected[: size_px // 2, : size_px // 2] = True
    np.testing.assert_array_equal(mask, expected)


def test_mask_pixel_needs_more_than_half_its_area(crops_dir: Path) -> None:
    mask = load_mask(CropIndex.read(crops_dir), FAKE, 3)
    assert mask is not None
    assert mask.tolist() == [[True, False, False], [False] * 3, [False] * 3]


def test_real_crop_has_no_mask(crops_dir: Path) -> None:
    assert load_mask(CropIndex.read(crops_dir), REAL, 32) is None


def test_broken_mask_is_an_error(crops_dir: Path) -> None:
    index = CropIndex.read(crops_dir)
    (crops_dir / index.row(FAKE)["mask_path"]).write_bytes(b"x")
    with pytest.raises(CropReadError, match="expected an 8-bit grey PNG"):
        load_mask(index, FAKE, 32)


def test_landmarks_scale_with_the_crop(crops_dir: Path) -> None:
    landmarks = load_landmarks(CropIndex.read(crops_dir), REAL, 64)
    assert landmarks is not None
    assert landmarks.dtype == np.float32
    assert landmarks.tolist() == [[16, 20], [48, 20], [32, 32], [20, 48], [44, 48]]


def test_missing_landmarks_are_none(crops_dir: Path) -> None:
    table = CropIndex.read(crops_dir).take()
    column = table.schema.get_field_index("landmarks")
    nulls = pa.nulls(len(table), table.schema.field(column).type)
    index = CropIndex.whole(table.set_column(column, "landmarks", nulls), crops_dir)
    assert load_landmarks(index, REAL, 64) is None


@pytest.mark.parametrize("points", [[float("nan")] * 10, [9.0] * 10])
def test_landmarks_of_no_face_are_refused_by_the_crops_name(
    points: list[float], crops_dir: Path
) -> None:
    table = CropIndex.read(crops_dir).take()
    column = table.schema.get_field_index("landmarks")
    broken = pa.array([points] * len(table), table.schema.field(column).type)
    index = CropIndex.whole(table.set_column(column, "landmarks", broken), crops_dir)
    name = re.escape(index.value("crop_id", REAL))
    with pytest.raises(CropReadError, match=rf"^crop '{name}': its landmarks are not finite, or "):
        load_landmarks(index, REAL, 64)
