"""What preprocessing made of a corpus, as a table."""

from __future__ import annotations

from collections.abc import Mapping

from rich import box
from rich.table import Table

from resgat.data.outcome import Tally


def outcome_table(tally: Tally) -> Table:
    """Lay out videos and crops per method and split, with a total.

    Returns:
        Per row: videos with a face over videos listed, crops over frames asked for, masks.
    """
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("method")
    table.add_column("split")
    for heading in ("videos", "crops", "masks"):
        table.add_column(heading, justify="right", no_wrap=True)
    for method, splits in tally.counts.items():
        for split, cell in splits.items():
            table.add_row(method, split, *_cells(cell))
    table.add_section()
    names = ("videos_with_face", "videos_asked", "crops", "frames_asked", "masks")
    table.add_row("all", "", *_cells({name: tally.total(name) for name in names}))
    return table


def _cells(cell: Mapping[str, int]) -> list[str]:
    return [
        f"{cell['videos_with_face']} / {cell['videos_asked']}",
        f"{cell['crops']} / {cell['frames_asked']}",
        str(cell["masks"]),
    ]
