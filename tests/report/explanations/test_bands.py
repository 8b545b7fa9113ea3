import re
from collections.abc import Callable

import numpy as np

from resgat.report.explanations.bands import NUM_COLOURS, bands
from resgat.report.explanations.content import Curve, ExplanationReport
from tests.report.explanations.reading import text_of

MakeReport = Callable[..., ExplanationReport]

LINE = Curve(np.array([0.0, 1.0]), np.array([1.0, 0.2]), np.array([1.0, 0.0]), np.array([1.0, 0.4]))


def drawn(make_report: MakeReport, *names: str) -> str:
    return bands(make_report(curves={"P <fake>": dict.fromkeys(names, LINE)}))


def test_line_and_band_stand_where_the_numbers_are(make_report: MakeReport) -> None:
    page = drawn(make_report, "contrib")
    assert '<polyline points="44.0,10.0 348.0,178.0"' in page
    assert '<polygon points="44.0,10.0 348.0,136.0 348.0,220.0 44.0,10.0"' in page


def test_title_is_escaped_and_ends_are_told(make_report: MakeReport) -> None:
    page = drawn(make_report, "contrib")
    assert "<h3>P &lt;fake&gt;</h3>" in page
    assert 'aria-label="P &lt;fake&gt;. contrib from 1.000 to 0.200"' in page


def test_the_best_have_a_colour_the_others_are_counted(make_report: MakeReport) -> None:
    names = [f"m{place}" for place in range(NUM_COLOURS + 2)]
    page = drawn(make_report, "center", "uniform", *names)
    assert page.count("<polygon") == NUM_COLOURS
    assert page.count("<polyline") == len(names) + 2
    assert text_of(page.partition('class="key"')[2]).strip("|>").split("|") == [
        *names[:NUM_COLOURS],
        "center",
        "3 other methods",
    ]


def test_curves_come_in_the_order_of_the_verdicts(make_report: MakeReport) -> None:
    page = drawn(make_report, "lime", "unheard_of", "contrib")
    key = text_of(page.partition('class="key"')[2])
    assert key.strip("|>").split("|") == ["contrib", "lime", "unheard_of"]


def test_lines_are_told_apart_without_colour(make_report: MakeReport) -> None:
    page = drawn(make_report, *(f"m{place}" for place in range(NUM_COLOURS)))
    styles = re.findall(r'<polyline [^>]*style="([^"]*)"', page)
    assert len({style.partition("dasharray:")[2] for style in styles}) == NUM_COLOURS


def test_one_chart_for_each_curve(make_report: MakeReport) -> None:
    assert bands(make_report()).count("<figure>") == 3
