import math

import pytest

from resgat.report.html.wording import (
    chance_of,
    counted,
    interval,
    number,
    percent,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.8625, "0.863"),
        (-0.25, "\N{MINUS SIGN}0.250"),
        (0.0, "0.000"),
        (0.0005, "0.001"),
        (0.0004, "4.0e\N{MINUS SIGN}04"),
        (9.9994, "9.999"),
        (12.34, "12.3"),
        (1234.5, "1,234"),
        (None, "\N{EN DASH}"),
        (math.nan, "\N{EN DASH}"),
    ],
)
def test_number(value: float | None, text: str) -> None:
    assert number(value) == text


def test_interval() -> None:
    assert interval(-0.1, 0.2) == "[\N{MINUS SIGN}0.100, 0.200]"
    assert interval(None, 0.2) == interval(0.1, None) == "no interval"


def test_p_value() -> None:
    assert [chance_of(p) for p in (0.00099, 0.001, None)] == ["< 0.001", "0.001", "\N{EN DASH}"]


def test_share_and_count() -> None:
    assert percent(0.125) == "12 %"
    assert [counted(n, "row") for n in (0, 1, 2000)] == ["0 rows", "1 row", "2,000 rows"]
