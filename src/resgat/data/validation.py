"""What a crop index must hold before anything reads it. Vectorised throughout."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from resgat.data.schema import INDEX_NAME, INDEX_SCHEMA, SPLITS
from resgat.errors import DatasetNotFoundError, IndexSchemaError

#: RE2. An absolute path (POSIX or with a drive), a step upwards, a backslash, a NUL, or nothing.
_UNSAFE_PATH = r"^$|^/|^[A-Za-z]:|(^|/)\.\.(/|$)|\\|\x00"
_LAST_PART = r"/?[^/]*$"


def preprocess_remedy(
    crops_dir: Path, *, corpus: str = "<name>", raw_dir: Path | str | None = None
) -> str:
    """Return the command that makes the crops, to end an error message with."""
    raw = "..." if raw_dir is None else raw_dir
    keys = f"data={corpus} data.raw_dir={raw} data.crops_dir={crops_dir}"
    return f"run `python src/preprocess.py {keys}`"


def check_table(table: pa.Table) -> None:
    """Refuse a table that breaks the contract of :data:`INDEX_SCHEMA`.

    Columns beyond the contract are allowed.

    Raises:
        IndexSchemaError: A column is missing, of another type, null where it must not be, or holds
            a value it may not hold. The message names the column and an example.
    """
    _check_columns(table.schema)
    for field in INDEX_SCHEMA:
        if not field.nullable and table[field.name].null_count:
            nulls = table[field.name].null_count
            raise _schema_error(field.name, f"{nulls} row(s) are null", "a value in every row")
    _check_values(table, "label", pc.is_in(table["label"], pa.array([0, 1], pa.int8())), "0 or 1")
    known = pc.is_in(table["split"], pa.array([*SPLITS, None], pa.string()))
    _check_values(table, "split", known, f"one of {', '.join(SPLITS)}, or null")
    for column in ("path", "mask_path"):
        unsafe = pc.match_substring_regex(table[column], _UNSAFE_PATH)
        safe = pc.invert(pc.fill_null(unsafe, False))
        _check_values(table, column, safe, "a POSIX path below the crops folder, without '..'")
    _check_unique(table, "crop_id")


def check_files(table: pa.Table, crops_dir: Path, remedy: str) -> None:
    """Refuse an index whose crops or masks are gone.

    Lists each folder once instead of asking for each file: on a network disk the one takes seconds
    and the other an hour.

    Raises:
        DatasetNotFoundError: Some files are not there; names how many and the first.
    """
    for column in ("path", "mask_path"):
        wanted = pc.drop_null(table[column])
        gone = wanted.filter(pc.invert(pc.is_in(wanted, value_set=_existing(wanted, crops_dir))))
        if len(gone):
            msg = (
                f"{crops_dir}: {len(gone)} of {len(wanted)} files of column {column!r} are gone, "
                f"the first is {gone[0].as_py()!r}; restore them, or {remedy}"
            )
            raise DatasetNotFoundError(msg)


def _check_columns(schema: pa.Schema) -> None:
    missing = [field.name for field in INDEX_SCHEMA if field.name not in schema.names]
    if missing:
        found = f"columns {', '.join(schema.names) or '(none)'}"
        raise _schema_error(", ".join(missing), f"missing among {found}", "a column of the index")
    for field in INDEX_SCHEMA:
        if schema.names.count(field.name) > 1:
            raise _schema_error(field.name, "occurs more than once", "one column of this name")
        found = schema.field(field.name).type
        if found != field.type:
            raise _schema_error(field.name, f"its type is {found}", str(field.type))


def _check_values(table: pa.Table, column: str, good: Any, expected: str) -> None:
    bad = table[column].filter(pc.invert(good))
    if len(bad):
        raise _schema_error(column, f"{len(bad)} row(s) such as {bad[0].as_py()!r}", expected)


def _check_unique(table: pa.Table, column: str) -> None:
    if pc.count_distinct(table[column]).as_py() == len(table):
        return
    counts = pc.value_counts(table[column])
    twice = counts.filter(pc.greater(counts.field("counts"), 1)).field("values")
    raise _schema_error(
        column, f"{len(twice)} value(s) occur twice, such as {twice[0].as_py()!r}", "unique"
    )


def _schema_error(column: str, found: str, expected: str) -> IndexSchemaError:
    return IndexSchemaError(
        f"{INDEX_NAME}: column {column!r}: {found}; expected {expected}. "
        "Correct the column, or make the index again with `python src/preprocess.py`"
    )


def _existing(paths: pa.ChunkedArray, crops_dir: Path) -> pa.ChunkedArray:
    """Return the relative paths of all files in the folders that ``paths`` lie in."""
    folders = pc.unique(pc.replace_substring_regex(paths, _LAST_PART, ""))
    names = [
        pa.array(
            [f"{folder}/{name}" if folder else name for name in _file_names(crops_dir / folder)],
            pa.string(),
        )
        for folder in folders.to_pylist()
    ]
    return pa.chunked_array(names, pa.string())


def _file_names(folder: Path) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            yield from (entry.name for entry in entries if entry.is_file())
    except (FileNotFoundError, NotADirectoryError):
        return
