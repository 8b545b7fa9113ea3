from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from resgat.errors import ConfigError
from resgat.metrics.detection import (
    ECE_BINS,
    METRIC_NAMES,
    PROBABILITY_NAMES,
    detection_metrics,
    probability_metrics,
)

ROWS = st.lists(
    st.tuples(st.one_of(st.floats(-20, 20), st.sampled_from([-1.0, 0.0, 2.0])), st.integers(0, 1)),
    min_size=2,
    max_size=60,
)


def split(rows: Any) -> Any:
    logit, label = np.array([x for x, _ in rows]), np.array([y for _, y in rows])
    assume(0 < label.sum() < len(label))
    return logit, label


def to_prob(logit: Any) -> Any:
    return 1 / (1 + np.exp(-logit))


def rates(logit: Any, label: Any) -> Any:
    """(FPR, TPR) of every rule `logit >= t`, by counting."""
    cuts = [np.inf, *np.unique(logit)]
    return np.array([[(logit[label == side] >= cut).mean() for side in (0, 1)] for cut in cuts]).T


def expected_calibration_error(prob: Any, label: Any) -> Any:
    bins = np.minimum((prob * ECE_BINS).astype(int), ECE_BINS - 1)
    gaps = [
        (bins == b).mean() * abs(prob[bins == b].mean() - label[bins == b].mean())
        for b in np.unique(bins)
    ]
    return sum(gaps)


def test_by_hand() -> None:
    # Reals -3, 0 and fakes -1, 2: three of four pairs are in order.
    found = detection_metrics([-3.0, 0.0, -1.0, 2.0], [0, 0, 1, 1], threshold_prob=0.5)
    assert found["auc"] == 0.75
    assert found["ap"] == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert found["eer"] == 0.5
    assert found["balanced_accuracy"] == 0.5
    assert found["f1"] == 0.5
    assert found["tpr_at_fpr_1pct"] == 0.5
    assert (found["n"], found["n_fake"], found["threshold_prob"]) == (4, 2, 0.5)
    assert list(found)[: len(METRIC_NAMES)] == list(METRIC_NAMES)


def test_a_row_at_the_threshold_is_fake() -> None:
    found = detection_metrics([0.0, -1.0], [1, 0], threshold_prob=0.5)
    assert found["balanced_accuracy"] == 1.0


@given(ROWS)
@settings(deadline=None, max_examples=25)
def test_agrees_with_scikit_learn(rows: Any) -> None:
    logit, label = split(rows)
    prob = to_prob(logit)
    found = detection_metrics(logit, label, threshold_prob=0.4)
    called = (prob >= 0.4).astype(int)
    expected = {
        "auc": reference.roc_auc_score(label, logit),
        "ap": reference.average_precision_score(label, logit),
        # Both columns, because 1 - prob has lost its digits where prob is near 1.
        "log_loss": reference.log_loss(label, np.stack([to_prob(-logit), prob], axis=1)),
        "brier": reference.brier_score_loss(label, prob),
        "balanced_accuracy": reference.balanced_accuracy_score(label, called),
        "f1": reference.f1_score(label, called),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-9)


@given(ROWS)
@settings(deadline=None, max_examples=60)
def test_agrees_with_counting(rows: Any) -> None:
    logit, label = split(rows)
    found = detection_metrics(logit, label, threshold_prob=0.5)
    fpr, tpr = rates(logit, label)
    gap = np.abs(fpr - (1 - tpr))
    nearest = ((fpr + 1 - tpr) / 2)[gap <= gap.min() + 1e-12]
    assert np.abs(nearest - found["eer"]).min() < 1e-9
    assert found["tpr_at_fpr_1pct"] == pytest.approx(tpr[fpr <= 0.01].max(), abs=1e-9)
    assert found["tpr_at_fpr_01pct"] == pytest.approx(tpr[fpr <= 0.001].max(), abs=1e-9)


def test_agrees_with_references_on_many_rows(rng: np.random.Generator) -> None:
    label = rng.integers(0, 2, 20_000)
    logit = rng.normal(size=label.size) + 1.5 * label
    found = detection_metrics(logit, label, threshold_prob=0.5)
    fpr, tpr, _ = reference.roc_curve(label, logit, drop_intermediate=False)
    assert found["auc"] == pytest.approx(reference.roc_auc_score(label, logit), abs=1e-9)
    assert found["ap"] == pytest.approx(reference.average_precision_score(label, logit), abs=1e-9)
    assert found["ece"] == pytest.approx(
        expected_calibration_error(to_prob(logit), label), abs=1e-9
    )
    assert found["tpr_at_fpr_1pct"] == pytest.approx(tpr[fpr <= 0.01].max(), abs=1e-9)
    assert found["tpr_at_fpr_01pct"] == pytest.approx(tpr[fpr <= 0.001].max(), abs=1e-9)


def test_exactly_one_percent_of_false_positives_is_allowed() -> None:
    reals = np.arange(100.0)
    found = detection_metrics([*reals, 98.5, 1.5], [0] * 100 + [1, 1], threshold_prob=0.5)
    assert found["tpr_at_fpr_1pct"] == 0.5
    assert found["tpr_at_fpr_01pct"] == 0.0


@given(ROWS, st.floats(0.5, 3), st.floats(-5, 5))
@settings(deadline=None, max_examples=40)
def test_ranking_metrics_see_the_order_only(rows: Any, scale: float, shift: float) -> None:
    logit, label = split(rows)
    moved = scale * logit + shift
    assume(np.unique(moved).size == np.unique(logit).size)
    one = detection_metrics(logit, label, threshold_prob=0.5)
    other = detection_metrics(moved, label, threshold_prob=0.5)
    for name in ("auc", "ap", "eer", "tpr_at_fpr_1pct", "tpr_at_fpr_01pct"):
        assert one[name] == other[name]


def test_logits_beyond_the_sigmoid_keep_their_order() -> None:
    found = detection_metrics([400.0, 500.0, -800.0], [0, 1, 0], threshold_prob=0.5)
    assert found["auc"] == 1.0
    assert found["log_loss"] == pytest.approx(400 / 3)
    assert found["ece"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("label", "reason"), [([1, 1], "got fake rows only"), ([0, 0], "got real rows only")]
)
def test_one_class_has_no_ranking(label: Any, reason: str) -> None:
    found = detection_metrics([0.3, 2.0], label, threshold_prob=0.5)
    for name in ("auc", "ap", "eer", "balanced_accuracy", "f1", "tpr_at_fpr_1pct"):
        assert found[name] is None
        assert reason in found[f"{name}_reason"]
    assert found["log_loss"] > 0
    assert "log_loss_reason" not in found


def test_no_rows() -> None:
    found = detection_metrics([], [], threshold_prob=0.5)
    assert all(found[name] is None for name in METRIC_NAMES)
    assert found["ece_reason"] == "no rows"
    assert found["n"] == 0


@pytest.mark.parametrize("label", [[0, 0, 1], [1, 1, 1]])
def test_probabilities_alone_have_the_numbers_that_they_have_beside_the_rest(
    label: list[int],
) -> None:
    logit = [-2.0, 0.5, 3.0]
    beside = detection_metrics(logit, label, threshold_prob=0.5)
    assert probability_metrics(logit, label) == {name: beside[name] for name in PROBABILITY_NAMES}
    nothing = dict.fromkeys(PROBABILITY_NAMES) | {
        f"{x}_reason": "no rows" for x in PROBABILITY_NAMES
    }
    assert probability_metrics([], []) == nothing
    with pytest.raises(ValueError, match="label: expected 0"):
        probability_metrics([1.0], [2])


def test_no_threshold() -> None:
    found = detection_metrics([0.0, 1.0], [0, 1], threshold_prob=None)
    assert found["auc"] == 1.0
    assert found["f1"] is None
    assert found["f1_reason"] == "no threshold was chosen"


def test_torch_is_left_as_it_was() -> None:
    before = torch.get_default_dtype()
    detection_metrics([0.0, 1.0], [0, 1], threshold_prob=0.5)
    assert torch.get_default_dtype() == before


def test_refusals() -> None:
    with pytest.raises(ValueError, match="got 2 of 3 that are nan or infinite"):
        detection_metrics([np.nan, np.inf, 0.0], [0, 1, 1], threshold_prob=0.5)
    with pytest.raises(ConfigError, match=r"threshold_prob: expected a number in \[0, 1\]"):
        detection_metrics([0.0, 1.0], [0, 1], threshold_prob=1.5)
