"""The contract of the index, written down a second time: who changes it breaks stored crops."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resgat.data.index import CropIndex, write_index
from resgat.data.schema import INDEX_NAME, INDEX_SCHEMA, SPLITS
from resgat.data.validation import check_table
from resgat.errors import IndexSchemaError

Rows = list[dict[str, Any]]
MakeTable = Callable[[Rows], pa.Table]

#: Column -> Arrow's name of its type; a question mark where null is a value.
COLUMNS = {
    "crop_id": "string",
    "path": "string",
    "label": "int8",
    "dataset": "string",
    "method": "string",
    "compression": "string",
    "video_id": "string",
    "frame_idx": "int32",
    "face_idx": "int16",
    "target_id": "string?",
    "source_id": "string?",
    "identity_group": "string",
    "original_video_id": "string?",
    "split": "string?",
    "bbox_xyxy": "fixed_size_list<element: float>[4]",
    "det_prob": "float?",
    "landmarks": "fixed_size_list<element: float>[10]?",
    "mask_path": "string?",
    "crop_spec": "string",
}
NULLABLE = [name for name, kind in COLUMNS.items() if kind.endswith("?")]
FILLED = [name for name in COLUMNS if name not in NULLABLE]


def described(schema: pa.Schema) -> dict[str, str]:
    """Arrow names a list's items ``item`` or ``element``, by where the type came from."""
    kinds = {field.name: str(field.type).replace("<item:", "<element:") for field in schema}
    return {field.name: kinds[field.name] + "?" * field.nullable for field in schema}


def test_the_columns_are_these_in_this_order() -> None:
    assert list(described(INDEX_SCHEMA).items()) == list(COLUMNS.items())


def test_splits_and_file_have_these_names() -> None:
    assert SPLITS == ("train", "val", "test")
    assert INDEX_NAME == "index.parquet"


def test_an_index_on_disk_has_the_columns_of_the_contract(
    rows: Rows, make_table: MakeTable, tmp_path: Path
) -> None:
    path = write_index(make_table(rows), tmp_path)
    assert path == tmp_path / "index.parquet"
    assert described(pq.read_schema(path)) == COLUMNS
    assert pq.read_table(path).to_pylist() == make_table(rows).to_pylist()


def test_corpora_that_draw_their_crops_keep_the_contract(drawn_crops: Path) -> None:
    assert described(pq.read_schema(drawn_crops / INDEX_NAME)) == COLUMNS
    assert set(CropIndex.read(drawn_crops).column("split").to_pylist()) == set(SPLITS)


@pytest.mark.parametrize("column", NULLABLE)
def test_what_may_be_unknown_may_be_null(column: str, rows: Rows, make_table: MakeTable) -> None:
    check_table(make_table([{**row, column: None} for row in rows]))


@pytest.mark.parametrize("column", FILLED)
def test_what_is_always_known_may_not_be_null(
    column: str, rows: Rows, make_table: MakeTable
) -> None:
    rows[3][column] = None
    message = rf"column '{column}': 1 row\(s\) are null; expected a value in every row"
    with pytest.raises(IndexSchemaError, match=message):
        check_table(make_table(rows))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("label", 128),
        ("frame_idx", 2**31),
        ("face_idx", 2**15),
        ("bbox_xyxy", [0.0] * 3),
        ("landmarks", [0.0] * 5),
        ("crop_id", 7),
    ],
)
def test_a_value_that_does_not_fit_its_column_makes_no_table(
    column: str, value: object, rows: Rows, make_table: MakeTable
) -> None:
    rows[0][column] = value
    with pytest.raises((pa.ArrowInvalid, pa.ArrowTypeError)):
        make_table(rows)
