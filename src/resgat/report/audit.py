"""The verdicts of an audit, as a table."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.markup import escape
from rich.table import Table

from resgat.data.audit.verdict import Check, Verdict

_STYLES = {
    Verdict.OK: "green",
    Verdict.NOT_CHECKED: "dim",
    Verdict.WARNING: "yellow",
    Verdict.BROKEN: "bold red",
    Verdict.LEAK: "bold red",
}


def audit_table(checks: Iterable[Check]) -> Table:
    """Lay out one row per check: its name, its verdict, and what is behind it."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("check", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("found")
    for check in checks:
        verdict = f"[{_STYLES[check.verdict]}]{check.verdict.value}[/]"
        table.add_row(check.name.replace("_", " "), verdict, escape(check.summary))
    return table
