from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resgat.data.columns import Columns
from resgat.data.index import write_index
from resgat.data.opening import MAX_SAMPLED_VIDEOS, check_sample, open_columns, open_store
from resgat.data.schema import INDEX_NAME
from resgat.data.store import FileStore
from resgat.errors import DatasetNotFoundError, IndexSchemaError

Rows = list[dict[str, Any]]
MakeTable = Callable[[Rows], pa.Table]


@pytest.mark.parametrize(
    ("column", "value", "found"),
    [
        ("label", 2, "'label': 1 row(s) such as 2; expected 0 or 1"),
        ("split", "dev", "'split': 1 row(s) such as 'dev'; expected one of train, val, test"),
        ("path", "/etc/passwd", "'path': 1 row(s) such as '/etc/passwd'; expected a POSIX path"),
        ("path", "a/../b.png", "'path': 1 row(s) such as 'a/../b.png'"),
        ("path", "a\\b.png", "'path': 1 row(s) such as"),
        ("path", "C:/b.png", "'path': 1 row(s) such as 'C:/b.png'"),
        ("path", "a\0b.png", "'path': 1 row(s) such as"),
        ("path", "", "'path': 1 row(s) such as ''"),
        ("method", None, "'method': 1 row(s) are null"),
    ],
)
def test_what_may_not_stand_in_memory_is_refused(
    column: str, value: object, found: str, rows: Rows, make_table: MakeTable, tmp_path: Path
) -> None:
    rows[30][column] = value
    table = make_table(rows)
    nullable = pa.schema([field.with_nullable(True) for field in table.schema])
    pq.write_table(table.cast(nullable), tmp_path / INDEX_NAME, row_group_size=7)
    with pytest.raises(IndexSchemaError) as caught:
        open_columns(tmp_path, "do that")
    assert found in str(caught.value)


@pytest.mark.parametrize("path", ["a/b..png", "ab:c.png", "..a/b.png", "ä b.png"])
def test_a_path_that_only_looks_unsafe_passes(
    path: str, rows: Rows, make_table: MakeTable, tmp_path: Path
) -> None:
    rows[30]["path"] = path
    write_index(make_table(rows), tmp_path)
    assert open_columns(tmp_path, "do that").value("path", 30) == path


@pytest.mark.parametrize("at", [3, 40])
def test_one_crop_twice_is_refused(
    at: int, rows: Rows, make_table: MakeTable, tmp_path: Path
) -> None:
    again = dict(rows[3], crop_id="another", path="another.png")
    write_index(make_table([*rows[:at], again, *rows[at:]]), tmp_path)
    with pytest.raises(IndexSchemaError) as caught:
        open_columns(tmp_path, "do that")
    assert "1 value(s) occur twice, such as 'toy/original/c0/000/30/0'" in str(caught.value)


def test_crops_in_any_order_and_second_faces_pass(
    rows: Rows, make_table: MakeTable, tmp_path: Path
) -> None:
    second = [dict(row, face_idx=1, crop_id=row["crop_id"] + "b") for row in rows[:4]]
    write_index(make_table([*rows[::-1], *second]), tmp_path)
    assert len(open_columns(tmp_path, "do that")) == 52


def test_a_sample_of_the_videos_is_looked_for(rows: Rows, make_table: MakeTable) -> None:
    asked = []

    class Store(FileStore):
        def exist(self, paths: pa.ChunkedArray) -> Any:
            asked.append(paths.to_pylist())
            return np.ones(len(paths), np.bool_)

    many = [dict(rows[0], video_id=f"v{number}", path=f"{number}.png") for number in range(1000)]
    check_sample(Columns(make_table(many)), Store(Path()), Path(), "do that")
    assert len(asked[0]) == MAX_SAMPLED_VIDEOS
    assert (asked[0][0], asked[0][-1]) == ("0.png", "999.png")


def test_a_gone_file_is_named(crops_dir: Path, rows: Rows) -> None:
    (crops_dir / rows[0]["path"]).unlink()
    columns = open_columns(crops_dir, "do that")
    with pytest.raises(
        DatasetNotFoundError, match=r"1 of 48 files of column 'path' .*, or do that"
    ):
        check_sample(columns, FileStore(crops_dir), crops_dir, "do that")


def test_a_gone_mask_is_named(crops_dir: Path, rows: Rows) -> None:
    for row in rows:
        if row["mask_path"]:
            (crops_dir / row["mask_path"]).unlink()
    columns = open_columns(crops_dir, "do that")
    with pytest.raises(DatasetNotFoundError, match="24 of 24 files of column 'mask_path'"):
        check_sample(columns, FileStore(crops_dir), crops_dir, "do that")


def test_a_folder_without_shards_has_loose_files(crops_dir: Path) -> None:
    assert open_store(crops_dir) == FileStore(crops_dir)
