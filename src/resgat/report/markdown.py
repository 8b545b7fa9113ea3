"""A table as Markdown text, for places that show text and no HTML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def markdown_table(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], *, limit: int = 100
) -> str:
    """Return the first rows as a Markdown table, and below it how many there are if not all.

    Numbers are shown with four significant digits, None as nothing.

    Args:
        columns: Their names.
        rows: As long as ``columns``.
        limit: Rows that are shown.
    """
    lines = [_line(columns), "|" + "---|" * len(columns), *map(_line, rows[:limit])]
    if len(rows) > limit:
        lines += ["", f"The first {limit:,} of {len(rows):,} rows."]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[Any]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    shown = f"{value:.4g}" if isinstance(value, float) else str(value)
    return shown.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
