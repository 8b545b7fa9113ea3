"""Which numbers of a repeated run agree, laid out for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.markup import escape
from rich.table import Table

from resgat.report.agreement import Row, count, worst


def counts_table(rows: Sequence[Row]) -> Table:
    """Lay out how many numbers agree in which way."""
    table = _table()
    for kind in count(rows):
        table.add_column(kind, justify="right", no_wrap=True)
    table.add_row(*map(str, count(rows).values()))
    return table


def worst_table(rows: Sequence[Row], limit: int = 10) -> Table:
    """Lay out the numbers that are not identical, the largest difference first.

    Args:
        rows: As :func:`~resgat.report.agreement.agree` returns them.
        limit: How many at most.
    """
    table = _table()
    table.add_column("number")
    for heading in ("recorded", "now", "difference"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("agreement", no_wrap=True)
    table.add_column("in recorded interval", no_wrap=True)
    for row in worst(rows)[:limit]:
        numbers = [_number(value) for value in (row.recorded, row.repeated, row.difference)]
        inside = {None: "-", True: "yes", False: "no"}[row.in_interval]
        table.add_row(escape(row.number), *numbers, row.agreement.value, inside)
    return table


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"
