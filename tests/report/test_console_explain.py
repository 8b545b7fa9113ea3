from dataclasses import replace

from resgat.explain.stats.summary import SummaryRow
from resgat.report.console_explain import explanation_table, main_track
from resgat.report.explanations.panels import NOT_BETTER

ROW = SummaryRow(
    "m", "A", "region_hit", "contrib", 0.9, 0.8, 0.95, 9, 9, 0, 0, 0.1,
    0.8, 0.7, 0.9, 0.8, 0.7, 0.9, "higher", True,
)  # fmt: skip


def columns(rows: list[SummaryRow]) -> list[list[str]]:
    table = explanation_table(rows)
    return [list(column.cells) for column in table.columns]  # type: ignore[arg-type]


def test_methods_come_best_first_and_controls_last() -> None:
    rows = [
        replace(ROW, method="center", mean=0.95),
        replace(ROW, method="gradcam", mean=0.2, beats_controls=False),
        ROW,
        replace(ROW, method="lime", mean=None, low=None, high=None, beats_controls=False),
    ]
    names, numbers, remarks = columns(rows)
    assert names == ["contrib", "gradcam", "lime", "center"]
    assert numbers[0] == "0.900 [0.800, 0.950]"
    assert numbers[2] == "-"
    assert remarks == ["", NOT_BETTER, "undefined", "control"]


def test_where_less_is_better_the_least_comes_first() -> None:
    rows = [
        replace(ROW, metric="repair", better="lower", mean=mean, method=name)
        for name, mean in (("a", 0.5), ("b", 0.1))
    ]
    assert columns(rows)[0] == ["b", "a"]


def test_a_number_without_an_interval_stands_alone() -> None:
    assert columns([replace(ROW, low=None)])[1] == ["0.900"]


def test_the_main_track_is_a_or_the_first() -> None:
    rows = [replace(ROW, track=track) for track in ("F", "C", "A")]
    assert main_track(rows) == "A"
    assert main_track(rows[:2]) == "C"
    names, *_ = columns([replace(ROW, track="C", method="x"), ROW])
    assert names == ["contrib"]


def test_where_none_of_the_main_numbers_is_there_others_are_shown() -> None:
    rows = [replace(ROW, metric=metric, better="none") for metric in ("gini", "k80")]
    table = explanation_table(rows)
    assert [str(column.header) for column in table.columns] == ["track A", "gini", "k80", ""]


def test_what_describes_a_map_is_not_held_against_it() -> None:
    assert columns([replace(ROW, metric="gini", better="none", beats_controls=False)])[-1] == [""]
