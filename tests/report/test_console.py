import io
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from rich.console import Console

from resgat.report.console import metrics_table
from resgat.report.metrics_json import summarise
from resgat.report.terminal import print_table

LEVEL = {
    "auc": 0.97123,
    "auc_ci": [0.95, 0.98049],
    "ap": 0.99,
    "eer": 0.08,
    "balanced_accuracy": 0.9,
    "f1": 0.91,
    "log_loss": 0.2,
    "n": 140,
}


def printed(results: Mapping[str, Any], *, terminal: bool) -> Any:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=120 if terminal else 40)
    print_table(metrics_table(results), console)
    return file.getvalue()


def test_one_row_per_split_and_level() -> None:
    lines = printed({"test": {"video": LEVEL, "frame": LEVEL}}, terminal=False).splitlines()
    rows = [line for line in lines if "test" in line]
    assert [("video" in row, "frame" in row) for row in rows] == [(True, False), (False, True)]
    for number in ("140", "0.971 [0.950, 0.980]", "0.990", "0.080", "0.900", "0.910", "0.200"):
        assert number in rows[0]


def test_what_cannot_be_had_is_a_dash() -> None:
    missing = dict.fromkeys(LEVEL, None) | {"n": 3}
    row = printed({"val": {"video": missing}}, terminal=False).splitlines()[-1]
    assert row.count("-") == 6


def test_other_entries_are_passed_over() -> None:
    results = {"schema": 1, "environment": {"python": "3.11"}, "test": {"video": LEVEL}}
    assert metrics_table(results).row_count == 1


def test_it_takes_what_summarise_returns(frame_table: pa.Table) -> None:
    assert metrics_table({"test": summarise(frame_table, draws=10)}).row_count == 2
