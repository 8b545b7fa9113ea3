"""What a crop index must hold before anything reads it. Vectorised throughout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from resgat.data.folder import Folder
from resgat.data.schema import INDEX_NAME, INDEX_SCHEMA, SPLITS
from resgat.data.store import UNSAFE_PATH, CropStore
from resgat.errors import DatasetNotFoundError, IndexSchemaError


def preprocess_remedy(
    crops_dir: Folder, *, corpus: str = "<name>", raw_dir: Path | str | None = None
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
    check_columns(table.schema)
    check_values(table)
    for column in ("path", "mask_path"):
        check_paths(table[column], column)
    _check_unique(table, "crop_id")


def check_values(table: pa.Table) -> None:
    """Refuse nulls where there may be none, unknown labels and unknown splits, plain or coded.

    Args:
        table: Some or all columns of the index.

    Raises:
        IndexSchemaError: A value is not allowed.
    """
    for field in INDEX_SCHEMA:
        nulls = table[field.name].null_count if field.name in table.schema.names else 0
        if nulls and not field.nullable:
            raise schema_error(field.name, f"{nulls} row(s) are null", "a value in every row")
    _check_among(table, "label", pa.array([0, 1], pa.int8()), "0 or 1")
    splits = pa.array([*SPLITS, None], pa.string())
    _check_among(table, "split", splits, f"one of {', '.join(SPLITS)}, or null")


def check_paths(paths: pa.ChunkedArray, column: str) -> None:
    """Refuse paths that could lead out of the crops folder.

    Raises:
        IndexSchemaError: Names the first.
    """
    unsafe = pc.fill_null(pc.match_substring_regex(paths, UNSAFE_PATH), False)
    _refuse(paths.filter(unsafe), column, "a POSIX path below the crops folder, without '..'")


def check_files(
    paths: pa.ChunkedArray, column: str, store: CropStore, crops_dir: Folder, remedy: str
) -> None:
    """Refuse an index whose crops or masks are gone.

    Args:
        paths: Where they should be in the store; nulls are passed over.
        column: Which column that is, ``path`` or ``mask_path``.
        store: The store.
        crops_dir: Named in the message.
        remedy: What the user is told to do.

    Raises:
        DatasetNotFoundError: Some files are not there; names how many and the first.
    """
    wanted = pc.drop_null(paths)
    gone = wanted.filter(pa.array(~store.exist(wanted)))
    if len(gone):
        msg = (
            f"{crops_dir}: {len(gone)} of {len(wanted)} files of column {column!r} are gone, "
            f"the first is {gone[0].as_py()!r}; restore them, or {remedy}"
        )
        raise DatasetNotFoundError(msg)


def check_columns(schema: pa.Schema) -> None:
    """Refuse a schema that lacks a column of the contract, or has one twice or of another type.

    Raises:
        IndexSchemaError: Names the columns.
    """
    missing = [field.name for field in INDEX_SCHEMA if field.name not in schema.names]
    if missing:
        found = f"columns {', '.join(schema.names) or '(none)'}"
        raise schema_error(", ".join(missing), f"missing among {found}", "a column of the index")
    for field in INDEX_SCHEMA:
        if schema.names.count(field.name) > 1:
            raise schema_error(field.name, "occurs more than once", "one column of this name")
        found = schema.field(field.name).type
        if found != field.type:
            raise schema_error(field.name, f"its type is {found}", str(field.type))


def only_crop_spec(crop_specs: Sequence[str], crops_dir: Folder) -> str:
    """Return the one way that crops were cut in, or refuse crops of several.

    Raises:
        IndexSchemaError: There are several.
    """
    if len(crop_specs) > 1:
        msg = (
            f"{crops_dir} mixes crops cut in {len(crop_specs)} ways "
            f"(crop_spec {', '.join(crop_specs)}); expected one: run `python src/preprocess.py` "
            "with another data.crops_dir for each"
        )
        raise IndexSchemaError(msg)
    return crop_specs[0]


def _check_among(table: pa.Table, column: str, allowed: pa.Array, expected: str) -> None:
    # Codes have few values to look at; the rows are counted only where one is wrong.
    found = pc.unique(table[column])
    bad = found.filter(pc.invert(pc.is_in(found, value_set=allowed)))
    if len(bad):
        rows = table[column].filter(pc.invert(pc.is_in(table[column], value_set=allowed)))
        _refuse(rows, column, expected)


def _refuse(bad: pa.ChunkedArray, column: str, expected: str) -> None:
    if len(bad):
        raise schema_error(column, f"{len(bad)} row(s) such as {bad[0].as_py()!r}", expected)


def _check_unique(table: pa.Table, column: str) -> None:
    if pc.count_distinct(table[column]).as_py() == len(table):
        return
    counts = pc.value_counts(table[column])
    twice = counts.filter(pc.greater(counts.field("counts"), 1)).field("values")
    raise schema_error(
        column, f"{len(twice)} value(s) occur twice, such as {twice[0].as_py()!r}", "unique"
    )


def schema_error(column: str, found: str, expected: str) -> IndexSchemaError:
    """Return the error of a column that breaks the contract."""
    return IndexSchemaError(
        f"{INDEX_NAME}: column {column!r}: {found}; expected {expected}. "
        "Correct the column, or make the index again with `python src/preprocess.py`"
    )
