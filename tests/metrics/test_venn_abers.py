import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from resgat.errors import SplitError
from resgat.metrics.inputs import sigmoid
from resgat.metrics.venn_abers import MAX_ROWS, ValRows, doubt_interval, thinned


def drawn(rng: np.random.Generator, num: int) -> tuple[np.ndarray, np.ndarray]:
    logit = rng.normal(scale=2, size=num)
    return logit, (rng.random(num) < sigmoid(logit)).astype(np.int64)


def test_by_hand_far_out_between_and_on_a_row_of_val() -> None:
    val = thinned([-2.0, -1.0, 1.0, 2.0], [0, 0, 1, 1])
    # Above all: as real it pulls the two fakes below it to 2/3. Between: 0 or 1. On the first fake:
    # as real the two make 1/2.
    found = doubt_interval([3.0, 0.0, 1.0], val)
    np.testing.assert_allclose(found, np.array([[2 / 3, 1], [0, 1], [0.5, 1]]), atol=1e-12)


def test_agrees_with_isotonic_regression_of_the_rows_and_the_new_one(
    rng: np.random.Generator,
) -> None:
    logit, label = drawn(rng, 60)
    values = [-1.0, logit[3], 0.4, 9.0]
    for value, ends in zip(values, doubt_interval(values, thinned(logit, label)), strict=True):
        for as_label, end in enumerate(ends):
            model = IsotonicRegression()
            model.fit([*logit, value], [*label, as_label])
            assert end == pytest.approx(model.predict([value])[0], abs=1e-9)


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 1)), min_size=2, max_size=30))
def test_ends_are_in_order_and_do_not_fall_as_the_logit_rises(rows: list[tuple[int, int]]) -> None:
    val = thinned(*map(list, zip(*rows, strict=True)))
    if len(set(val.label.tolist())) < 2:
        return
    found = doubt_interval(np.linspace(-6, 6, 25), val)
    assert (found[:, 0] <= found[:, 1] + 1e-12).all()
    assert (found >= 0).all()
    assert (found <= 1).all()
    assert (np.diff(found, axis=0) >= -1e-12).all()


def test_one_of_the_two_ends_is_calibrated(rng: np.random.Generator) -> None:
    """Which one the label tells: over many splits, a share p of the rows whose end is p is fake."""
    said, truths = [], []
    for _ in range(3000):
        logit, label = drawn(rng, 24)
        if label[:-1].min() == label[:-1].max():
            continue
        # Three times too sure, which isotonic regression does not see.
        (ends,) = doubt_interval(3 * logit[-1:], thinned(3 * logit[:-1], label[:-1]))
        said.append(ends[label[-1]])
        truths.append(label[-1])
    end, truth = np.array(said), np.array(truths)
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.01)):
        near = (end >= low) & (end < high)
        error = np.sqrt(0.25 / near.sum())
        assert abs(truth[near].mean() - end[near].mean()) < 4 * error < 0.15


def test_it_narrows_with_more_rows(rng: np.random.Generator) -> None:
    width = [
        float(np.ptp(doubt_interval([0.0, 1.0], thinned(*drawn(rng, num))), axis=1).mean())
        for num in (20, 200, 2000)
    ]
    assert width[0] > width[1] > width[2]


def test_thinning_keeps_the_ends_the_order_and_the_pairs() -> None:
    logit = np.arange(5000.0)[::-1]
    kept = thinned(logit, (logit >= 2500).astype(int))
    assert len(kept.logit) == MAX_ROWS
    assert (kept.logit[0], kept.logit[-1]) == (0, 4999)
    assert (np.diff(kept.logit) > 0).all()
    np.testing.assert_array_equal(kept.label, kept.logit >= 2500)


def test_one_class_gives_no_interval() -> None:
    with pytest.raises(SplitError, match="an interval of doubt needs real and fake rows"):
        doubt_interval([0.0], ValRows(np.array([1.0, 2.0]), np.array([1, 1])))
