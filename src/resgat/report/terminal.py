"""Tables on the terminal, and in a file or pipe."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table

#: Where nobody looks at a screen no line is too long.
_PLAIN_WIDTH = 1000


def print_table(table: Table, console: Console | None = None) -> None:
    """Print to standard output; in plain ASCII and at full width where that is no terminal."""
    console = console or Console()
    if not console.is_terminal:
        table.box, table.collapse_padding = box.ASCII2, False
        unbounded = console.options.update(max_width=_PLAIN_WIDTH)
        console.width = console.measure(table, options=unbounded).maximum
    console.print(table)
