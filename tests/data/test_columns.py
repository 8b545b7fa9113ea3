import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.columns import CODED, RESIDENT, Columns, open_parquet, plain, read_resident
from resgat.data.schema import INDEX_NAME
from resgat.errors import IndexSchemaError

Rows = list[dict[str, Any]]
MakeTable = Callable[[Rows], pa.Table]


@pytest.fixture
def path(rows: Rows, make_table: MakeTable, tmp_path: Path) -> Path:
    """An index in groups of five rows, some of them in no split."""
    for row in rows[::7]:
        row["split"] = None
    pq.write_table(make_table(rows), tmp_path / INDEX_NAME, row_group_size=5)
    return tmp_path / INDEX_NAME


def opened(path: Path) -> Columns:
    with open_parquet(path, CODED) as file:
        return Columns(read_resident(file, RESIDENT), path)


def test_memory_holds_few_columns_and_codes_for_text_that_repeats(path: Path) -> None:
    resident = opened(path).resident
    assert resident.schema.names == list(RESIDENT)
    for name in CODED:
        assert resident[name].type == pa.dictionary(pa.int32(), pa.string())
        assert resident[name].num_chunks == 1
    assert len(resident["method"].chunk(0).dictionary) == 2


def test_all_columns_come_back_as_they_were_written(path: Path, rows: Rows) -> None:
    columns = opened(path)
    taken = columns.take(columns.names, np.arange(len(rows)))
    assert taken.to_pylist() == pq.read_table(path).to_pylist()
    assert taken.schema.types == pq.read_schema(path).types


@given(at=st.lists(st.integers(0, 47), max_size=30))
def test_taking_agrees_with_arrow(at: list[int], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "numbers.parquet"
    numbers = [str(number) for number in range(48)]
    whole = pa.table({"path": numbers, "crop_id": numbers})
    if not path.exists():
        pq.write_table(whole, path, row_group_size=7)
    in_chunks = pa.chunked_array([numbers[:20], numbers[20:21], numbers[21:]])
    columns = Columns(pa.table({"path": in_chunks}), path)
    rows = np.array(at, np.int64)
    assert columns.take(["crop_id", "path"], rows).equals(
        whole.select(["crop_id", "path"]).take(pa.array(rows))
    )


def test_single_values_are_those_of_the_rows(path: Path) -> None:
    columns, table = opened(path), pq.read_table(path)
    for name in ("path", "method", "split", "mask_path", "landmarks"):
        assert [columns.value(name, row) for row in range(48)] == table[name].to_pylist()


def test_videos_are_numbered_as_they_appear(rows: Rows, make_table: MakeTable) -> None:
    table = make_table([rows[row] for row in (20, 0, 20, 4)])
    plain_codes = Columns(table).video_codes
    assert plain_codes.tolist() == [0, 1, 0, 2]
    values = pa.array(["unused", *sorted(set(table["video_id"].to_pylist()))])
    codes = pa.array([values.to_pylist().index(v) for v in table["video_id"].to_pylist()])
    coded = pa.DictionaryArray.from_arrays(codes.cast(pa.int32()), values)
    assert Columns(pa.table({"video_id": coded})).video_codes.tolist() == [0, 1, 0, 2]


def test_plain_decodes_and_leaves_the_rest() -> None:
    text = pa.chunked_array([["a", None, "a"]])
    assert plain(text.dictionary_encode()).equals(text)
    assert plain(text) is text


def test_an_index_replaced_while_in_use_is_noticed(
    path: Path, rows: Rows, make_table: MakeTable
) -> None:
    columns = opened(path)
    pq.write_table(make_table(rows[:9]), path)
    with pytest.raises(IndexSchemaError, match=r"index\.parquet was replaced while it was in use"):
        columns.value("mask_path", 0)


def test_a_column_of_no_file_is_an_error() -> None:
    with pytest.raises(KeyError, match="in memory"):
        Columns(pa.table({"label": [1]})).value("landmarks", 0)


def test_copies_of_a_pickle_read_on(path: Path) -> None:
    columns = pickle.loads(pickle.dumps(opened(path)))
    assert columns.take(["crop_id"], np.array([7]))["crop_id"].to_pylist() == [
        opened(path).value("crop_id", 7)
    ]


def test_a_forked_worker_reads_the_very_memory(path: Path) -> None:
    columns = opened(path)
    addresses = [
        buffer.address
        for name in RESIDENT
        for chunk in columns.resident[name].chunks
        for buffer in chunk.buffers()
        if buffer is not None
    ]
    receive, send = os.pipe()
    child = os.fork()
    if not child:
        columns.value("path", 30)
        columns.take(["split", "label"], np.arange(48))
        here = [
            buffer.address
            for name in RESIDENT
            for chunk in columns.resident[name].chunks
            for buffer in chunk.buffers()
            if buffer is not None
        ]
        os.write(send, b"same" if here == addresses else b"copy")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(receive, 4) == b"same"
    os.close(receive)
    os.close(send)
