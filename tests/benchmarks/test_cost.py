"""Tables and figure of how cost grows, from rows that are made up."""

from typing import Any

import pytest

from benchmarks.cost import cost_figure, cost_table, hours, hours_table

ROWS: list[dict[str, Any]] = [
    {"factor": "model", "value": "resgatv2", "faces_per_s": 32.0, "peak_gib": 1.25},
    {"factor": "precision", "value": "bf16-mixed", "faces_per_s": 64.0, "peak_gib": 1.0},
    {"factor": "frames", "value": "32", "faces_per_s": 16.0, "videos_per_s": 0.5},
]


def test_a_row_says_what_was_varied_how_fast_and_in_how_much_memory() -> None:
    assert cost_table(ROWS).splitlines()[2:] == [
        "| model | resgatv2 | 32.0 | 1.2 |",
        "| precision | bf16-mixed | 64.0 | 1.0 |",
        "| frames per video, preprocessing | 32 | 16.0 |  |",
    ]


def test_hours_of_whole_corpora_by_hand() -> None:
    # 5,000 videos at one in two seconds; 3,600 of 32 faces at 32 a second; twice as fast.
    assert hours_table(ROWS).splitlines()[2:] == [
        "| preprocessing | 2.8 | 66 |",
        "| an epoch, float32 | 1.0 | 23 |",
        "| an epoch, bf16 | 0.5 | 12 |",
    ]


def test_hours_need_their_cases() -> None:
    with pytest.raises(KeyError, match="bf16-mixed"):
        hours_table([ROWS[0], ROWS[2]])


@pytest.mark.parametrize(("count", "said"), [(36_000, "10"), (35_000, "9.7"), (3.6e7, "10,000")])
def test_hours_have_as_many_digits_as_they_are_worth(count: float, said: str) -> None:
    assert hours(count, 1.0) == said


def test_each_factor_has_a_panel_with_a_bar_for_each_case() -> None:
    more = {"factor": "model", "value": "resgatv1_paper", "faces_per_s": 8.0, "peak_gib": 3.0}
    figure = cost_figure([*ROWS, more])
    panels = {axes.get_xlabel(): axes for axes in figure.axes if axes.get_visible()}
    assert list(panels) == ["Model", "Precision", "Frames per video, preprocessing"]
    assert [text.get_text() for text in panels["Model"].texts] == ["32", "8"]
