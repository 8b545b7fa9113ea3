from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from resgat.data.store import FileStore
from resgat.data.validation import (
    check_files,
    check_table,
    only_crop_spec,
    preprocess_remedy,
)
from resgat.errors import DatasetNotFoundError, IndexSchemaError

Rows = list[dict[str, Any]]
MakeTable = Callable[[Rows], pa.Table]


def check_all(table: pa.Table, crops_dir: Path, remedy: str) -> None:
    for column in ("path", "mask_path"):
        check_files(table[column], column, FileStore(crops_dir), crops_dir, remedy)


def test_good_table_with_extra_columns_passes(rows: Rows, make_table: MakeTable) -> None:
    table = make_table(rows).append_column("quality", pa.array(range(len(rows))))
    check_table(table)


def test_missing_columns_are_all_named(rows: Rows, make_table: MakeTable) -> None:
    with pytest.raises(IndexSchemaError, match=r"'label, split': missing among .*preprocess"):
        check_table(make_table(rows).drop_columns(["label", "split"]))


def test_repeated_column_is_refused(rows: Rows, make_table: MakeTable) -> None:
    table = make_table(rows)
    with pytest.raises(IndexSchemaError, match="'path': occurs more than once"):
        check_table(table.append_column("path", table["path"]))


def test_wrong_type_is_refused(rows: Rows, make_table: MakeTable) -> None:
    table = make_table(rows)
    column = table.schema.get_field_index("label")
    wrong = table.set_column(column, "label", table["label"].cast(pa.int64()))
    with pytest.raises(IndexSchemaError, match="'label': its type is int64; expected int8"):
        check_table(wrong)


@pytest.mark.parametrize("column", ["crop_id", "label", "identity_group", "bbox_xyxy"])
def test_null_is_refused(column: str, rows: Rows, make_table: MakeTable) -> None:
    rows[3][column] = None
    with pytest.raises(IndexSchemaError, match=rf"'{column}': 1 row\(s\) are null"):
        check_table(make_table(rows))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("label", 2),
        ("label", -1),
        ("split", "valid"),
        ("path", "/etc/passwd"),
        ("path", "a/../../b.png"),
        ("path", ".."),
        ("path", "a\\b.png"),
        ("path", "C:/b.png"),
        ("path", ""),
        ("mask_path", "../mask.png"),
    ],
)
def test_forbidden_value_is_refused_and_shown(
    column: str, value: object, rows: Rows, make_table: MakeTable
) -> None:
    rows[5][column] = value
    with pytest.raises(IndexSchemaError) as caught:
        check_table(make_table(rows))
    assert f"column {column!r}: 1 row(s) such as {value!r}; expected" in str(caught.value)


@pytest.mark.parametrize("path", ["a/b..png", "..a/b.png", "a/...", "ordner/ä b.png"])
def test_harmless_path_passes(path: str, rows: Rows, make_table: MakeTable) -> None:
    rows[5]["path"] = path
    check_table(make_table(rows))


def test_row_in_no_split_passes(rows: Rows, make_table: MakeTable) -> None:
    rows[0]["split"] = None
    check_table(make_table(rows))


def test_duplicate_id_is_refused(rows: Rows, make_table: MakeTable) -> None:
    rows[7]["crop_id"] = rows[2]["crop_id"]
    with pytest.raises(IndexSchemaError) as caught:
        check_table(make_table(rows))
    assert f"1 value(s) occur twice, such as {rows[2]['crop_id']!r}" in str(caught.value)


def test_present_files_pass(crops_dir: Path, rows: Rows, make_table: MakeTable) -> None:
    check_all(make_table(rows), crops_dir, "remedy")


@pytest.mark.parametrize("column", ["path", "mask_path"])
def test_gone_files_are_counted(
    column: str, crops_dir: Path, rows: Rows, make_table: MakeTable
) -> None:
    gone = [row[column] for row in rows if row[column]][1:3]
    for path in gone:
        (crops_dir / path).unlink()
    with pytest.raises(DatasetNotFoundError) as caught:
        check_all(make_table(rows), crops_dir, "do that")
    assert f" 2 of {48 if column == 'path' else 24} files of column {column!r}" in str(caught.value)
    assert f"the first is {gone[0]!r}; restore them, or do that" in str(caught.value)


def test_gone_folder_and_folder_in_place_of_file(
    tmp_path: Path, rows: Rows, make_table: MakeTable
) -> None:
    rows = rows[:2]
    rows[0]["path"], rows[1]["path"] = "crop.png", "nowhere/crop.png"
    (tmp_path / "crop.png").mkdir()
    with pytest.raises(DatasetNotFoundError, match="2 of 2 files"):
        check_all(make_table(rows), tmp_path, "do that")


def test_file_in_the_crops_folder_itself_is_found(
    tmp_path: Path, rows: Rows, make_table: MakeTable
) -> None:
    rows = rows[:1]
    rows[0]["path"] = "crop.png"
    (tmp_path / "crop.png").touch()
    check_all(make_table(rows), tmp_path, "do that")


def test_remedy_names_what_is_known() -> None:
    assert preprocess_remedy(Path("c")) == (
        "run `python src/preprocess.py data=<name> data.raw_dir=... data.crops_dir=c`"
    )
    assert "data=ffpp data.raw_dir=r " in preprocess_remedy(Path("c"), corpus="ffpp", raw_dir="r")


def test_crops_of_one_kind_are_told_by_it_and_of_two_refused(tmp_path: Path) -> None:
    assert only_crop_spec(["a"], tmp_path) == "a"
    with pytest.raises(IndexSchemaError, match=r"mixes crops cut in 2 ways \(crop_spec a, b\)"):
        only_crop_spec(["a", "b"], tmp_path)
