"""The main numbers of explanations, laid out for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table

from resgat.explain.stats.summary import CONTROLS, SummaryRow
from resgat.report.explanations.panels import remark

#: The numbers shown, as far as there are any; the first ranks the methods.
SHOWN = {
    "region_hit": "Hit@1",
    "fooled": "fooled",
    "false_evidence": "false evidence",
    "shuffled_auroc": "sAUROC",
    "relevance_mass": "mass",
    "repair": "repair",
    "deletion": "deletion",
    "jpeg70_rho": "JPEG rho",
}


def explanation_table(summary: Sequence[SummaryRow]) -> Table:
    """Lay out the methods of the main track, best first, with 95 % intervals, and then controls."""
    track = main_track(summary)
    rows = [row for row in summary if row.track == track]
    found = {row.metric for row in rows}
    shown = [metric for metric in SHOWN if metric in found] or sorted(found)[:5]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column(f"track {track}")
    for metric in shown:
        table.add_column(SHOWN.get(metric, metric), justify="right", no_wrap=True)
    table.add_column("")
    by = {(row.method, row.metric): row for row in rows}
    for method in _ranked(rows, shown[0]):
        cells = [_cell(by.get((method, metric))) for metric in shown]
        table.add_row(method, *cells, _remark(by.get((method, shown[0]))))
    return table


def main_track(summary: Sequence[SummaryRow]) -> str:
    """Return the track that tables and pages show first: A, or the first by name."""
    return min(row.track for row in summary)


def _ranked(rows: Sequence[SummaryRow], metric: str) -> list[str]:
    own = {row.method: row.mean for row in rows if row.metric == metric}
    sign = -1 if any(row.better == "higher" for row in rows if row.metric == metric) else 1
    methods = dict.fromkeys(row.method for row in rows)

    def key(method: str) -> tuple[bool, float, str]:
        mean = own.get(method)
        return method in CONTROLS, float("inf") if mean is None else sign * mean, method

    return sorted(methods, key=key)


def _cell(row: SummaryRow | None) -> str:
    if row is None or row.mean is None:
        return "-"
    if row.low is None or row.high is None:
        return f"{row.mean:.3f}"
    return f"{row.mean:.3f} [{row.low:.3f}, {row.high:.3f}]"


def _remark(row: SummaryRow | None) -> str:
    if row is None:
        return ""
    return "control" if row.method in CONTROLS else remark(row)
