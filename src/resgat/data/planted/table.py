"""The contract of ``planted.parquet``: what was planted in which crop, beside the index."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from resgat.data.planted.decoys import DECOYS
from resgat.data.planted.operators import OPERATORS
from resgat.data.planted.plan import TRACKS
from resgat.errors import DatasetNotFoundError, IndexSchemaError
from resgat.files import write_parquet
from resgat.types import REGIONS

PLANTED_NAME = "planted.parquet"

#: Column -> type; one row per crop of the index. Operator, strength and regions are those of the
#: pair and stand in the row of its real crop, too: there they name where nothing was done. The mask
#: of the first plant of track B is the index's mask without ``mask_2_path``.
PLANTED_SCHEMA = pa.schema(
    [
        pa.field("crop_id", pa.string(), nullable=False),  # as in the index
        pa.field(
            "twin_id", pa.string(), nullable=False
        ),  # crop_id of the twin; on D, both are real
        pa.field("track", pa.string(), nullable=False),  # A to F
        pa.field("operator", pa.string()),  # null on D
        pa.field("strength", pa.float32()),  # in (0, 1]; null on D
        pa.field("region", pa.string()),  # where evidence is planted; null on D
        pa.field("region_2", pa.string()),  # the second plant, on B
        pa.field("strength_2", pa.float32()),  # its strength, on B
        pa.field("mask_2_path", pa.string()),  # its pixels, 0/255 PNG, on B
        pa.field("decoy", pa.string()),  # kind; null where the crop has none
        pa.field("decoy_region", pa.string()),  # where it lies
        pa.field("decoy_mask_path", pa.string()),  # its pixels, 0/255 PNG
        pa.field("watermark", pa.bool_(), nullable=False),  # whether the crop bears one
        pa.field("other_id", pa.string()),  # on E: the same crop with, or without, the watermark
    ]
)

_ALLOWED: dict[str, Collection[str]] = {
    "track": TRACKS,
    "operator": OPERATORS,
    "region": REGIONS,
    "region_2": REGIONS,
    "decoy": DECOYS,
    "decoy_region": REGIONS,
}


def write_planted(rows: list[dict[str, Any]], crops_dir: Path) -> None:
    """Check rows and write them beside the index.

    Raises:
        IndexSchemaError: A row breaks the contract.
    """
    table = pa.Table.from_pylist(rows, PLANTED_SCHEMA)
    _check(table, crops_dir / PLANTED_NAME)
    write_parquet(crops_dir / PLANTED_NAME, table)


def read_planted(crops_dir: Path) -> pa.Table:
    """Read and check what was planted in the crops of a folder.

    Returns:
        The columns of :data:`PLANTED_SCHEMA`, in the order of the index.

    Raises:
        DatasetNotFoundError: The folder has no such table.
        IndexSchemaError: The table is no Parquet file or breaks the contract.
    """
    path = crops_dir / PLANTED_NAME
    if not path.is_file():
        msg = f"{path} is not there; expected the crops of data=planted. {_REMEDY}"
        raise DatasetNotFoundError(msg)
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        msg = f"{path}: cannot be read as Parquet ({str(error).splitlines()[0]}). {_REMEDY}"
        raise IndexSchemaError(msg) from error
    _check(table, path)
    return table.select(PLANTED_SCHEMA.names)


_REMEDY = "Run python src/train.py data=planted, or name another data.crops_dir"


def _check(table: pa.Table, path: Path) -> None:
    if not len(table):
        msg = f"{path} has no rows; expected one for each crop. {_REMEDY}"
        raise IndexSchemaError(msg)
    for field in PLANTED_SCHEMA:
        _check_column(table, field, path)
    for name, allowed in _ALLOWED.items():
        _refuse(table, name, pc.is_in(table[name], pa.array([*allowed, None], pa.string())), path)
    for name in ("twin_id", "other_id"):
        known = pc.is_in(table[name], table["crop_id"].combine_chunks())
        _refuse(table, name, pc.or_(known, pc.is_null(table[name])), path)


def _check_column(table: pa.Table, field: pa.Field, path: Path) -> None:
    if table.schema.names.count(field.name) != 1:
        raise _error(path, field.name, "it is not there exactly once", str(field.type))
    if table.schema.field(field.name).type != field.type:
        found = f"its type is {table.schema.field(field.name).type}"
        raise _error(path, field.name, found, str(field.type))
    if not field.nullable and table[field.name].null_count:
        found = f"{table[field.name].null_count} row(s) are null"
        raise _error(path, field.name, found, "a value in every row")


def _refuse(table: pa.Table, name: str, good: pa.ChunkedArray, path: Path) -> None:
    bad = table[name].filter(pc.invert(good))
    if len(bad):
        expected = "a crop_id of the table" if name.endswith("_id") else ", ".join(_ALLOWED[name])
        raise _error(path, name, f"{len(bad)} row(s) such as {bad[0].as_py()!r}", expected)


def _error(path: Path, column: str, found: str, expected: str) -> IndexSchemaError:
    return IndexSchemaError(f"{path}: column {column!r}: {found}; expected {expected}. {_REMEDY}")
