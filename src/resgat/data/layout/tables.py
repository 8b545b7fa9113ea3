"""Reading a table of text, such as a CSV file that somebody made by hand."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from resgat.data.layout.paths import has_controls, refuse_pipe
from resgat.errors import MetadataError

DELIMITERS = (",", ";", "\t")


class Row(NamedTuple):
    """A row of a table.

    Attributes:
        line: Where it begins, counted from 1.
        cells: Column in lower case -> text without blanks at its ends.
    """

    line: int
    cells: Mapping[str, str]


def read_table(path: Path, required: Sequence[str], remedy: str) -> list[Row]:
    """Read a table whose first row names its columns.

    The columns are separated by the comma, semicolon or tab with which the first row names those
    required. A byte order mark, empty lines, and a missing last line break do not matter.

    Args:
        path: A file in UTF-8.
        required: Columns that must be there, in lower case; in any order, and among others.
        remedy: What the user can do about a bad file.

    Raises:
        MetadataError: The file is missing or no such table. The message names the line.
    """
    try:
        refuse_pipe(path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            lines = chain([head], file)
            delimiter = _delimiter(head, required)
            rows = _numbered(csv.reader(lines, delimiter=delimiter, strict=True))
            return list(_checked(path, rows, required, remedy))
    except FileNotFoundError as error:
        msg = f"{path}: no such file, expected a table with {', '.join(required)}; {remedy}"
        raise MetadataError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path}: expected text in UTF-8, got other bytes ({error.reason}); {remedy}"
        raise MetadataError(msg) from error
    except (OSError, csv.Error) as error:
        msg = f"{path}: cannot be read as a table ({error}); {remedy}"
        raise MetadataError(msg) from error


def _delimiter(head: str, required: Sequence[str]) -> str:
    """Choose what separates the names of a head; the comma where nothing does."""
    for delimiter in DELIMITERS:
        names = {name.strip().strip('"').strip().lower() for name in head.split(delimiter)}
        if names.issuperset(required):
            return delimiter
    return ","


def _numbered(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that hold anything, each with the line it begins in."""
    line = 1
    for cells in reader:
        if any(map(str.strip, cells)):
            yield line, [cell.strip() for cell in cells]
        line = reader.line_num + 1  # type: ignore[attr-defined]


def _checked(
    path: Path, rows: Iterator[tuple[int, list[str]]], required: Sequence[str], remedy: str
) -> Iterator[Row]:
    _, head = next(rows, (1, []))
    names = [name.lower() for name in head]
    missing = [name for name in required if name not in names]
    if missing:
        found = ", ".join(head)[:80] or "nothing"
        msg = f"{path}: line 1: expected columns {', '.join(required)}, got {found!r}; {remedy}"
        raise MetadataError(msg)
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        msg = f"{path}: line 1: column {twice!r} occurs twice, expected once; {remedy}"
        raise MetadataError(msg)
    for line, cells in rows:
        problem = _problem(cells, names)
        if problem:
            msg = f"{path}: line {line}: {problem}; {remedy}"
            raise MetadataError(msg)
        yield Row(line, dict(zip(names, cells, strict=True)))


def _problem(cells: Sequence[str], names: Sequence[str]) -> str:
    if len(cells) != len(names):
        return f"expected {len(names)} cells, got {len(cells)}"
    bad = next((cell for cell in cells if has_controls(cell)), None)
    return "" if bad is None else f"expected text without control characters, got {bad[:80]!r}"
