import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.stats.interval import bca_interval, bca_p_value


def test_without_bias_or_skew_the_interval_is_the_quantiles() -> None:
    drawn = np.linspace(-1, 1, 10_001)
    low, high = bca_interval(0.0, drawn, np.array([-1.0, 1.0]), 0.95)
    assert (low, high) == pytest.approx((-0.95, 0.95), abs=1e-6)


def test_where_every_draw_lies_on_one_side_their_range_is_the_interval() -> None:
    drawn = np.array([1.0, 2.0, 3.0])
    assert bca_interval(0.0, drawn, np.array([0.0, 0.1]), 0.95) == (1.0, 3.0)
    assert bca_interval(5.0, drawn, np.array([5.0, 5.1]), 0.95) == (1.0, 3.0)


def test_a_skewed_estimate_gets_a_longer_tail() -> None:
    drawn = np.linspace(-1, 1, 10_001)
    left_out = np.array([0.0, 0.0, 0.0, -0.4])  # one group pulls the estimate up
    low, high = bca_interval(0.0, drawn, left_out, 0.95)
    assert low > -0.95
    assert high > 0.95


@pytest.mark.parametrize(
    ("drawn", "p_value"),
    [
        ([1.0, 3.0] * 50, 2 / 101),
        ([-1.0, -3.0] * 50, 2 / 101),
        ([-1.0, 1.0, 5.0, 6.0], 0.5),
        ([0.0, 0.0], 1.0),
    ],
)
def test_p_values_by_hand(drawn: list[float], p_value: float) -> None:
    middle = float(np.median(drawn))
    even = np.array([-1.0, 1.0])
    assert bca_p_value(middle, np.array(drawn), even) == pytest.approx(p_value)


def test_where_every_draw_lies_on_one_side_their_range_decides() -> None:
    drawn = np.array([-1.0, *[1.0] * 99])
    assert bca_p_value(5.0, drawn, np.array([4.0, 6.0])) == 1.0
    assert bca_p_value(5.0, drawn + 2, np.array([4.0, 6.0])) == pytest.approx(2 / 101)


@pytest.mark.parametrize("zero", [-1.5, -0.6, 0.4, 1.7, 2.5])
def test_the_interval_of_one_less_the_p_value_ends_at_zero(zero: float) -> None:
    """With bias and skew, which shares of draws alone know nothing of."""
    drawn = np.linspace(-2, 3, 50_001) - zero
    left_out = np.array([0.0, 0.0, 0.0, -0.4])
    p_value = bca_p_value(0.2 - zero, drawn, left_out)
    ends = bca_interval(0.2 - zero, drawn, left_out, 1 - p_value)
    assert min(map(abs, ends)) == pytest.approx(0, abs=2e-3)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30), st.floats(-5, 5))
def test_the_sign_of_a_difference_does_not_matter(drawn: list[float], estimate: float) -> None:
    values, left_out = np.array(drawn), np.array([0.0, 0.5, 0.6])
    there = bca_p_value(estimate, values, left_out)
    assert there == pytest.approx(bca_p_value(-estimate, -values, -left_out))
    assert 0 < there <= 1
