"""What was measured, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from benchmarks.paired import Measurement, Pair, verdict

_CAPTION = (
    "ratio: median over n pairs, each pair measured one right after the other; "
    "low, high: 95 % percentile bootstrap of the median"
)


def results_table(pairs: Iterable[Pair], measured: Mapping[str, Measurement]) -> Table:
    """Lay out one row per pair that was measured."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.caption, table.caption_justify = _CAPTION, "left"
    table.add_column("pair", no_wrap=True)
    for heading in ("ratio", "low", "high", "n"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("better", "target", ""):
        table.add_column(heading, no_wrap=True)
    for pair in pairs:
        if pair.name in measured:
            table.add_row(pair.name, *_cells(pair, measured[pair.name]))
    return table


def _cells(pair: Pair, m: Measurement) -> list[str]:
    sign = "<=" if pair.better == "smaller" else ">="
    target = "-" if pair.target is None else f"{sign} {pair.target:.2f}"
    numbers = [f"{value:.3f}" for value in (m.ratio, m.low, m.high)]
    return [*numbers, str(m.n), pair.better, target, verdict(m, pair.better, pair.target)]


def results_json(
    pairs: Iterable[Pair], measured: Mapping[str, Measurement]
) -> dict[str, dict[str, Any]]:
    """Return name -> ratio, low, high, n, which direction is better, and the target or null."""
    return {
        pair.name: {**measured[pair.name]._asdict(), "better": pair.better, "target": pair.target}
        for pair in pairs
        if pair.name in measured
    }


def append_history(
    path: Path, results: Mapping[str, Any], circumstances: Mapping[str, Any]
) -> None:
    """Add a line to the history: what was measured, when, on what and by which clock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({**circumstances, "pairs": results}, allow_nan=False)
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
