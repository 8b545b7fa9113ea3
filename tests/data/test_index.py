from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resgat.data.index import CropIndex, write_index
from resgat.data.schema import INDEX_NAME, INDEX_SCHEMA
from resgat.data.spread import spread
from resgat.errors import ConfigError, CropReadError, DatasetNotFoundError, IndexSchemaError

Rows = list[dict[str, Any]]
MakeTable = Callable[[Rows], pa.Table]
MakeIndex = Callable[[Rows], CropIndex]


def test_reads_what_was_written(crops_dir: Path, rows: Rows, make_table: MakeTable) -> None:
    index = CropIndex.read(crops_dir)
    assert len(index) == len(rows)
    assert index.columns.names == INDEX_SCHEMA.names
    assert index.take().to_pylist() == make_table(rows).to_pylist()
    assert index.row(5)["crop_id"] == rows[5]["crop_id"]
    assert index.path(5) == rows[5]["path"]
    assert index.labels.dtype == np.int8
    assert index.labels.tolist() == [row["label"] for row in rows]
    assert index.crop_specs == ["spec0"]


def test_video_codes_count_from_zero(make_index: MakeIndex, rows: Rows) -> None:
    index = make_index(rows)
    assert index.video_idx.dtype == np.int32
    assert index.video_idx.tolist() == [row for row in range(12) for _ in range(4)]


def test_extra_columns_are_kept(crops_dir: Path, rows: Rows, make_table: MakeTable) -> None:
    write_index(make_table(rows).append_column("quality", pa.array(range(48))), crops_dir)
    assert CropIndex.read(crops_dir).row(7)["quality"] == 7


def test_part_remembers_its_rows(make_index: MakeIndex, rows: Rows) -> None:
    test = make_index(rows).select("test")
    assert test.rows.tolist() == list(range(40, 48))
    assert test.video_idx.tolist() == [10] * 4 + [11] * 4
    fakes = test.where(test.labels == 1)
    assert fakes.rows.tolist() == [44, 45, 46, 47]
    assert fakes.row(0)["crop_id"] == rows[44]["crop_id"]


def test_row_in_no_split_is_in_no_part(make_index: MakeIndex, rows: Rows) -> None:
    rows[0]["split"] = None
    index = make_index(rows)
    assert sum(len(index.select(split)) for split in ("train", "val", "test")) == 47


def test_thin_spreads_over_time_not_over_rows(make_index: MakeIndex, rows: Rows) -> None:
    shuffled = [rows[i] for i in (3, 1, 0, 2)]
    thin = make_index(shuffled).thin(2)
    assert thin.table["frame_idx"].to_pylist() == [30, 0]


def test_thin_keeps_all_faces_of_a_frame(make_index: MakeIndex, rows: Rows) -> None:
    second = [dict(row, face_idx=1, crop_id=row["crop_id"] + "b") for row in rows[:4]]
    thin = make_index(rows[:4] + second).thin(1)
    assert thin.rows.tolist() == [1, 5]


def test_thin_refuses_zero(make_index: MakeIndex, rows: Rows) -> None:
    with pytest.raises(ConfigError, match="frames_per_video: expected a number"):
        make_index(rows).thin(0)


@settings(deadline=None, max_examples=50)
@given(
    crops=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=1, max_size=60),
    wanted=st.integers(1, 6),
)
def test_thin_agrees_with_a_loop(crops: list[tuple[int, int]], wanted: int) -> None:
    table = pa.table(
        {
            "video_id": pa.array([f"v{video}" for video, _ in crops]),
            "frame_idx": pa.array([frame for _, frame in crops], pa.int32()),
        }
    )
    expected = []
    for row, (video, frame) in enumerate(crops):
        frames = sorted({f for v, f in crops if v == video})
        if frames.index(frame) in spread(len(frames), wanted):
            expected.append(row)
    assert CropIndex.whole(table, Path()).thin(wanted).rows.tolist() == expected


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetNotFoundError, match=r"folder .*nowhere does not exist; run"):
        CropIndex.read(tmp_path / "nowhere")


def test_folder_without_index_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetNotFoundError) as caught:
        CropIndex.read(tmp_path)
    assert str(caught.value) == (
        f"crops folder {tmp_path} holds no {INDEX_NAME}; run `python src/preprocess.py "
        f"data=<name> data.raw_dir=... data.crops_dir={tmp_path}`"
    )


def test_empty_index_is_refused(tmp_path: Path, make_table: MakeTable) -> None:
    write_index(make_table([]), tmp_path)
    with pytest.raises(DatasetNotFoundError, match=r"has no rows; make crops"):
        CropIndex.read(tmp_path, remedy="make crops")


@pytest.mark.parametrize("content", [b"", b"no parquet", b"PAR1" + bytes(40)])
def test_broken_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / INDEX_NAME).write_bytes(content)
    with pytest.raises(IndexSchemaError, match=r"parquet: cannot be read as Parquet \(.+\); "):
        CropIndex.read(tmp_path)


def test_truncated_file_is_refused(crops_dir: Path) -> None:
    path = crops_dir / INDEX_NAME
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(IndexSchemaError, match="cannot be read as Parquet"):
        CropIndex.read(crops_dir)


def test_read_checks_values_and_files(crops_dir: Path, rows: Rows, make_table: MakeTable) -> None:
    (crops_dir / rows[0]["path"]).unlink()
    with pytest.raises(DatasetNotFoundError, match="1 of 48 files"):
        CropIndex.read(crops_dir)
    rows[0]["label"] = 7
    pq.write_table(make_table(rows), crops_dir / INDEX_NAME)
    with pytest.raises(IndexSchemaError, match="'label'"):
        CropIndex.read(crops_dir)


def test_bad_table_is_not_written(crops_dir: Path, rows: Rows, make_table: MakeTable) -> None:
    before = (crops_dir / INDEX_NAME).read_bytes()
    rows[0]["split"] = "dev"
    with pytest.raises(IndexSchemaError, match="'split'"):
        write_index(make_table(rows), crops_dir)
    assert (crops_dir / INDEX_NAME).read_bytes() == before


def test_failed_write_leaves_the_old_index(
    crops_dir: Path, rows: Rows, make_table: MakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    before = sorted(crops_dir.iterdir())
    monkeypatch.setattr(pq, "write_table", fail)
    with pytest.raises(OSError, match="disk full"):
        write_index(make_table(rows[:4]), crops_dir)
    assert sorted(crops_dir.iterdir()) == before
    assert len(CropIndex.read(crops_dir)) == 48


def test_a_part_shares_the_memory_of_the_whole(crops_dir: Path) -> None:
    index = CropIndex.read(crops_dir)
    part = index.select("train").where(np.arange(32) % 2 == 0)
    assert part.columns is index.columns
    assert part.renumbered().columns is index.columns
    assert index.table is index.columns.resident


def test_any_column_of_a_part_comes_in_its_order(
    crops_dir: Path, rows: Rows, make_table: MakeTable
) -> None:
    part = CropIndex.read(crops_dir).select("test")
    expected = make_table(rows[40:])
    assert part.column("mask_path").to_pylist() == expected["mask_path"].to_pylist()
    assert part.table["path"].to_pylist() == expected["path"].to_pylist()
    assert part.row(3) == expected.to_pylist()[3]
    some = part.take(["crop_id", "landmarks"], np.array([6, 2]))
    assert some.to_pylist() == expected.select(["crop_id", "landmarks"]).take([6, 2]).to_pylist()


def test_renumbered_crops_count_from_zero(make_index: MakeIndex, rows: Rows) -> None:
    part = make_index(rows).select("test").renumbered()
    assert part.rows.tolist() == list(range(8))
    assert part.path(0) == rows[40]["path"]
    assert part.where(part.labels == 1).rows.tolist() == [4, 5, 6, 7]


def test_images_and_masks_come_from_the_store(crops_dir: Path, rows: Rows) -> None:
    index = CropIndex.read(crops_dir)
    stored = cv2.imread(str(crops_dir / rows[4]["path"]))
    assert stored is not None
    np.testing.assert_array_equal(index.read_image(4), stored[..., ::-1])
    mask = index.read_mask(4)
    assert mask is not None
    assert mask.sum() == mask[:16, :16].sum() == 256
    assert index.read_mask(0) is None


def test_a_mask_path_out_of_the_folder_is_not_followed(
    crops_dir: Path, rows: Rows, make_table: MakeTable
) -> None:
    rows[4]["mask_path"] = "../mask.png"
    pq.write_table(make_table(rows), crops_dir / INDEX_NAME)
    with pytest.raises(DatasetNotFoundError, match=r"the first is '\.\./mask\.png'"):
        CropIndex.read(crops_dir)
    index = CropIndex.whole(make_table(rows), crops_dir)
    with pytest.raises(CropReadError, match="expected a POSIX path below the crops folder"):
        index.read_mask(4)


def test_rows_are_written_in_groups_that_are_read_in_milliseconds(
    tmp_path: Path, rows: Rows, make_table: MakeTable
) -> None:
    many = pa.concat_tables([make_table(rows)] * 1400)
    ids = pa.array([str(row) for row in range(len(many))])
    write_index(many.set_column(0, INDEX_SCHEMA.field("crop_id"), ids), tmp_path)
    file = pq.read_metadata(tmp_path / INDEX_NAME)
    assert [file.row_group(group).num_rows for group in range(2)] == [65_536, 1664]
