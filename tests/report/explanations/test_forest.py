import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from resgat.explain.stats.summary import SummaryRow
from resgat.report.explanations.content import Column, ExplanationReport
from resgat.report.explanations.forest import forest, forests
from resgat.report.explanations.panels import panels
from tests.report.explanations.reading import text_of

ROW = SummaryRow(
    "m", "A", "hit", "ig", 0.5, 0.25, 0.75, 10, 4, 0, 0, 0.125, 0.3, 0.2, 0.4, 0.3, 0.2, 0.4,
    "higher", True,
)  # fmt: skip
ENDS = replace(ROW, method="random", mean=0.0, low=0.0, high=1.0, permuted=None)


def drawn(*rows: SummaryRow, chance: float | None = None) -> str:
    known = {} if chance is None else {("A", "hit"): chance}
    report = ExplanationReport("t", (), rows, chance=known)
    return forest(report, panels(report)[0], Column("hit", "Hit@1", "Is it first?"))


def line_of(page: str, method: str) -> str:
    """The drawing beside a method's name."""
    return page.partition(f">{method}</span>")[2].partition("</svg>")[0]


def test_marks_stand_where_the_numbers_are() -> None:
    line = line_of(drawn(ROW, ENDS, chance=0.2), "ig")
    assert 'x1="25.00%" x2="75.00%" y1="10" y2="10" class="own bar"' in line
    assert 'cx="50.00%"' in line
    assert 'x1="12.50%" x2="12.50%" y1="4" y2="16" class="permuted"' in line
    assert 'x1="20.00%" x2="20.00%" y1="0" y2="20" class="chance"' in line


def test_text_says_the_same() -> None:
    text = text_of(drawn(ROW, ENDS))
    assert "|Hit@1 |higher is better|Is it first?|" in text
    assert "|ig|0.500| |[0.250, 0.750]|controls|random|0.000| |[0.000, 1.000]|" in text


def test_unknown_marks_are_not_drawn() -> None:
    bare = replace(ROW, low=None, high=None, permuted=None, beats_controls=False)
    line = line_of(drawn(bare, ENDS), "ig")
    assert [name in line for name in ("bar", "permuted", "chance", "circle")] == [0, 0, 0, 1]


def test_an_undefined_mean_has_words_in_place_of_marks() -> None:
    page = drawn(replace(ROW, mean=None, low=None, high=None, beats_controls=False), ENDS)
    assert "|ig|\N{EN DASH}| |undefined|" in text_of(page)
    assert "circle" not in line_of(page, "ig")


@pytest.mark.parametrize(
    ("row", "style"),
    [
        (ROW, "own"),
        (replace(ROW, beats_controls=False), "dull"),
        (replace(ROW, beats_controls=False, better="none"), "own"),
    ],
)
def test_what_beats_nothing_is_hollow(row: SummaryRow, style: str) -> None:
    assert f'class="{style}"' in line_of(drawn(row, ENDS), "ig")


def test_the_axis_names_round_numbers() -> None:
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", drawn(ROW, ENDS))
    assert texts == ["0", "0.4", "0.8"]


def test_main_track_open_and_others_folded(make_report: Callable[..., ExplanationReport]) -> None:
    page = forests(make_report())
    shown, *folded = page.split("<details>")
    assert shown.count('class="forest"') == 6
    assert [part.count('class="forest"') for part in folded] == 5 * [6]
