import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.stats.interval import bca_interval, two_sided


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
        ([1.0] * 99, 2 / 100),
        ([-1.0] * 99, 2 / 100),
        ([-1.0, 1.0, 1.0], 1.0),
        ([0.0, 0.0], 1.0),
        ([np.nan, 1.0, np.inf], 1.0),
    ],
)
def test_p_values_by_hand(drawn: list[float], p_value: float) -> None:
    assert two_sided(np.array(drawn)) == p_value


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30))
def test_the_sign_of_a_difference_does_not_matter(drawn: list[float]) -> None:
    values = np.array(drawn)
    assert two_sided(values) == two_sided(-values)
    assert 0 < two_sided(values) <= 1
