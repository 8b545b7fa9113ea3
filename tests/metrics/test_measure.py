from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from resgat.metrics.detection import METRIC_NAMES, PROBABILITY_NAMES, detection_metrics
from resgat.metrics.measure import measure

Clustered = Callable[..., Any]
RESAMPLED = tuple(name for name in METRIC_NAMES if name != "ece")


def test_every_metric_has_its_number_and_its_interval(
    rng: np.random.Generator, clustered: Clustered
) -> None:
    logit, label, group = clustered(rng)
    found = measure(logit, label, group, threshold_prob=0.5, temperature=2.0)
    exact = detection_metrics(logit, label, threshold_prob=0.5)
    assert {name: found[name] for name in exact} == exact
    for name in RESAMPLED:
        low, high = found[f"{name}_ci"]
        assert 0 <= low <= found[name] <= high, name
    cooler = detection_metrics(logit / 2, label, threshold_prob=None)
    for name in PROBABILITY_NAMES:
        assert found[f"{name}_calibrated"] == cooler[name]
        if name in RESAMPLED:
            low, high = found[f"{name}_calibrated_ci"]
            assert low <= cooler[name] <= high
    for key in ("ece", "ece_calibrated"):
        assert found[f"{key}_ci"] is None
        assert "cannot fall below its own noise" in found[f"{key}_ci_reason"]
    assert found["temperature"] == 2.0
    low, high = found["auc_delong_ci"]
    assert found["auc_ci"][0] < low < found["auc"] < high < found["auc_ci"][1]


def test_groups_are_counted_that_hold_a_class() -> None:
    rows = ([0.0, 1.0, 2.0, 3.0], [0, 1, 1, 1], ["a", "a", "b", "c"])
    found = measure(*rows, threshold_prob=0.5, temperature=None, draws=10)
    counts = {key: found[key] for key in ("n_groups", "n_groups_real", "n_groups_fake")}
    assert counts == {"n_groups": 3, "n_groups_real": 1, "n_groups_fake": 3}


def test_order_of_keys_is_that_of_the_metrics(
    rng: np.random.Generator, clustered: Clustered
) -> None:
    found = measure(*clustered(rng), threshold_prob=0.5, temperature=1.0, draws=10)
    assert list(found)[:4] == ["auc", "auc_ci", "ap", "ap_ci"]
    reasons = [key for key in found if key.endswith("_reason")]
    assert reasons == ["ece_ci_reason", "ece_calibrated_ci_reason"]


@pytest.mark.parametrize(
    ("label", "group"),
    [([0, 0, 1, 1], [0, 0, 1, 2]), ([0, 0, 1, 1], [0, 1, 2, 2])],
)
def test_too_few_groups_have_no_interval_and_say_so(label: list[int], group: list[int]) -> None:
    logit = np.arange(4.0)
    found = measure(logit, label, group, threshold_prob=0.5, temperature=1.0, draws=10)
    assert found["auc"] == 1.0
    for name in ("auc", "ap", "eer", "balanced_accuracy", "f1", "tpr_at_fpr_1pct"):
        assert found[f"{name}_ci"] is None
        assert "fewer than two identity groups" in found[f"{name}_ci_reason"]
    for name in ("log_loss", "brier", "log_loss_calibrated"):  # which one class is enough for
        assert found[f"{name}_ci"][0] < found[f"{name}_ci"][1]


def test_one_group_has_no_interval_at_all() -> None:
    found = measure([0.0, 1.0], [0, 1], ["a", "a"], threshold_prob=0.5, temperature=1.0, draws=10)
    assert all(found[f"{name}_ci"] is None for name in METRIC_NAMES)


def test_an_interval_without_a_width_is_none_and_says_so() -> None:
    """All of ten people are told apart: that is no certainty about others."""
    logit = np.tile([-2.0, 3.0], 10) + np.linspace(0, 1, 20)
    group = np.repeat(np.arange(10), 2)
    found = measure(logit, np.tile([0, 1], 10), group, threshold_prob=0.5, temperature=None)
    assert found["auc"] == pytest.approx(1)
    assert found["auc_ci"] is None
    assert found["auc_ci_reason"].startswith("every resample gives the same number")
    assert found["log_loss_ci"] is not None
    assert found["auc_delong_ci"] is None
    assert found["auc_delong_ci_reason"].startswith("all fakes are above all reals")


def test_what_cannot_be_had_is_null_with_its_reason() -> None:
    found = measure([1.0, 2.0], [1, 1], [0, 1], threshold_prob=None, temperature=None)
    assert (found["auc"], found["auc_ci"], found["auc_delong_ci"]) == (None, None, None)
    assert found["auc_ci_reason"] == found["auc_reason"] == "needs both classes, got fake rows only"
    assert (
        found["auc_delong_ci_reason"] == "fewer than two rows are real, or fewer than two are fake"
    )
    for key in ("ece_calibrated", "ece_calibrated_ci", "log_loss_calibrated_ci"):
        assert found[key] is None
        assert found[f"{key}_reason"] == "no temperature was fitted on val"
    empty = measure([], [], [], threshold_prob=0.5, temperature=1.0)
    assert empty["log_loss_reason"] == empty["log_loss_calibrated_reason"] == "no rows"


def test_many_rows_keep_the_exact_number_inside(
    rng: np.random.Generator, clustered: Clustered
) -> None:
    """Resamples tell 2,048 logits apart; the interval is around the metric of all of them."""
    logit, label, group = clustered(rng, num_groups=40, rows_per_group=200)
    found = measure(logit, label, group, threshold_prob=0.5, temperature=1.0, draws=200)
    for name in RESAMPLED:
        low, high = found[f"{name}_ci"]
        assert low <= found[name] <= high, name


@pytest.mark.parametrize(("temperature", "is_marked"), [(0.05, True), (1.0, False), (20.0, True)])
def test_a_temperature_at_the_end_of_its_search_is_marked(
    temperature: float, is_marked: bool
) -> None:
    found = measure(
        [-1.0, 1.0], [0, 1], [0, 1], threshold_prob=0.5, temperature=temperature, draws=10
    )
    assert found["temperature"] == temperature
    assert found.get("temperature_reason", "").startswith("the end of the search: ") == is_marked
