import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from resgat.errors import ConfigError, SplitError
from resgat.metrics.calibration import COLDEST, HOTTEST, calibrated, fit_temperature, why_at_bound
from resgat.metrics.detection import detection_metrics
from resgat.metrics.inputs import sigmoid


def honest(rng: np.random.Generator, num: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose probabilities are true by construction."""
    logit = rng.normal(scale=2, size=num)
    return logit, (rng.random(num) < sigmoid(logit)).astype(np.int64)


def ece(logit: np.ndarray, label: np.ndarray) -> float:
    return float(detection_metrics(logit, label, threshold_prob=None)["ece"])


def test_an_honest_detector_stays_as_it_is(rng: np.random.Generator) -> None:
    logit, label = honest(rng)
    noise = np.mean([ece(logit, (rng.random(len(logit)) < sigmoid(logit)) * 1) for _ in range(9)])
    assert ece(logit, label) < 2 * noise < 0.02
    assert fit_temperature(logit, label) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("true", [0.5, 3.0])
def test_a_temperature_repairs_one_that_is_too_sure_or_not_sure_enough(
    rng: np.random.Generator, true: float
) -> None:
    logit, label = honest(rng)
    loud = logit * true
    found = fit_temperature(loud, label)
    assert found == pytest.approx(true, rel=0.05)
    assert ece(calibrated(loud, found), label) < 0.2 * ece(loud, label)
    ranks = [detection_metrics(x, label, threshold_prob=None)["auc"] for x in (loud, loud / found)]
    assert ranks[0] == pytest.approx(ranks[1], abs=1e-9)


def test_agrees_with_logistic_regression_on_the_logit(rng: np.random.Generator) -> None:
    logit, label = honest(rng, 500)
    model = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10)
    slope = model.fit(logit[:, None], label).coef_[0, 0]
    assert fit_temperature(logit, label) == pytest.approx(1 / slope, rel=1e-4)


@given(st.floats(0.5, 2.0))
def test_it_scales_with_the_logits(factor: float) -> None:
    logit, label = honest(np.random.default_rng(0), 400)
    assert fit_temperature(factor * logit, label) == pytest.approx(
        factor * fit_temperature(logit, label), rel=1e-3
    )


def test_without_a_mistake_or_without_sense_it_stays_within_bounds() -> None:
    assert fit_temperature([-1.0, 1.0], [0, 1]) == pytest.approx(COLDEST)
    assert fit_temperature([-1.0, 1.0], [1, 0]) == pytest.approx(HOTTEST)


@pytest.mark.parametrize(
    ("logit", "label", "why"),
    [
        ([-1.0, 1.0], [0, 1], "val holds no mistake that would keep it from 0"),
        ([-900.0, 900.0], [0, 1], "val holds no mistake that would keep it from 0"),
        ([-1.0, 1.0], [1, 0], "the logits say nothing of val, or the opposite of the truth"),
        ([0.0, 0.0], [1, 0], "the logits say nothing of val, or the opposite of the truth"),
    ],
)
def test_the_end_of_the_search_is_told_from_a_minimum(
    logit: list[float], label: list[int], why: str
) -> None:
    assert why_at_bound(fit_temperature(logit, label)) == f"the end of the search: {why}"


def test_a_minimum_within_the_search_has_nothing_against_it(rng: np.random.Generator) -> None:
    assert why_at_bound(fit_temperature(*honest(rng, 500))) is None


def test_refusals() -> None:
    with pytest.raises(
        SplitError, match="got 0 real and 2 fake; fit it on a split that holds both"
    ):
        fit_temperature([1.0, 2.0], [1, 1])
    with pytest.raises(ValueError, match="1 of 2 that are nan"):
        fit_temperature([np.nan, 2.0], [0, 1])
    with pytest.raises(ConfigError, match=r"temperature: expected a number in \[0.05, 20\], got 0"):
        calibrated([1.0], 0)
