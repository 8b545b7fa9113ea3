"""What a user's table says of the people in the videos, laid beside the crops."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from resgat.data.index import CropIndex
from resgat.data.layout.tables import Row, read_table
from resgat.errors import MetadataError

_KEY = "video_id"
_REMEDY = "correct it, or leave out attributes="
_MOST_VALUES = 20


class Attributes(NamedTuple):
    """A table of videos.

    Attributes:
        path: Where it lies.
        table: ``video_id``, and a column for each attribute; null is unknown.
    """

    path: Path
    table: pa.Table


def read_attributes(path: Path) -> Attributes:
    """Read a table with the column ``video_id`` and a column for each attribute.

    Args:
        path: In UTF-8, with commas, semicolons or tabs; an empty cell is an unknown value.

    Raises:
        MetadataError: The table is missing or malformed, lists a video twice, or has no attribute
            or one of more than 20 values.
    """
    rows = read_table(path, [_KEY], _REMEDY)
    _refuse_twice(path, rows)
    names = [name for name in rows[0].cells if name != _KEY] if rows else []
    if not names:
        msg = f"{path}: expected lines of {_KEY} and an attribute at least, got none; {_REMEDY}"
        raise MetadataError(msg)
    for name in names:
        num = len({row.cells[name] for row in rows} - {""})
        if num > _MOST_VALUES:
            msg = (
                f"{path}: column {name!r} has {num} values, expected at most {_MOST_VALUES}, for "
                f"numbers are broken down by each; {_REMEDY}"
            )
            raise MetadataError(msg)
    columns = {name: [row.cells[name] or None for row in rows] for name in (_KEY, *names)}
    schema = pa.schema([(name, pa.string()) for name in columns])
    return Attributes(path, pa.table(columns, schema))


def attributes_of(attributes: Attributes, index: CropIndex) -> pa.Table:
    """Return the attributes of every crop; a fake has its original's where it has none of its own.

    Returns:
        A row for each crop and a column for each attribute; null where it is not known.

    Raises:
        MetadataError: Not one of the crops has a value.
    """
    crops = index.take([_KEY, "original_video_id"])
    keys = attributes.table[_KEY].combine_chunks()
    own, inherited = (pc.index_in(column, value_set=keys) for column in crops.itercolumns())
    values = attributes.table.drop_columns([_KEY])
    known = pa.table(
        [pc.coalesce(column.take(own), column.take(inherited)) for column in values.itercolumns()],
        values.column_names,
    )
    if all(column.null_count == len(index) for column in known.itercolumns()):
        msg = (
            f"{attributes.path} tells of none of the videos in {index.crops_dir}, expected such as "
            f"{crops[_KEY][0].as_py()!r}; {_REMEDY}"
        )
        raise MetadataError(msg)
    return known


def _refuse_twice(path: Path, rows: list[Row]) -> None:
    seen: set[str] = set()
    for line, cells in rows:
        if cells[_KEY] in seen:
            msg = f"{path}: line {line}: {cells[_KEY]!r} is listed twice, expected once; {_REMEDY}"
            raise MetadataError(msg)
        seen.add(cells[_KEY])
