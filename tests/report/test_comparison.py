from dataclasses import replace

from resgat.metrics.comparison import Gap, Standing
from resgat.metrics.detection import METRIC_NAMES
from resgat.report.comparison import (
    METRIC_WORDS,
    ComparisonReport,
    RunFacts,
    comparison_page,
    standings_table,
)


def standings(name: str, value: float) -> list[Standing]:
    return [Standing(name, 3, metric, value, value - 0.1, value + 0.1) for metric in METRIC_NAMES]


REPORT = ComparisonReport(
    metric="auc",
    level="video",
    num_rows=140,
    num_groups=70,
    standings=(*standings("good", 0.9), *standings("near", 0.88), *standings("<bad>", 0.6)),
    gaps=(
        Gap("good", "near", "auc", 0.02, -0.01, 0.05, 0.2, 0.4, is_real=False),
        Gap("good", "<bad>", "auc", 0.3, 0.2, 0.4, 0.0001, 0.0003, is_real=True),
        Gap("near", "<bad>", "auc", 0.28, 0.2, 0.4, 0.0001, 0.0003, is_real=True),
    ),
    runs=(RunFacts("good", "outputs/a", 0, "v1", "f00"),),
)


def test_every_metric_has_a_word() -> None:
    assert list(METRIC_WORDS) == list(METRIC_NAMES)


def test_a_verdict_is_about_the_best() -> None:
    verdicts = [REPORT.verdict(name) for name in REPORT.names]
    assert verdicts == ["best", "not told apart", "worse"]
    assert replace(REPORT, gaps=()).verdict("near") == "not tested"


def test_the_terminal_shows_numbers_intervals_and_verdicts() -> None:
    names, seeds, auc, *_, verdicts = [list(c.cells) for c in standings_table(REPORT).columns]
    assert names == ["good", "near", "<bad>"]
    assert seeds == ["3"] * 3
    assert auc[0] == "0.900 [0.800, 1.000]"
    assert verdicts == ["best", "not told apart", "worse"]
    ranked_by_ece = standings_table(replace(REPORT, metric="ece"))
    assert [str(column.header) for column in ranked_by_ece.columns][2] == "ECE"


def test_a_number_that_cannot_be_had_is_a_dash() -> None:
    nothing = tuple(replace(one, value=None, low=None, high=None) for one in REPORT.standings)
    columns = standings_table(replace(REPORT, standings=nothing)).columns
    assert list(columns[2].cells) == ["-"] * 3
    no_interval = tuple(replace(one, low=None) for one in REPORT.standings)
    columns = standings_table(replace(REPORT, standings=no_interval)).columns
    assert next(iter(columns[2].cells)) == "0.900"


def test_the_page_says_what_is_real_and_escapes_names() -> None:
    page = comparison_page(REPORT)
    assert (
        "140 videos of 70 identity groups. Best by AUC: good. Not told apart from it: near." in page
    )
    assert "&lt;bad&gt;" in page
    assert "<bad>" not in page
    assert "&lt; 0.001" in page
    assert page.count(">not shown<") == 1
    assert "outputs/a, code v1" in page


def test_where_all_are_worse_the_page_says_so() -> None:
    gaps = tuple(replace(gap, is_real=True) for gap in REPORT.gaps)
    assert "It is better than every other one." in comparison_page(replace(REPORT, gaps=gaps))


def test_a_page_without_the_metric_names_no_winner() -> None:
    nothing = tuple(replace(one, value=None, low=None, high=None) for one in REPORT.standings)
    page = comparison_page(replace(REPORT, standings=nothing, gaps=()))
    assert "AUC cannot be had: a class is missing, or a threshold." in page
    assert "Best by" not in page
    assert replace(REPORT, standings=nothing).verdict("good") == "not tested"


def test_one_seed_speaks_for_its_checkpoint_only() -> None:
    assert "stands for that one checkpoint" not in comparison_page(REPORT)
    one = tuple(replace(standing, num_seeds=1) for standing in REPORT.standings)
    assert "stands for that one checkpoint" in comparison_page(replace(REPORT, standings=one))


def test_one_detector_has_no_pairs() -> None:
    alone = replace(REPORT, standings=tuple(standings("good", 0.9)), gaps=())
    assert "Left out: there is one detector." in comparison_page(alone)
    assert "Not every difference is tested" not in comparison_page(alone)


def test_pairs_that_resamples_cannot_tell_of_are_left_out_for_their_own_reason() -> None:
    assert REPORT.untested is None
    ece = replace(REPORT, metric="ece", gaps=())
    noise = "there are no resamples of ECE: an estimate of it cannot fall below its own noise"
    assert f"Left out: {noise}" in comparison_page(ece)
    assert f"Best by ECE: good. Not every difference is tested: {noise}" in comparison_page(ece)
    assert ece.verdict("near") == "not tested"
    few = "there are no resamples of AUC: fewer than two identity groups hold real rows"
    assert f"Left out: {few}" in comparison_page(replace(REPORT, gaps=()))


def test_who_has_no_number_is_named_beside_the_pairs_of_the_others() -> None:
    lacking = tuple(
        replace(one, value=None) if (one.name, one.metric) == ("<bad>", "auc") else one
        for one in REPORT.standings
    )
    page = comparison_page(replace(REPORT, standings=lacking, gaps=REPORT.gaps[:1]))
    assert "good against near" in page
    assert "Left out: AUC cannot be had of &lt;bad&gt;: a class or a threshold is missing." in page
