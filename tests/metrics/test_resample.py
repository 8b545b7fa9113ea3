from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from resgat.errors import ConfigError
from resgat.metrics.delong import delong, delong_interval
from resgat.metrics.resample import Resampled, resample
from resgat.metrics.tallies import Tallies
from resgat.stats.student import student_scale

Clustered = Callable[..., Any]
Rows = tuple[Any, Any, Any]


def tally(rows: Rows) -> Tallies:
    logit, label, group = rows
    names, group_idx = np.unique(group, return_inverse=True)
    return Tallies.of(np.asarray(logit, float), np.asarray(label), group_idx, len(names), None)


def auc_of(rows: Rows, **options: Any) -> Resampled:
    return resample([tally(rows)], **options)[0]["auc"]


def width(interval: tuple[float, float] | None) -> float:
    assert interval is not None
    return interval[1] - interval[0]


def test_draws_are_those_of_whole_groups_row_by_row(
    rng: np.random.Generator, clustered: Clustered
) -> None:
    """Agrees with copying the rows of each drawn group, by an AUC of another package."""
    logit, label, group = clustered(rng, num_groups=6, rows_per_group=4, noise=2.0)
    found = auc_of((logit, label, group), draws=83, seed=3)
    draws = np.random.default_rng(3)
    counts = draws.multinomial(6, np.full(6, 1 / 6), 83)
    scale = student_scale(1 - draws.random(83), 6)
    for times, drawn, stretch in zip(counts, found.drawn, scale, strict=True):
        rows = np.concatenate([np.repeat(np.flatnonzero(group == g), times[g]) for g in range(6)])
        auc = roc_auc_score(label[rows], logit[rows])
        stretched = found.estimate + stretch * (auc - found.estimate)
        assert drawn == pytest.approx(stretched, abs=1e-12)
    assert found.estimate == pytest.approx(roc_auc_score(label, logit), abs=1e-12)
    assert found.estimate < 0.95  # else no draw differs from another
    without = [roc_auc_score(label[group != g], logit[group != g]) for g in range(6)]
    assert found.left_out == pytest.approx(without)


def test_independent_rows_agree_with_delong_and_scipy(rng: np.random.Generator) -> None:
    label = np.tile([0, 1], 300)
    logit = rng.normal(size=600) + label
    found = auc_of((logit, label, np.arange(600)), draws=10_000).interval()
    closed = delong_interval(logit, label)
    assert width(found) == pytest.approx(width(closed), rel=0.05)
    assert found is not None
    assert closed is not None
    assert found == pytest.approx(closed, abs=0.004)
    # A mean has an interval of another package to agree with.
    sides = label == 1
    loss = np.logaddexp(0, np.where(sides, -logit, logit))
    (mine,) = resample([tally((logit, label, np.arange(600)))], draws=10_000)
    theirs = stats.bootstrap(
        (loss,), np.mean, method="BCa", n_resamples=10_000, rng=np.random.default_rng(1)
    ).confidence_interval
    assert mine["log_loss"].interval() == pytest.approx((theirs.low, theirs.high), abs=0.004)


def test_clustered_rows_are_less_sure_than_independent_ones(
    rng: np.random.Generator, clustered: Clustered
) -> None:
    logit, label, group = clustered(rng)
    whole = auc_of((logit, label, group)).interval()
    assert width(whole) > 1.5 * width(auc_of((logit, label, np.arange(logit.size))).interval())
    assert width(whole) > 1.5 * width(delong_interval(logit, label))


def coverage(draw: Callable[..., Rows], num: int = 1000) -> float:
    """Return how often the interval of an AUC holds the true one, on clustered rows."""
    rng = np.random.default_rng(11)
    inside = 0
    truth = float(stats.norm.cdf(1 / np.sqrt(2 * (1 + 0.3**2))))
    for run in range(num):
        found = auc_of(draw(rng), draws=1000, seed=run).interval()
        assert found is not None
        inside += found[0] <= truth <= found[1]
    return inside / num


@pytest.mark.slow
@pytest.mark.parametrize("num_groups", [6, 8, 24, 80])
def test_an_interval_holds_the_truth_as_often_as_it_says(
    clustered: Clustered, num_groups: int
) -> None:
    assert 0.93 <= coverage(partial(clustered, num_groups=num_groups)) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize(("num_real", "num_fake"), [(3, 60), (5, 60), (20, 60)])
def test_few_groups_of_one_class_are_few_witnesses(num_real: int, num_fake: int) -> None:
    """Each group holds one class: the genuine videos of few people among the fakes of many."""

    def draw(rng: np.random.Generator) -> Rows:
        group = np.repeat(np.arange(num_real + num_fake), 6)
        label = (group >= num_real).astype(int)
        shift = rng.normal(size=num_real + num_fake)
        return label + shift[group] + 0.3 * rng.normal(size=group.size), label, group

    assert 0.93 <= coverage(draw) <= 0.98


def test_an_interval_is_stretched_by_the_class_that_fewer_groups_hold(
    rng: np.random.Generator,
) -> None:
    group = np.repeat(np.arange(12), 4)
    label = (group >= 3).astype(int)
    logit = rng.normal(size=group.size) + label
    (found,) = resample([tally((logit, label, group))], draws=40, seed=3)
    draws = np.random.default_rng(3)
    counts = draws.multinomial(12, np.full(12, 1 / 12), 40)
    uniform = 1 - draws.random(40)
    loss = np.logaddexp(0, np.where(label == 1, -logit, logit))
    for name, num in (("auc", 3), ("log_loss", 12)):
        for times, drawn, scale in zip(
            counts, found[name].drawn, student_scale(uniform, num), strict=True
        ):
            rows = np.repeat(np.arange(group.size), times[group])
            if name == "auc" and len(set(label[rows])) < 2:
                assert np.isnan(drawn)
                continue
            plain = roc_auc_score(label[rows], logit[rows]) if num == 3 else loss[rows].mean()
            whole = found[name].estimate
            assert drawn == pytest.approx(whole + scale * (plain - whole), abs=1e-12)


def test_two_detectors_are_compared_by_the_same_draws(
    rng: np.random.Generator, clustered: Clustered
) -> None:
    logit, label, group = clustered(rng)
    better = logit + 0.4 * label
    first, second = (tally((one, label, group)) for one in (better, logit))
    a, b = resample([first], [second], draws=2000)
    gap = a["auc"] - b["auc"]
    assert gap.estimate == pytest.approx(roc_auc_score(label, better) - roc_auc_score(label, logit))
    # Paired: what both share takes no part in the difference.
    assert width(gap.interval()) < 0.5 * width(a["auc"].interval())
    assert gap.p_value() == pytest.approx(2 / 2001)
    same, other = resample([first], [first], draws=200)
    assert (same["auc"] - other["auc"]).interval() == (0.0, 0.0)
    assert (same["auc"] - other["auc"]).p_value() == 1.0


def test_difference_agrees_with_delong_on_independent_rows(rng: np.random.Generator) -> None:
    label = np.tile([0, 1], 300)
    logits = np.stack([rng.normal(size=600) + label, rng.normal(size=600) + 0.8 * label])
    sides = [[tally((one, label, np.arange(600)))] for one in logits]
    a, b = resample(*sides, draws=10_000)
    _, covariance = delong(logits, label)
    spread = np.sqrt(np.array([1, -1]) @ covariance @ np.array([1, -1]))
    assert (a["auc"] - b["auc"]).drawn.std() == pytest.approx(spread, rel=0.05)


def test_seeds_are_drawn_too_and_a_metric_is_their_mean(
    rng: np.random.Generator, clustered: Clustered
) -> None:
    logit, label, group = clustered(rng)
    good, bad = (tally((one, label, group)) for one in (logit + label, logit - label))
    (both,) = resample([good, bad], draws=1000)
    mean = np.mean([roc_auc_score(label, one) for one in (logit + label, logit - label)])
    assert both["auc"].estimate == pytest.approx(mean)
    (one,) = resample([good], draws=1000)
    assert width(both["auc"].interval()) > 2 * width(one["auc"].interval())
    (twice,) = resample([good, good], draws=1000)
    assert twice["auc"].left_out == pytest.approx(one["auc"].left_out)


def test_seeds_that_differ_by_their_groups_only_add_nothing(
    rng: np.random.Generator, clustered: Clustered
) -> None:
    """The second says of each pair of groups what the first says of the other one."""
    logit, label, group = clustered(rng, num_groups=6, rows_per_group=4, noise=2.0)
    swapped = (logit, label, group ^ 1)
    (found,) = resample([tally((logit, label, group)), tally(swapped)], draws=50, seed=3)
    draws = np.random.default_rng(3)
    counts = draws.multinomial(6, np.full(6, 1 / 6), 50)
    scale = student_scale(1 - draws.random(50), 6)
    whole = roc_auc_score(label, logit)
    assert whole < 0.95
    for times, drawn, stretch in zip(counts, found["auc"].drawn, scale, strict=True):
        aucs = [
            roc_auc_score(label[rows], logit[rows])
            for of_group in (times, times[np.arange(6) ^ 1])
            for rows in [np.repeat(np.arange(24), of_group[group])]
        ]
        assert drawn == pytest.approx(whole + stretch * (np.mean(aucs) - whole), abs=1e-12)


def test_many_groups_are_left_out_in_blocks(rng: np.random.Generator, clustered: Clustered) -> None:
    logit, label, group = clustered(rng, num_groups=450, rows_per_group=2)
    found = auc_of((logit, label, group), draws=10)
    assert len(found.left_out) == 200
    kept = group >= 3  # of 450 groups the first block has three
    assert found.left_out[0] == pytest.approx(roc_auc_score(label[kept], logit[kept]), abs=1e-4)


def test_draws_of_one_class_are_left_out_and_most_must_have_both() -> None:
    rows = ([0.0, 1.0, 2.0, 3.0], [0, 0, 1, 1], ["a", "b", "c", "d"])
    assert auc_of(rows, draws=200).interval() == (1.0, 1.0)
    found = Resampled(0.5, np.array([np.nan, np.nan, 0.5]), np.array([0.4, 0.6]))
    assert found.interval() is None
    assert found.p_value() is None


def test_what_the_groups_cannot_tell_is_left_out() -> None:
    lonely = tally(([0.0, 2.0, 3.0], [0, 1, 1], ["a", "b", "c"]))
    assert resample([lonely], draws=10)[0].keys() == {"log_loss", "brier"}
    assert resample([tally(([0.0, 2.0], [0, 1], ["a", "a"]))], draws=10) == ({},)


def test_a_higher_level_is_wider_and_a_seed_repeats(
    rng: np.random.Generator, clustered: Clustered
) -> None:
    rows = clustered(rng)
    found = auc_of(rows)
    assert width(found.interval(0.99)) > width(found.interval(0.5))
    np.testing.assert_array_equal(auc_of(rows, seed=5).drawn, auc_of(rows, seed=5).drawn)
    assert not np.array_equal(auc_of(rows, seed=5).drawn, auc_of(rows, seed=6).drawn)


def test_order_of_rows_and_names_of_groups_do_not_matter(
    rng: np.random.Generator, clustered: Clustered
) -> None:
    logit, label, group = clustered(rng)
    order = rng.permutation(logit.size)
    named = np.array([f"group {g:03d}" for g in group])
    moved = auc_of((logit[order], label[order], named[order]))
    np.testing.assert_allclose(moved.drawn, auc_of((logit, label, group)).drawn, atol=1e-12)


def test_refusals() -> None:
    with pytest.raises(ConfigError, match="draws: expected a number in"):
        auc_of(([0.0, 1.0], [0, 1], [0, 1]), draws=0)
