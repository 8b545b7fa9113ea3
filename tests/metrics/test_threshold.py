from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score

from resgat.errors import SplitError
from resgat.metrics.threshold import choose_threshold

PROBS = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.25, 0.5, 1.0]))


def test_middle_of_the_gap() -> None:
    assert choose_threshold([0.2, 0.4, 0.8, 0.9], [0, 0, 1, 1]) == pytest.approx(0.6)


def test_the_widest_of_equally_good_intervals() -> None:
    # Cutting above 0.1 and above 0.7 both give 0.75; the second gap is wider.
    prob, label = [0.1, 0.3, 0.7, 0.95], [0, 1, 0, 1]
    assert choose_threshold(prob, label) == pytest.approx(0.825)


def test_a_constant_detector_still_gets_a_threshold() -> None:
    assert choose_threshold([0.7, 0.7], [0, 1]) == pytest.approx(0.35)
    assert choose_threshold([1.0, 1.0], [0, 1]) == pytest.approx(0.5)


def test_neighbouring_doubles_are_told_apart() -> None:
    below = 0.5
    above = float(np.nextafter(below, 1))
    assert choose_threshold([below, above], [0, 1]) == above


@given(st.lists(st.tuples(PROBS, st.booleans()), min_size=2, max_size=25))
@settings(deadline=None, max_examples=30)
def test_no_threshold_is_better(rows: Any) -> None:
    prob, label = np.array([p for p, _ in rows]), np.array([int(y) for _, y in rows])
    assume(0 < label.sum() < len(label))
    chosen = choose_threshold(prob, label)
    assert 0 <= chosen <= 1

    def accuracy(threshold: Any) -> Any:
        return balanced_accuracy_score(label, prob >= threshold)

    others = [accuracy(t) for t in (0.0, 1.0, *prob, *np.nextafter(prob, 2)) if t <= 1]
    assert accuracy(chosen) >= max(others) - 1e-12


@pytest.mark.parametrize("label", [[0, 0], [1, 1]])
def test_one_class_is_refused(label: Any) -> None:
    with pytest.raises(SplitError, match="needs real and fake rows"):
        choose_threshold([0.1, 0.2], label)


def test_logits_are_refused() -> None:
    with pytest.raises(ValueError, match=r"probabilities in \[0, 1\], got -2 to 3"):
        choose_threshold([-2.0, 3.0], [0, 1])
