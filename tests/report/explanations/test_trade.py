import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.explain.stats.scores import Better
from resgat.explain.stats.summary import SummaryRow
from resgat.report.explanations.content import ExplanationReport, Price
from resgat.report.explanations.trade import Point, front, priced, trade
from tests.report.explanations.reading import rows_of, text_of

MakeReport = Callable[..., ExplanationReport]

ROW = SummaryRow(
    "m", "A", "hit", "ig", 0.5, 0.4, 0.6, 10, 4, 0, 0, 0.1, 0.3, 0.2, 0.4, 0.3, 0.2, 0.4, "higher",
    True,
)  # fmt: skip


def points(pairs: Sequence[tuple[float, float]], better: Better = "higher") -> list[Point]:
    return [
        Point(replace(ROW, method=f"m{place}", better=better), Price(ms, 1), quality)
        for place, (ms, quality) in enumerate(pairs)
    ]


def names(found: Sequence[Point]) -> list[str]:
    return [point.row.method for point in found]


def test_front_by_hand() -> None:
    found = points([(1, 0.5), (2, 0.4), (3, 0.9), (4, 0.9), (5, 0.95)])
    assert names(front(found)) == ["m0", "m2", "m4"]


def test_front_where_lower_is_better() -> None:
    assert names(front(points([(1, 0.5), (2, 0.4), (3, 0.9)], "lower"))) == ["m0", "m1"]


def test_controls_are_no_candidates() -> None:
    spot = Point(replace(ROW, method="center"), Price(0.1, 0), 0.99)
    assert names(front([spot, *points([(1, 0.5)])])) == ["m0"]


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 5)), min_size=1))
def test_nothing_is_ahead_of_the_front(pairs: list[tuple[float, float]]) -> None:
    found = points(pairs)
    kept = {(point.price.ms, point.quality) for point in front(found)}
    for ms, quality in set(pairs):
        is_beaten = any(
            other_ms <= ms and other >= quality and (other_ms, other) != (ms, quality)
            for other_ms, other in pairs
        )
        assert ((ms, quality) in kept) == (not is_beaten)


def test_a_method_needs_price_and_score() -> None:
    rows = [
        ROW,
        replace(ROW, method="lime", mean=None),
        replace(ROW, method="rise"),
        replace(ROW, method="uniform"),
    ]
    prices = {"ig": Price(3, 1), "lime": Price(2, 1), "uniform": Price(0, 0)}
    assert names(priced(rows, prices)) == ["ig"]


def test_the_key_lists_the_cheapest_first(make_report: MakeReport) -> None:
    report = make_report()
    table = rows_of(trade(report))
    assert table[0] == ["", "method", "ms", "passes", "Hit@1"]
    prices = [report.prices[row[1]].ms for row in table[1:]]
    assert prices == sorted(prices)
    assert [row[0] for row in table[1:]] == [str(place) for place in range(1, 19)]


def test_each_number_is_drawn_once_and_inside(make_report: MakeReport) -> None:
    page = trade(make_report())
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*class="name">(\d+)</text>', page)
    assert sorted(int(number) for *_, number in found) == list(range(1, 19))
    assert all(0 < float(x) < 360 and 0 < float(y) < 260 for x, y, _ in found)
    assert len({place[:2] for place in found}) == 18


def test_the_plain_pass_is_a_line(make_report: MakeReport) -> None:
    assert "one plain pass through the detector, 3.000 ms" in text_of(trade(make_report()))
    assert "plain pass" not in trade(make_report(plain_ms=None))


def test_prices_of_unknown_methods_say_so(make_report: MakeReport) -> None:
    page = trade(make_report(prices={"nobody": Price(1, 1)}))
    assert text_of(page) == "|No method has both a price and a score.|"


@pytest.mark.parametrize("count", [1, 2, 40])
def test_any_number_of_methods_can_be_drawn(make_report: MakeReport, count: int) -> None:
    rows = tuple(replace(ROW, method=f"m{place}", mean=0.5) for place in range(count))
    prices = {row.method: Price(2.0, 1) for row in rows}
    page = trade(make_report(summary=rows, columns=(), pairs=(), prices=prices))
    assert page.count("<circle") == count
