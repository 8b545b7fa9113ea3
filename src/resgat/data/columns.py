"""The columns of an index: few and narrow ones in memory, all others read when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from resgat.data.folder import Folder
from resgat.errors import IndexSchemaError

#: Columns of few distinct values, held as four-byte codes.
CODED = ("method", "video_id", "identity_group", "split", "crop_spec")

#: What is in memory of an index that was read: what every epoch, or every check of splits, needs.
RESIDENT = ("path", "label", "frame_idx", *CODED)


class Columns:
    """Columns of equal length, by name and row.

    The memory of ``resident`` is never written to, and holds no Python objects: worker processes
    that are forked share it.

    Args:
        resident: The columns in memory.
        path: The Parquet file with these and further columns; None where all are in memory.
    """

    def __init__(self, resident: pa.Table, path: Folder | None = None) -> None:
        self.resident = resident
        self._path = path
        # Rows that are asked for one by one are neighbours: per column, the last row group.
        self._recent: dict[str, tuple[int, pa.ChunkedArray]] = {}
        self._starts, self.names = np.zeros(1, np.int64), list(resident.schema.names)
        if path is not None:
            with open_parquet(path) as file:
                self._starts, self.names = _group_starts(file), list(file.schema_arrow.names)

    def __len__(self) -> int:
        return len(self.resident)

    @cached_property
    def video_codes(self) -> NDArray[np.int32]:
        """The videos numbered from zero, in order of appearance; one number per row."""
        column = self.resident["video_id"]
        # Joining chunks copies, even a single one.
        whole = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        coded = whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()
        codes = np.asarray(coded.indices.to_numpy(), dtype=np.int32)
        highest = np.maximum.accumulate(codes)
        if len(codes) and (codes[0] > 0 or (highest[1:] > highest[:-1] + 1).any()):
            codes = coded.indices.dictionary_encode().indices.to_numpy()
        return codes

    def take(self, names: Sequence[str], at: NDArray[np.int64]) -> pa.Table:
        """Return columns at rows, in that order, with plain types instead of codes.

        Of columns that are not in memory, the row groups that hold the rows are read.
        """
        wide = [name for name in names if name not in self.resident.schema.names]
        found = self._read(wide, at) if wide else None
        columns = [
            found[name]
            if found is not None and name in wide
            else plain(_take(self.resident[name], at))
            for name in names
        ]
        return pa.table(columns, names=list(names))

    def value(self, name: str, row: int) -> Any:
        """Return one value; cheap where the rows asked for one after the other are neighbours."""
        if name in self.resident.schema.names:
            return self.resident[name][row].as_py()
        group = int(np.searchsorted(self._starts, row, "right")) - 1
        kept = self._recent.get(name)
        if kept is None or kept[0] != group:
            with self._file() as file:
                kept = (group, file.read_row_group(group, columns=[name])[name])
            self._recent[name] = kept
        return kept[1][row - int(self._starts[group])].as_py()

    def _read(self, names: list[str], at: NDArray[np.int64]) -> pa.Table:
        with self._file() as file:
            empty = file.schema_arrow.empty_table().select(names)
            return _take_by_group(
                lambda group: file.read_row_group(group, columns=names), self._starts, at, empty
            )

    @contextmanager
    def _file(self) -> Iterator[pq.ParquetFile]:
        if self._path is None:
            msg = "expected columns that are in memory, as this index has no file"
            raise KeyError(msg)
        with open_parquet(self._path) as file:
            if file.metadata.num_rows != len(self) or file.schema_arrow.names != self.names:
                msg = f"{self._path} was replaced while it was in use; start this run again"
                raise IndexSchemaError(msg)
            yield file


@contextmanager
def open_parquet(path: Folder, coded: Sequence[str] = ()) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file, local or not; ``coded`` columns are read as codes."""
    # Buffered ahead, a column's compressed pages would lie beside the decoded ones.
    with (
        path.open("rb") as source,
        pq.ParquetFile(source, read_dictionary=list(coded), pre_buffer=False) as file,
    ):
        yield file


def read_resident(file: pq.ParquetFile, names: Sequence[str]) -> pa.Table:
    """Read columns into memory of exactly their size; those opened as coded stay so.

    Arrow's pool keeps twice of what it handed out after reading a large file. What is copied out of
    it, group by group, lets it reuse the little it needs.
    """
    schema = file.schema_arrow.empty_table().select(list(names)).schema
    num_rows = file.metadata.num_rows
    coded = {field.name: _Codes(num_rows) for field in schema if pa.types.is_dictionary(field.type)}
    copies: dict[str, list[pa.Array]] = {name: [] for name in names if name not in coded}
    for group in range(file.num_row_groups):
        table = file.read_row_group(group, columns=list(names), use_threads=False)
        for name in names:
            column = table[name].combine_chunks()
            if name in coded:
                coded[name].add(column)
            else:
                copies[name].append(_copy(column))
    pa.default_memory_pool().release_unused()
    columns = [
        coded[field.name].column(field.type.value_type)
        if field.name in coded
        else _joined(pa.chunked_array(copies[field.name], field.type))
        for field in schema
    ]
    return pa.table(columns, names=list(names))


class _Codes:
    """A coded column, filled chunk by chunk, with one list of values for all chunks."""

    def __init__(self, num_rows: int) -> None:
        self._codes = np.zeros(num_rows, np.int32)
        self._is_null: NDArray[np.bool_] | None = None
        self._code_of: dict[str, int] = {}
        self._row = 0

    def add(self, chunk: pa.DictionaryArray) -> None:
        """Append a chunk."""
        part = slice(self._row, self._row + len(chunk))
        codes = chunk.indices
        if codes.null_count:
            if self._is_null is None:
                self._is_null = np.zeros(len(self._codes), np.bool_)
            self._is_null[part] = codes.is_null().to_numpy(zero_copy_only=False)
            codes = codes.fill_null(0)
        values = chunk.dictionary.to_pylist()
        code_of = self._code_of
        here = np.array([code_of.setdefault(v, len(code_of)) for v in values], np.int32)
        self._codes[part] = here[codes.to_numpy()] if len(here) else 0
        self._row = part.stop

    def column(self, kind: pa.DataType) -> pa.ChunkedArray:
        """Return the whole column."""
        codes = pa.array(self._codes, mask=self._is_null)
        values = pa.array(list(self._code_of), kind)
        return pa.chunked_array([pa.DictionaryArray.from_arrays(codes, values)])


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Decode a coded column; others come back as they are."""
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    return column


def _take(column: pa.ChunkedArray, at: NDArray[np.int64]) -> pa.ChunkedArray:
    # Arrow would join all chunks first.
    starts = np.cumsum([0, *map(len, column.chunks)])[:-1]
    empty = pa.chunked_array([], column.type)
    return _take_by_group(column.chunk, starts, at, empty)


def _take_by_group(
    read: Callable[[int], Any], starts: NDArray[np.int64], at: NDArray[np.int64], empty: Any
) -> Any:
    """Take rows of what lies in groups, looking at each group that is needed once.

    Args:
        read: From a group's number to its rows: a table, or a chunk of a column.
        starts: The first row of each group.
        at: The rows to take, in any order.
        empty: What no rows are.
    """
    order = np.argsort(at, kind="stable")
    rows = at[order]
    groups, first = np.unique(np.searchsorted(starts, rows, "right") - 1, return_index=True)
    parts = [
        read(int(group)).take(pa.array(mine - starts[group]))
        for group, mine in zip(groups, np.split(rows, first[1:]), strict=False)
    ]
    if not parts:
        return empty
    taken = pa.concat_tables(parts) if isinstance(empty, pa.Table) else pa.chunked_array(parts)
    if (rows == at).all():
        return taken
    place = np.empty(len(at), np.int64)
    place[order] = np.arange(len(at))
    return taken.take(pa.array(place))


def _group_starts(file: pq.ParquetFile) -> NDArray[np.int64]:
    counts = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    return np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)


def _joined(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Lay numbers next to each other; joined text would be in memory twice for a while."""
    if column.null_count or not pa.types.is_integer(column.type):
        return column
    return pa.chunked_array([pa.array(column.to_numpy())])


def _copy(array: pa.Array) -> pa.Array:
    buffers = [
        None if buffer is None else pa.py_buffer(np.frombuffer(buffer, np.uint8).copy())
        for buffer in array.buffers()
    ]
    return pa.Array.from_buffers(
        array.type, len(array), buffers, null_count=array.null_count, offset=array.offset
    )
