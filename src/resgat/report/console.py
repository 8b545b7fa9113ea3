"""The numbers of a run, laid out for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.table import Table

from resgat.report.metrics_json import LEVELS

_COLUMNS = {
    "AP": "ap",
    "EER": "eer",
    "bal.\nacc.": "balanced_accuracy",
    "F1": "f1",
    "log\nloss": "log_loss",
}


def metrics_table(results: Mapping[str, Any]) -> Table:
    """Lay out the main numbers, one row per split and level.

    Args:
        results: Split -> what ``summarise`` returned; entries of another form are passed over.

    Returns:
        A table with AUC and its 95 % interval, AP, EER, balanced accuracy, F1 and log loss; "-"
        where a number cannot be had.
    """
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, collapse_padding=True, pad_edge=False)
    table.add_column("split")
    table.add_column("level")
    for heading in ("n", "AUC [95 % CI]", *_COLUMNS):
        table.add_column(heading, justify="right", no_wrap=True)
    for split, summary in results.items():
        if not isinstance(summary, Mapping):
            continue
        for level in LEVELS:
            if level in summary:
                table.add_row(split, level, *_cells(summary[level]))
    return table


def _cells(metrics: Mapping[str, Any]) -> list[str]:
    auc = _number(metrics["auc"])
    if metrics.get("auc_ci"):
        low, high = metrics["auc_ci"]
        auc += f" [{_number(low)}, {_number(high)}]"
    return [str(metrics["n"]), auc, *(_number(metrics[key]) for key in _COLUMNS.values())]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
