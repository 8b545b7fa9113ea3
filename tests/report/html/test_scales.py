import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.report.html.scales import linear, logarithmic, tick_text

numbers = st.floats(-1e6, 1e6)


def test_linear_ends_on_round_numbers() -> None:
    scale = linear([0.13, None, 0.92, math.nan])
    assert scale.ticks == pytest.approx((0, 0.2, 0.4, 0.6, 0.8, 1.0))
    assert [scale(value) for value in (0.0, 0.25, 1.0)] == pytest.approx([0, 0.25, 1])


def test_logarithmic_steps_are_equal_ratios() -> None:
    scale = logarithmic([3, 250])
    assert scale.ticks == (1, 10, 100, 1000)
    assert [scale(value) for value in (1, 10, 100, 1000)] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert scale(0) == 0


@given(st.lists(numbers, min_size=1))
def test_all_values_lie_inside(values: list[float]) -> None:
    scale = linear(values)
    slack = 1e-9 * (scale.high - scale.low)
    assert scale.low - slack <= min(values) <= max(values) <= scale.high + slack
    assert all(0 <= scale(value) <= 1 for value in values)
    assert scale(scale.low - 1) == 0
    assert scale(scale.high + 1) == 1


@given(st.lists(st.floats(1e-6, 1e6), min_size=1))
def test_all_prices_lie_inside(values: list[float]) -> None:
    scale = logarithmic(values)
    assert scale.low <= min(values) * 1.001
    assert scale.high >= max(values) * 0.999
    assert len(scale.ticks) >= 2


def test_nothing_to_show_still_has_a_scale() -> None:
    assert (linear([]).low, linear([None]).high) == (0, 1)
    assert logarithmic([]).ticks == (1, 10)


def test_one_value_has_room_around_it() -> None:
    scale = linear([0.5, 0.5])
    assert 0 < scale(0.5) < 1


@pytest.mark.parametrize(
    ("value", "text"), [(1e-17, "0"), (1500, "1,500"), (-2.5, "\N{MINUS SIGN}2.5")]
)
def test_tick_text(value: float, text: str) -> None:
    assert tick_text(value) == text
