from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from resgat.explain.stats.summary import CONTROLS, SummaryRow
from resgat.report.explanations.content import Column, ExplanationReport
from resgat.report.explanations.panels import columns, panels, ranked, remark, span

MakeReport = Callable[..., ExplanationReport]

ROW = SummaryRow(
    "m", "A", "hit", "ig", 0.5, 0.4, 0.6, 10, 4, 0, 0, 0.1, 0.3, 0.2, 0.4, 0.3, 0.2, 0.4, "higher",
    True,
)  # fmt: skip


def row(method: str, mean: float | None, **changes: Any) -> SummaryRow:
    return replace(ROW, method=method, mean=mean, **changes)


def test_methods_are_ranked_best_first_and_controls_apart() -> None:
    rows = [
        row("ig", 0.2),
        row("random", 0.9),
        row("lime", 0.7),
        row("rise", None),
        row("cam", 0.7),
    ]
    assert ranked(rows, "hit") == ("cam", "lime", "ig", "rise", "random")


def test_lower_can_be_better() -> None:
    rows = [row(name, mean, better="lower") for name, mean in (("a", 0.3), ("b", 0.1))]
    assert ranked(rows, "hit") == ("b", "a")


def test_a_method_without_the_first_metric_comes_last() -> None:
    assert ranked([row("a", 0.9, metric="other"), row("b", 0.1)], "hit") == ("b", "a")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"beats_controls": False}, "not better than chance"),
        ({"beats_controls": False, "better": "none"}, ""),
        ({"beats_controls": False, "method": CONTROLS[0]}, ""),
        ({"beats_controls": False, "unrelated": 0.0}, ""),
        ({"beats_controls": False, "mean": None}, "undefined"),
        ({"beats_controls": False, "low": None, "high": None}, "no interval, so no claim"),
        (
            {"beats_controls": False, "permuted": None, "diff_random": None, "diff_center": None},
            "no control beside it",
        ),
    ],
)
def test_what_a_row_may_claim(changes: dict[str, Any], words: str) -> None:
    assert remark(replace(ROW, **changes)) == words


def test_track_a_is_first_and_the_only_main_one(make_report: MakeReport) -> None:
    full = make_report()
    turned = make_report(summary=tuple(reversed(full.summary)))
    found = panels(turned)
    assert [panel.track for panel in found] == list("ABCDEF")
    assert [panel.is_main for panel in found] == [True] + 5 * [False]
    assert found[0].heading == "Track A: one altered region"


def test_without_a_track_a_the_first_one_is_main() -> None:
    summary = tuple(replace(ROW, track=track) for track in ("masks", "diff"))
    found = panels(ExplanationReport("t", (), summary))
    assert [(panel.heading, panel.is_main) for panel in found] == [("diff", True), ("masks", False)]


def test_models_are_told_apart() -> None:
    summary = tuple(replace(ROW, model=model) for model in ("v2", "v1"))
    found = panels(ExplanationReport("t", (), summary, tracks={"A": "One plant"}))
    assert [panel.heading for panel in found] == [
        "v2, track A: One plant",
        "v1, track A: One plant",
    ]
    assert all(panel.is_main for panel in found)


def test_every_row_is_in_one_panel(make_report: MakeReport) -> None:
    report = make_report()
    found = [row for panel in panels(report) for row in panel.rows.values()]
    assert sorted(found, key=repr) == sorted(report.summary, key=repr)


def test_all_metrics_are_columns_where_none_is_named() -> None:
    summary = tuple(replace(ROW, metric=name) for name in ("b", "a"))
    assert columns(ExplanationReport("t", (), summary)) == (Column("a", "a"), Column("b", "b"))


def test_span() -> None:
    rows = [replace(ROW, n_images=n) for n in (1200, 3)]
    assert span(rows, "n_images") == "3 to 1,200"
    assert span(rows[:1], "n_images") == "1,200"
