from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from resgat.errors import ConfigError, ShapeError
from resgat.metrics.comparison import Contender, Gap, Standing, compare_detectors
from resgat.metrics.detection import METRIC_NAMES
from resgat.metrics.inputs import sigmoid
from resgat.metrics.measure import measure

Clustered = Callable[..., Any]


def contender(name: str, *logits: Any, threshold: float | None = 0.5) -> Contender:
    return Contender(name, np.stack(logits), [threshold] * len(logits))


def of(standings: list[Standing], name: str, metric: str) -> Standing:
    return next(one for one in standings if (one.name, one.metric) == (name, metric))


def test_the_best_comes_first_and_every_pair_is_tested(
    rng: np.random.Generator, clustered: Clustered
) -> None:
    logit, label, group = clustered(rng)
    worst, middle, best = (
        contender(n, logit + k * label) for n, k in zip("wmb", (0, 0.5, 1), strict=True)
    )
    standings, gaps = compare_detectors([worst, best, middle], label, group, draws=500)
    assert [one.name for one in standings if one.metric == "auc"] == ["b", "m", "w"]
    assert len(standings) == 3 * len(METRIC_NAMES)
    assert [(gap.first, gap.second) for gap in gaps] == [("b", "m"), ("b", "w"), ("m", "w")]
    assert all(gap.diff > 0 and gap.is_real for gap in gaps)
    for gap in gaps:
        assert gap.p_value is not None
        assert gap.p_holm is not None
        assert gap.p_value <= gap.p_holm <= 3 * gap.p_value
    auc = roc_auc_score(label, logit + label)
    assert of(standings, "b", "auc").value == pytest.approx(auc)
    assert gaps[1].diff == pytest.approx(auc - roc_auc_score(label, logit))


def test_alone_a_detector_has_the_numbers_of_its_evaluation(
    rng: np.random.Generator, clustered: Clustered
) -> None:
    logit, label, group = clustered(rng)
    standings, gaps = compare_detectors([contender("a", logit)], label, group, draws=300)
    told = measure(logit, label, group, threshold_prob=0.5, temperature=None, draws=300)
    for one in standings:
        assert one.value == told[one.metric]
        expected = told[f"{one.metric}_ci"] or [None, None]
        assert [one.low, one.high] == pytest.approx(expected), one.metric
    assert gaps == []


def test_where_less_is_better_the_least_comes_first(rng: np.random.Generator) -> None:
    label = np.tile([0, 1], 50)
    good, bad = 2.0 * label - 1, 1 - 2.0 * label
    pair = [contender("bad", bad), contender("good", good)]
    standings, (gap,) = compare_detectors(pair, label, np.arange(100), metric="log_loss", draws=100)
    assert standings[0].name == gap.first == "good"
    expected = log_loss(label, sigmoid(good)) - log_loss(label, sigmoid(bad))
    assert gap.diff == pytest.approx(expected)
    assert gap.diff < 0


def test_equal_detectors_do_not_differ(rng: np.random.Generator, clustered: Clustered) -> None:
    logit, label, group = clustered(rng)
    _, (gap,) = compare_detectors(
        [contender("a", logit), contender("b", logit)], label, group, draws=100
    )
    assert gap == Gap("a", "b", "auc", 0.0, 0.0, 0.0, 1.0, 1.0, is_real=False)


def test_seeds_are_one_detector_and_make_it_less_sure(
    rng: np.random.Generator, clustered: Clustered
) -> None:
    logit, label, group = clustered(rng)
    seeds = contender("s", logit + label, logit - label)
    standings, _ = compare_detectors([seeds, contender("one", logit)], label, group, draws=500)
    both, one = of(standings, "s", "auc"), of(standings, "one", "auc")
    assert (both.num_seeds, one.num_seeds) == (2, 1)
    aucs = [roc_auc_score(label, logit + label), roc_auc_score(label, logit - label)]
    assert both.value == pytest.approx(np.mean(aucs))
    assert both.low is not None
    assert one.low is not None
    assert both.low < one.low


def test_groups_that_tell_of_no_class_test_no_difference(rng: np.random.Generator) -> None:
    label = np.array([0] * 20 + [1] * 20)
    group = np.array([0] * 20 + list(range(1, 21)))  # all reals are of one person
    logit = rng.normal(size=40) + 4 * label
    pair = [contender("a", logit), contender("b", rng.normal(size=40))]
    standings, gaps = compare_detectors(pair, label, group, draws=100)
    assert of(standings, "a", "auc").value is not None
    assert of(standings, "a", "auc").low is None
    assert gaps == []


def test_a_large_sweep_has_draws_enough_to_show_a_difference(rng: np.random.Generator) -> None:
    label = np.tile([0, 1], 40)
    good = rng.normal(size=80) + 4 * label
    many = [contender(f"noise {k}", rng.normal(size=80)) for k in range(11)]
    _, gaps = compare_detectors([contender("good", good), *many], label, np.arange(80), draws=10)
    real = {gap.second for gap in gaps if gap.is_real}
    assert len(gaps) == 66
    assert real == {one.name for one in many}


def false_alarms(num_seeds: int, num: int, clustered: Clustered) -> float:
    """How often two equal recipes are called different, as trainings differ by chance."""
    rng = np.random.default_rng(5)
    found = 0
    for _ in range(num):
        logit, label, group = clustered(rng, num_groups=60, rows_per_group=4)
        pair = [
            contender(name, *(logit + 0.3 * rng.normal() * label for _ in range(num_seeds)))
            for name in "ab"
        ]
        _, (gap,) = compare_detectors(pair, label, group, draws=400)
        found += gap.is_real
    return found / num


@pytest.mark.slow
@pytest.mark.parametrize("num_seeds", [2, 3, 5])
def test_few_seeds_do_not_make_a_difference_real(num_seeds: int, clustered: Clustered) -> None:
    assert false_alarms(num_seeds, 300, clustered) <= 0.08


def test_what_cannot_be_had_is_none_and_comes_last(rng: np.random.Generator) -> None:
    label = np.tile([0, 1], 20)
    logits = rng.normal(size=40) + label
    mixed = Contender("mixed", np.stack([logits, logits]), [0.5, None])
    standings, gaps = compare_detectors(
        [mixed, contender("a", logits)], label, np.arange(40), metric="f1", draws=50
    )
    assert standings[0].name == "a"
    assert of(standings, "mixed", "f1").value is None
    assert of(standings, "mixed", "auc").low is not None
    assert gaps == []
    one_class, _ = compare_detectors([contender("a", logits)], np.ones(40, int), np.arange(40))
    assert (of(one_class, "a", "auc").value, of(one_class, "a", "auc").low) == (None, None)


def test_refusals() -> None:
    one = contender("a", [0.0, 1.0])
    with pytest.raises(ConfigError, match="metric: expected one of auc, ap"):
        compare_detectors([one], [0, 1], [0, 1], metric="acc")
    with pytest.raises(ShapeError, match=r"a: expected logits of shape \(1, 3\), got \(1, 2\)"):
        compare_detectors([one], [0, 1, 1], [0, 1, 2])
    with pytest.raises(ValueError, match="1 of 2 that are nan"):
        compare_detectors([contender("a", [np.nan, 1.0])], [0, 1], [0, 1])
