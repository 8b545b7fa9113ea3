from collections.abc import Callable

import numpy as np

from resgat.report.explanations.confusion import confusion_table, confusions
from resgat.report.explanations.content import ExplanationReport
from tests.report.explanations.reading import rows_of, text_of

FEW = np.diag([4.0, *7 * [0.0]])
FEW[0, 3] = 1.0
FEW[2, 2] = 20.0
COUNTS = 10 * FEW


def test_shares_are_of_the_planted_region() -> None:
    rows = rows_of(confusion_table("ig", COUNTS))
    assert rows[0][1:4] == ["left eye", "right eye", "nose"]
    assert rows[1] == ["left eye", "80", "", "", "20", "", "", "", ""]
    assert rows[3] == ["nose", "", "", "100", "", "", "", "", ""]


def test_a_region_that_was_never_planted_is_empty() -> None:
    assert rows_of(confusion_table("ig", COUNTS))[2] == ["right eye", *8 * [""]]


def test_the_heading_says_how_many_are_right() -> None:
    assert text_of(confusion_table("a<b", COUNTS)).startswith("|a<b |right: 96 %|")
    assert "right: 0 of 0" in confusion_table("ig", np.zeros((8, 8)))


def test_of_few_faces_it_says_how_many_and_no_share() -> None:
    table = confusion_table("ig", FEW)
    assert text_of(table).startswith("|ig |right: 24 of 25|")
    assert rows_of(table)[1] == ["left eye", "4", "", "", "1", "", "", "", ""]
    assert 'named region (column), in answers"' in table
    shared = FEW.copy()
    shared[0] = 1 / 8  # a map that says nothing names all regions
    assert rows_of(confusion_table("ig", shared))[1][1:] == ["0.12"] * 8


def test_right_cells_are_framed_and_dark_ones_have_light_text() -> None:
    table = confusion_table("ig", COUNTS)
    assert table.count('class="true') == 8
    assert table.count('class="true hot" style="--share:1.000" title="200 images"') == 1
    assert 'class="true" style="--share:0.800" title="40 images"' in table


def test_methods_in_the_order_of_the_verdicts(
    make_report: Callable[..., ExplanationReport],
) -> None:
    report = make_report(confusion=dict.fromkeys(("lime", "nobody", "contrib", "center"), COUNTS))
    headings = [part.partition(" ")[0] for part in confusions(report).split("<h3>")[1:]]
    assert headings == ["contrib", "lime", "center", "nobody"]


def test_more_than_six_are_folded(make_report: Callable[..., ExplanationReport]) -> None:
    page = confusions(make_report(confusion={f"m{k}": COUNTS for k in range(9)}))
    shown, _, folded = page.partition("<details><summary>3 more methods</summary>")
    assert (shown.count("<table"), folded.count("<table")) == (6, 3)
