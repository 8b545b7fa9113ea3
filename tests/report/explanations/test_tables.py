from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from resgat.explain.stats.scores import Better
from resgat.explain.stats.summary import PairRow, SummaryRow
from resgat.report.explanations.content import Column, ExplanationReport
from resgat.report.explanations.panels import panels
from resgat.report.explanations.tables import (
    all_numbers,
    coverage,
    pair_tables,
    verdict_table,
    verdict_tables,
)
from tests.report.explanations.reading import rows_of, text_of

MakeReport = Callable[..., ExplanationReport]

ROW = SummaryRow(
    "m", "A", "hit", "ig", 0.512, 0.421, 0.633, 10, 4, 1, 2, 0.104, 0.305, 0.206, 0.407, 0.308,
    0.209, 0.411, "higher", True,
)  # fmt: skip
PAIR = PairRow("m", "A", "hit", "ig", "lime", 0.2, 0.1, 0.3, 0.001, 0.004, 0.7, False, 0.02)


def small(*rows: SummaryRow, **changes: Any) -> ExplanationReport:
    return ExplanationReport("t", (), rows, columns=(Column("hit", "Hit@1"),), **changes)


def table_of(report: ExplanationReport) -> list[list[str]]:
    return rows_of(verdict_table(report, panels(report)[0]))


def test_a_cell_holds_mean_interval_and_verdict() -> None:
    loser = replace(ROW, method="rise", mean=0.1, beats_controls=False, n_degenerate=0)
    report = small(ROW, loser, chance={("A", "hit"): 0.125})
    assert table_of(report) == [
        ["method", "Hit@1|higher is better|chance 0.125"],
        ["ig|1 map said nothing", "0.512|[0.421, 0.633]"],
        ["rise", "0.100|[0.421, 0.633]|not better than chance"],
    ]


def test_what_claims_nothing_is_grey() -> None:
    loser = replace(ROW, method="rise", beats_controls=False)
    report = small(ROW, loser)
    lines = verdict_table(report, panels(report)[0]).split("<tr>")
    assert ["grey" in line for line in lines[2:]] == [False, True]


@pytest.mark.parametrize(("hit", "auroc", "is_grey"), [(True, False, False), (False, True, True)])
def test_a_method_s_name_is_grey_by_the_metric_that_ranks(
    hit: bool, auroc: bool, is_grey: bool
) -> None:
    rows = (replace(ROW, beats_controls=hit), replace(ROW, metric="auroc", beats_controls=auroc))
    columns = (Column("hit", "Hit@1"), Column("auroc", "AUROC"))
    report = ExplanationReport("t", (), rows, columns=columns)
    table = verdict_table(report, panels(report)[0])
    assert ('<th scope="row" class="grey">' in table) == is_grey


def test_controls_stand_apart_and_are_judged_by_nobody() -> None:
    center = replace(ROW, method="center", mean=0.9, beats_controls=False, n_degenerate=0)
    assert table_of(small(ROW, center))[2:] == [
        ["Controls"],
        ["center", "0.900|[0.421, 0.633]"],
    ]
    oracle = replace(center, method="oracle_node")
    assert table_of(small(ROW, oracle))[2] == ["Controls; oracle_node is told the truth"]


def test_a_missing_score_says_so() -> None:
    other = replace(ROW, metric="auroc", method="lime")
    report = ExplanationReport("t", (), (ROW, other))
    assert [row[1:] for row in table_of(report)[1:]] == [
        ["0.512|[0.421, 0.633]", "not scored"],
        ["not scored", "0.512|[0.421, 0.633]"],
    ]


def test_every_number_of_a_row_is_written() -> None:
    assert rows_of(all_numbers(panels(small(ROW))[0]))[1] == [
        "hit",
        "ig",
        "0.512",
        "[0.421, 0.633]",
        "10",
        "4",
        "1",
        "2",
        "0.104",
        "0.305 [0.206, 0.407]",
        "0.308 [0.209, 0.411]",
        "beats its controls",
    ]


def test_only_the_main_track_is_open(make_report: MakeReport) -> None:
    page = verdict_tables(make_report())
    before, *folded = page.split("<details><summary>Track ")
    assert [part[0] for part in folded] == list("BCDEF")
    assert before.count('<table class="verdict">') == 1
    assert page.count('<table class="verdict">') == 6
    assert " open" not in page


def test_coverage_stands_beside_the_table() -> None:
    report = small(ROW, coverage={("m", "A"): (10, 40)})
    assert coverage(report, panels(report)[0]) == (
        "10 images in 4 groups of people. Verified set: 10 of 40 images (25 %)."
    )
    assert coverage(small(ROW), panels(report)[0]) == "10 images in 4 groups of people."


def test_an_empty_set_has_no_share() -> None:
    report = small(ROW, coverage={("m", "A"): (0, 0)})
    assert coverage(report, panels(report)[0]).endswith("0 of 0 images (none).")


def two_methods(better: Better, pair: PairRow) -> ExplanationReport:
    lower = better == "lower"
    best = replace(ROW, mean=0.1 if lower else 0.9, better=better)
    other = replace(ROW, method="lime", better=better)
    return small(best, other, pairs=(pair,))


def pair_row(better: Better, pair: PairRow) -> list[str]:
    return rows_of(pair_tables(two_methods(better, pair)))[1]


def test_a_pair_is_read_from_the_best_method() -> None:
    expected = ["lime", "0.200", "[0.100, 0.300]", "0.004", "0.700", "ig is better"]
    assert pair_row("higher", PAIR) == expected
    turned = replace(PAIR, a="lime", b="ig", diff=-0.2, low=-0.3, high=-0.1, superiority=0.3)
    assert pair_row("higher", turned) == expected


@pytest.mark.parametrize(
    ("better", "changes", "verdict"),
    [
        ("lower", {"diff": -0.2, "low": -0.3, "high": -0.1}, "ig is better"),
        ("lower", {}, "ig is worse"),
        ("higher", {"low": -0.1}, "undecided"),
        ("higher", {"low": -0.01, "high": 0.01, "is_equivalent": True}, "equal within 0.020"),
        (
            "higher",
            {"low": 0.001, "high": 0.01, "is_equivalent": True},
            "ig is better, by less than 0.020",
        ),
        ("higher", {"p_holm": 0.2}, "undecided after Holm's correction"),
        ("higher", {"low": None, "high": None}, "no interval, so no claim"),
    ],
)
def test_pair_verdicts(better: Better, changes: dict[str, Any], verdict: str) -> None:
    assert pair_row(better, replace(PAIR, **changes))[-1] == verdict


def test_pairs_without_the_best_method_are_not_shown() -> None:
    page = pair_tables(two_methods("higher", replace(PAIR, a="rise")))
    assert text_of(page) == "|No pair holds the best method.|"


def test_only_the_first_metric_of_pairs_is_open(make_report: MakeReport) -> None:
    page = pair_tables(make_report())
    assert page.startswith("<details open>")
    assert page.count("<details") == 6
    assert page.count(" open") == 1
