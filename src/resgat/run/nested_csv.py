"""A table of numbers as JSON would hold it: nested by some columns, two ends as one interval."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

#: How a CSV writes what is neither number nor text.
_WORDS = {"": None, "True": True, "False": False}


class Layout(NamedTuple):
    """How a table is nested.

    Attributes:
        nesting: Columns whose values become keys, the outermost first.
        intervals: Key -> the two columns that become a list under it.
    """

    nesting: tuple[str, ...]
    intervals: Mapping[str, tuple[str, str]]


def nest(text: str, layout: Layout) -> dict[str, Any]:
    r"""Nest a CSV; an empty cell is null, and what is no finite number stays text.

    Raises:
        ValueError: A column of the layout is missing, or a row is too short or too long.

    Example:
        >>> nest("name,x,low,high\na,1,0.5,2\n", Layout(("name",), {"x_ci": ("low", "high")}))
        {'a': {'x': 1, 'x_ci': [0.5, 2]}}
    """
    nested: dict[str, Any] = {}
    names, *rows = list(csv.reader(io.StringIO(text))) or [[]]
    ends = [name for pair in layout.intervals.values() for name in pair]
    missing = [name for name in (*layout.nesting, *ends) if name not in names]
    if missing:
        msg = f"there is no column {missing[0]!r}"
        raise ValueError(msg)
    for cells in rows:
        row: dict[str, Any] = dict(zip(names, cells, strict=True))
        inner = nested
        for key in layout.nesting:
            inner = inner.setdefault(row.pop(key), {})
        numbers = {name: _cell(cell) for name, cell in row.items()}
        for key, pair in layout.intervals.items():
            numbers[key] = [numbers.pop(name) for name in pair]
        inner.update(numbers)
    return nested


def _cell(text: str) -> object:
    if text in _WORDS:
        return _WORDS[text]
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        if math.isfinite(value):
            return value
    return text
