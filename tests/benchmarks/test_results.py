"""The table and the JSON say the same, and say it of what was measured only."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.paired import Measurement, Pair, Sides
from benchmarks.results import append_history, results_json, results_table
from resgat.report.terminal import print_table


def nothing() -> Sides:
    return Sides(list, list)


PAIRS = [
    Pair("step", "smaller", 1.1, nothing),
    Pair("loader", "larger", None, nothing),
    Pair("unmeasured", "smaller", 1.0, nothing),
]
MEASURED = {
    "loader": Measurement(0.5, 0.4, 0.6, 3),
    "step": Measurement(1.04, 1.02, 1.07, 9),
}


@pytest.fixture
def lines() -> list[list[str]]:
    console = Console(file=io.StringIO(), width=120)
    print_table(results_table(PAIRS, MEASURED), console)
    assert isinstance(console.file, io.StringIO)
    return [line.replace("|", " ").split() for line in console.file.getvalue().splitlines()]


def test_a_row_holds_the_numbers_the_direction_and_the_verdict(lines: list[list[str]]) -> None:
    assert ["pair", "ratio", "low", "high", "n", "better", "target"] in lines
    assert ["step", "1.040", "1.020", "1.070", "9", "smaller", "<=", "1.10", "met"] in lines
    assert ["loader", "0.500", "0.400", "0.600", "3", "larger", "-"] in lines


def test_the_table_says_what_its_interval_is(lines: list[list[str]]) -> None:
    assert "bootstrap of the median" in " ".join(" ".join(line) for line in lines)


def test_json_keeps_the_order_of_the_pairs_and_leaves_out_what_was_not_measured() -> None:
    payload = json.loads(json.dumps(results_json(PAIRS, MEASURED), allow_nan=False))
    step = {"ratio": 1.04, "low": 1.02, "high": 1.07, "n": 9, "better": "smaller", "target": 1.1}
    assert list(payload) == ["step", "loader"]
    assert payload["step"] == step
    assert payload["loader"]["target"] is None


def test_the_history_gains_a_line_with_each_run(tmp_path: Path) -> None:
    path = tmp_path / "new" / "history.jsonl"
    for load in (0.1, 2.0):
        append_history(path, results_json(PAIRS, MEASURED), {"load": load})
    first, second = map(json.loads, path.read_text().splitlines())
    assert (first["load"], second["load"]) == (0.1, 2.0)
    assert second["pairs"]["step"]["ratio"] == 1.04
