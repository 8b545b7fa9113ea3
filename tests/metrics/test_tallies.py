from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.metrics import tallies
from resgat.metrics.detection import METRIC_NAMES, detection_metrics
from resgat.metrics.tallies import Tallies

LOGITS = st.floats(-6, 6).map(lambda x: round(x, 1))
ROWS = st.lists(st.tuples(LOGITS, st.integers(0, 1), st.integers(0, 3)), min_size=1, max_size=25)


def of(rows: Any, threshold_prob: float | None = 0.6) -> Tallies:
    logit, label, group = (np.array(column) for column in zip(*rows, strict=True))
    return Tallies.of(logit.astype(float), label, group, 4, threshold_prob)


@given(ROWS, st.lists(st.integers(0, 3), min_size=4, max_size=4))
def test_a_weighted_group_counts_like_so_many_copies_of_its_rows(
    rows: Any, weights: list[int]
) -> None:
    drawn = [row for row in rows for _ in range(weights[row[2]])]
    found = of(rows).metrics(np.array([weights], float))
    assert found.keys() == set(METRIC_NAMES) - {"ece"}
    logit, label = [row[0] for row in drawn], [row[1] for row in drawn]
    expected = detection_metrics(logit, label, threshold_prob=0.6)
    for name, (value,) in found.items():
        if expected[name] is None:
            assert np.isnan(value), name
        else:
            assert value == pytest.approx(expected[name], abs=1e-9), name


def test_sums_by_hand() -> None:
    rows = [(0.0, 1, 0), (0.0, 0, 1), (np.log(3), 1, 1)]
    told = of(rows, threshold_prob=0.6)
    assert told.num_groups == 4
    assert told.curve is not None
    assert told.curve.toarray()[:, :2].tolist() == [[0, 1], [0, 0], [1, 0], [0, 1]]
    assert told.sums[0].tolist() == [1, 2, 0, 0]
    assert told.sums[1, :2] == pytest.approx([np.log(2), np.log(2) + np.log(4 / 3)])
    assert told.sums[2, :2] == pytest.approx([0.25, 0.25 + 0.0625])
    assert told.calls is not None
    # tn, fp, fn, tp: 0.5 is called real, 0.75 fake
    assert told.calls[:, :2].tolist() == [[0, 1], [0, 0], [1, 0], [0, 1]]


def test_without_a_threshold_there_is_nothing_that_needs_one() -> None:
    found = of([(0.0, 1, 0), (1.0, 0, 1)], None).metrics(np.ones((1, 4)))
    assert set(METRIC_NAMES) - found.keys() == {"ece", "balanced_accuracy", "f1"}


@given(ROWS)
def test_probabilities_alone_have_the_sums_that_they_have_beside_the_rest(rows: Any) -> None:
    logit, label, group = (np.array(column) for column in zip(*rows, strict=True))
    alone, weights = Tallies.of_probabilities(logit.astype(float), label, group, 4), np.eye(4) + 1
    assert alone.witnesses.keys() == of(rows).witnesses.keys() & {"log_loss", "brier"}
    found, beside = alone.metrics(weights), of(rows).metrics(weights)
    assert found.keys() == {"log_loss", "brier"}
    for name, values in found.items():
        assert values.tolist() == beside[name].tolist()


@pytest.mark.parametrize(
    ("label", "group", "any_class", "both_classes"),
    [
        ([0, 0, 1, 1], [0, 1, 0, 1], 2, 2),
        ([0, 0, 1, 1], [0, 1, 2, 3], 4, 2),
        ([0, 1, 1, 1], [0, 0, 1, 2], 3, None),
        ([0, 0, 1, 1], [0, 1, 2, 2], 3, None),
        ([0, 0, 1, 1], [2, 2, 0, 1], 3, None),
        ([0, 1, 0, 1], [3, 3, 3, 3], None, None),
    ],
)
def test_the_class_that_fewer_groups_hold_tells_of_both(
    label: list[int], group: list[int], any_class: int | None, both_classes: int | None
) -> None:
    found = of(list(zip(range(4), label, group, strict=True))).witnesses
    assert found.get("log_loss") == found.get("brier") == any_class
    for name in ("auc", "ap", "eer", "tpr_at_fpr_1pct", "f1", "balanced_accuracy"):
        assert found.get(name) == both_classes
    assert "ece" not in found


def test_more_logits_than_cuts_move_a_metric_little(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    label = rng.integers(0, 2, 20_000)
    logit = rng.normal(size=20_000) + label
    group = np.zeros(20_000, np.int64)
    found = Tallies.of(logit, label, group, 1, 0.6).metrics(np.ones((1, 1)))
    expected = detection_metrics(logit, label, threshold_prob=0.6)
    for name, (value,) in found.items():
        assert value == pytest.approx(expected[name], abs=1e-4 if name == "auc" else 2e-3), name
    monkeypatch.setattr(tallies, "NUM_CUTS", 64)
    coarse = Tallies.of(logit, label, group, 1, 0.6)
    assert coarse.curve is not None
    assert coarse.curve.shape[0] <= 2 * 65
    assert coarse.metrics(np.ones((1, 1)))["auc"] == pytest.approx(expected["auc"], abs=1e-3)
