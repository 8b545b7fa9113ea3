import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.layout.paths import has_controls
from resgat.data.layout.tables import DELIMITERS, Row, read_table
from resgat.errors import MetadataError

REQUIRED = ("path", "label")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


def read(table: Path, content: str | bytes) -> list[Row]:
    table.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(table, REQUIRED, "correct the line")


@pytest.mark.parametrize(
    "content",
    [
        "path,label\na.mp4,1\n",
        "path,label\na.mp4,1",
        "\ufeffpath,label\r\na.mp4,1\r\n",
        "path,label\ra.mp4,1\r",
        "path;label\na.mp4;1\n",
        "path\tlabel\na.mp4\t1\n",
        '"Path", LABEL\n"a.mp4", 1\n',
        "path,label\n\n,\na.mp4,1\n\n",
    ],
)
def test_common_forms_read_the_same(content: str, table: Path) -> None:
    (row,) = read(table, content)
    assert row.cells == {"path": "a.mp4", "label": "1"}


def test_rows_know_their_first_line_and_columns_come_in_any_order(table: Path) -> None:
    rows = read(table, 'label,note,path\n1,"a, ""b""",x.mp4\n\n0,,é;.mp4\n')
    assert rows == [
        Row(2, {"label": "1", "note": 'a, "b"', "path": "x.mp4"}),
        Row(4, {"label": "0", "note": "", "path": "é;.mp4"}),
    ]


def test_a_head_without_rows_is_an_empty_table(table: Path) -> None:
    assert read(table, "path,label") == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "line 1: expected columns path, label, got 'nothing'"),
        ("a.mp4,1\n", "line 1: expected columns path, label, got 'a.mp4, 1'"),
        ("path|label\na|1\n", "line 1: expected columns path, label, got 'path|label'"),
        ("path,label,Path\na,1,b\n", "line 1: column 'path' occurs twice, expected once"),
        ("path,label\na,1\nb\n", "line 3: expected 2 cells, got 1"),
        ("path,label\nb,1,2\n", "line 2: expected 2 cells, got 3"),
        ('path,label\n\n"a\nb",1\n', r"line 3: expected text without control .*, got 'a\\nb'"),
        ("path,label\na\x00,1\n", r"line 2: expected text without control .*, got 'a\\x00'"),
        ('path,label\n"a,1\n', "cannot be read as a table .*end of data"),
        ('path,label\n"a"b,1\n', "cannot be read as a table .*expected after"),
        ("path,label\n" + "a" * 200_000, "cannot be read as a table .*field larger"),
        (b"path,label\n\xe9,1\n", "expected text in UTF-8, got other bytes"),
        ("path,label\na,1\n".encode("utf-16"), "expected text in UTF-8, got other bytes"),
    ],
)
def test_malformed_tables_are_refused(content: str | bytes, message: str, table: Path) -> None:
    with pytest.raises(MetadataError, match=rf"table\.csv: {message}.*; correct the line") as error:
        read(table, content)
    assert "\n" not in str(error.value)


def test_a_missing_table_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MetadataError, match="no such file, expected a table with path, label; c"):
        read_table(tmp_path / "table.csv", REQUIRED, "correct it")
    with pytest.raises(MetadataError, match=r"cannot be read as a table .*directory"):
        read_table(tmp_path, REQUIRED, "correct it")


CELLS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=4), st.sampled_from(DELIMITERS))
def test_what_was_written_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], delimiter: str
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([REQUIRED, *rows])
    table = tmp_path_factory.getbasetemp() / "written.csv"
    kept = [(a.strip(), b.strip()) for a, b in rows if a.strip() or b.strip()]
    if any(has_controls(cell) for row in kept for cell in row):
        with pytest.raises(MetadataError, match="control characters"):
            read(table, text.getvalue())
    else:
        found = [tuple(row.cells.values()) for row in read(table, text.getvalue())]
        assert found == kept


def attempt(table: Path, content: bytes) -> tuple[list[Row] | None, str]:
    try:
        return read(table, content), ""
    except MetadataError as error:
        return None, str(error)


@given(st.binary(max_size=60) | st.text('path,label"\n;\t', max_size=40).map(str.encode))
def test_any_bytes_are_a_table_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    table = tmp_path_factory.getbasetemp() / "any.csv"
    rows, problem = attempt(table, b"path,label\n" + content)
    assert problem.count("any.csv: ") == (rows is None)
    assert all(set(row.cells) == {"path", "label"} for row in rows or [])
