from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resgat.metrics.inputs import as_binary, sigmoid, unit_rank

FINITE = st.floats(-1e6, 1e6)


def test_arrays_are_fresh_and_double() -> None:
    frozen = np.ones(2, dtype=np.float32)
    frozen.flags.writeable = False
    value, label = as_binary(frozen, np.array([0.0, 1.0]))
    assert value.dtype == np.float64
    assert label.dtype == np.int64
    assert value.flags.writeable


@pytest.mark.parametrize(
    ("value", "label", "message"),
    [
        ([1.0, 2.0], [1], r"one label per value, got shapes \(2,\) and \(1,\)"),
        ([[1.0]], [[1]], "one label per value"),
        ([np.nan, 1.0, np.inf], [0, 1, 1], "got 2 of 3 that are nan or infinite"),
        ([1.0, 2.0], [0, 2], "label: expected 0 .real. or 1 .fake., got 2"),
        ([1.0, 2.0], [0, np.nan], "label: expected 0 .real. or 1 .fake., got nan"),
    ],
)
def test_refusals(value: Any, label: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        as_binary(value, label)


@given(st.lists(FINITE, min_size=1, max_size=30))
@settings(deadline=None)
def test_ranks_keep_order_and_ties_inside_the_unit_interval(values: Any) -> None:
    value = np.array(values)
    rank = unit_rank(value)
    assert rank.min() >= 0
    assert rank.max() <= 1
    np.testing.assert_array_equal(
        np.sign(np.subtract.outer(value, value)), np.sign(np.subtract.outer(rank, rank))
    )


@given(FINITE)
@settings(deadline=None)
def test_sigmoid_of_the_opposite_is_the_complement(logit: Any) -> None:
    both = sigmoid(np.array([logit, -logit]))
    assert both.sum() == pytest.approx(1, abs=1e-15)
