"""planted.parquet: what the reader refuses."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resgat.data.planted.table import PLANTED_SCHEMA, read_planted, write_planted
from resgat.errors import DatasetNotFoundError, IndexSchemaError

ROWS = [
    {
        "crop_id": f"planted/{kind}/c0/test00000/0/0",
        "twin_id": f"planted/{twin}/c0/test00000/0/0",
        "track": "A",
        "operator": "self_blend",
        "strength": 0.125,
        "region": "nose",
        "watermark": False,
    }
    for kind, twin in (("self_blend", "original"), ("original", "self_blend"))
]


def column(name: str, *values: object) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        place = table.schema.get_field_index(name)
        return table.set_column(place, name, pa.array(values))

    return change


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_planted(ROWS, tmp_path)
    table = read_planted(tmp_path)
    assert table.schema.names == PLANTED_SCHEMA.names
    rows = [
        {key: value for key, value in row.items() if value is not None} for row in table.to_pylist()
    ]
    assert rows == ROWS


def test_further_columns_are_left_out(tmp_path: Path) -> None:
    write_planted(ROWS, tmp_path)
    path = tmp_path / "planted.parquet"
    pq.write_table(pq.read_table(path).append_column("note", pa.array(["a", "b"])), path)
    assert read_planted(tmp_path).schema.names == PLANTED_SCHEMA.names


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda table: table.drop_columns("twin_id"),
            r"column 'twin_id': it is not there exactly once; expected string",
        ),
        (
            column("strength", "much", "little"),
            r"column 'strength': its type is string; expected float",
        ),
        (
            column("track", "A", None),
            r"column 'track': 1 row\(s\) are null; expected a value in every row",
        ),
        (
            column("track", "A", "Z"),
            r"column 'track': 1 row\(s\) such as 'Z'; expected A, B, C, D, E, F\.",
        ),
        (
            column("region", "nose", "ear"),
            r"column 'region': 1 row\(s\) such as 'ear'; expected l_eye, .*, chin\.",
        ),
        (
            column("operator", "magic", "magic"),
            r"column 'operator': 2 row\(s\) such as 'magic'; expected self_blend, ",
        ),
        (
            column("twin_id", "x", "planted/original/c0/test00000/0/0"),
            r"column 'twin_id': 1 row\(s\) such as 'x'; expected a crop_id of the table",
        ),
    ],
)
def test_a_table_that_breaks_the_contract_is_refused(
    change: Callable[[pa.Table], pa.Table], message: str, tmp_path: Path
) -> None:
    write_planted(ROWS, tmp_path)
    path = tmp_path / "planted.parquet"
    pq.write_table(change(pq.read_table(path)), path)
    with pytest.raises(IndexSchemaError, match=message) as caught:
        read_planted(tmp_path)
    assert str(caught.value).startswith(str(path))
    assert "Run python src/train.py data=planted" in str(caught.value)


def test_rows_that_break_it_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(IndexSchemaError, match="column 'track'"):
        write_planted([ROWS[0] | {"track": "H"}, ROWS[1]], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IndexSchemaError, match=r"planted\.parquet has no rows; expected one for"):
        write_planted([], tmp_path)
    pq.write_table(PLANTED_SCHEMA.empty_table(), tmp_path / "planted.parquet")
    with pytest.raises(IndexSchemaError, match=r"has no rows.*Run python src/train\.py"):
        read_planted(tmp_path)


def test_a_folder_of_other_crops_is_refused(tmp_path: Path) -> None:
    message = r"planted\.parquet is not there; expected the crops of data=planted\. Run python"
    with pytest.raises(DatasetNotFoundError, match=message):
        read_planted(tmp_path)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "planted.parquet").write_bytes(b"no table")
    with pytest.raises(IndexSchemaError, match=r"cannot be read as Parquet .* Run python"):
        read_planted(tmp_path)
