"""What corruptions cost a detector, laid out for the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.table import Table

from resgat.robustness.curves import AreaRow


def areas_table(areas: Iterable[AreaRow], pooling: str = "video") -> Table:
    """Lay out each corruption's mean AUC and what is lost, one row per corruption.

    Args:
        areas: As ``judge`` returns them.
        pooling: Which of them.
    """
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column(f"corruption ({pooling} level)")
    for heading in ("mean AUC [95 % CI]", "drop from clean [95 % CI]"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in areas:
        if row.pooling == pooling:
            mean = _estimate(row.area, row.area_low, row.area_high)
            table.add_row(row.corruption, mean, _estimate(row.drop, row.drop_low, row.drop_high))
    return table


def _estimate(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" + ("" if low is None else f" [{low:.3f}, {high:.3f}]")
