from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resgat.data.audit.crops import Crops, Video
from resgat.errors import CropReadError, DatasetNotFoundError, IndexSchemaError

MakeCrops = Callable[..., Crops]
MakeRows = Callable[..., list[dict[str, Any]]]


def test_rows_become_videos_in_alphabetical_order(
    make_crops: MakeCrops, make_rows: MakeRows
) -> None:
    crops = make_crops(make_rows("b", "test", fake=True) + make_rows("a", None))
    first, second = crops.videos
    assert first == Video(
        video_id="toy/original/c0/a",
        dataset="toy",
        method="original",
        compression="c0",
        label=0,
        target_id="a",
        source_id=None,
        identity_group="toy/a",
        original_video_id=None,
        split=None,
        num_crops=2,
    )
    assert second.video_id == "toy/swap/c0/b"
    assert (second.label, second.source_id, second.split) == (1, "b_donor", "test")
    assert second.original_video_id == "toy/original/c0/b"


def test_a_video_whose_rows_disagree_is_several(make_crops: MakeCrops, make_rows: MakeRows) -> None:
    rows = make_rows("a", "train")
    rows[1]["split"] = "test"
    found = [(video.split, video.num_crops) for video in make_crops(rows).videos]
    assert found == [("test", 1), ("train", 1)]


@pytest.mark.parametrize(
    ("suffix", "expected"), [("png", "png"), ("jpg", "jpeg"), ("webp", "webp")]
)
def test_the_format_is_told_by_the_content(
    make_crops: MakeCrops, make_rows: MakeRows, suffix: str, expected: str, tmp_path: Path
) -> None:
    crops = make_crops(make_rows("a", "train"))
    image = np.full((32, 40, 3), 99, np.uint8)
    _, data = cv2.imencode(f".{suffix}", image)
    (tmp_path / "crops" / "toy/original/c0/a/0000.png").write_bytes(data.tobytes())
    found = crops.crop(0)
    assert (found.image_format, found.pixels.shape) == (expected, (32, 40, 3))


def test_absent_files_are_named_by_column(
    make_crops: MakeCrops, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    crops = make_crops(rows)
    folder = tmp_path / "crops"
    gone = ["toy/swap/c0/val0/0001.png", "toy/original/c0/val0/0000.png"]
    for name in [*gone, "toy/swap/c0/test1/0000_mask.png"]:
        (folder / name).unlink()
    assert crops.absent_files("path") == sorted(gone)
    assert crops.absent_files("mask_path") == ["toy/swap/c0/test1/0000_mask.png"]


def test_a_mask_outside_the_folder_is_refused(
    make_crops: MakeCrops, make_rows: MakeRows, tmp_path: Path
) -> None:
    make_crops(make_rows("a", "train", fake=True))
    path = tmp_path / "crops" / "index.parquet"
    table = pq.read_table(path)
    masks = pa.array(["../../secret.png", None], pa.string())
    column = table.schema.get_field_index("mask_path")
    pq.write_table(table.set_column(column, "mask_path", masks), path)
    crops = Crops.open(path.parent, path.parent, "make them")
    with pytest.raises(IndexSchemaError, match=r"column 'mask_path': .*secret\.png.* below"):
        crops.absent_files("mask_path")


def test_the_reason_names_neither_folder_nor_remedy(
    make_crops: MakeCrops, make_rows: MakeRows, tmp_path: Path
) -> None:
    crops = make_crops(make_rows("a", "train"))
    path = "toy/original/c0/a/0000.png"
    (tmp_path / "crops" / path).write_bytes(b"")
    with pytest.raises(CropReadError) as caught:
        crops.crop(0)
    reason = crops.reason(caught.value, path)
    assert reason == "has zero bytes"


def test_what_lies_beside_the_index_is_read_or_none(
    make_crops: MakeCrops, make_rows: MakeRows, tmp_path: Path
) -> None:
    crops = make_crops(make_rows("a", "train"))
    assert crops.read_beside("manifest.json") is None
    (tmp_path / "crops" / "manifest.json").write_bytes(b"{}")
    assert crops.read_beside("manifest.json") == b"{}"


def test_a_folder_without_an_index_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(DatasetNotFoundError, match=r"holds no index\.parquet; draw it"):
        Crops.open(tmp_path, tmp_path, "draw it")
    (tmp_path / "index.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(IndexSchemaError, match="cannot be read as Parquet"):
        Crops.open(tmp_path, tmp_path, "draw it")
