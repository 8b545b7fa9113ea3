from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from scipy import stats

from resgat.errors import ConfigError, ShapeError
from resgat.explain.stats import bootstrap
from resgat.explain.stats.bootstrap import Difference, Estimate, _resample, _Sums, estimate_means

NAN = float("nan")


def clustered(rng: np.random.Generator, groups: int, columns: int = 1) -> tuple[np.ndarray, list]:
    """Two to six images a group, skewed, alike within their group; true mean 1."""
    sizes = rng.integers(2, 7, groups)
    names = np.repeat(np.arange(groups), sizes).tolist()
    of_group = np.repeat(rng.exponential(0.5, (groups, columns)), sizes, axis=0)
    return (of_group + rng.exponential(0.5, of_group.shape))[None], names


def test_means_and_counts_by_hand() -> None:
    values = np.array([[[1.0, NAN], [3.0, NAN], [5.0, 7.0], [NAN, 9.0]]])
    first, second = estimate_means(values, ["a", "a", "b", "c"], draws=200)
    assert (first.mean, first.num_images, first.num_groups) == (3.0, 3, 2)
    assert (second.mean, second.num_images, second.num_groups) == (8.0, 2, 2)


def test_images_of_one_group_count_though_no_seed_has_both() -> None:
    values = np.array([[[1.0], [NAN]], [[NAN], [3.0]]])
    (found,) = estimate_means(values, ["a", "a"], draws=50)
    assert (found.mean, found.num_images, found.num_groups) == (2.0, 2, 1)


def compare(first: np.ndarray, second: np.ndarray, groups: list, **options: Any) -> Difference:
    """Compare one column."""
    (found,) = bootstrap.compare(first[..., None], second[..., None], groups, **options)
    return found


def test_one_group_has_no_interval_and_no_value_no_mean() -> None:
    values = np.array([[[1.0, NAN], [3.0, NAN]]])
    first, second = estimate_means(values, ["a", "a"], draws=50)
    assert (first.mean, first.low, first.high) == (2.0, None, None)
    assert (second.mean, second.num_images) == (None, 0)
    assert compare(values[..., 0], values[..., 0] + 1, ["a", "a"]).p_value is None


def test_no_image_has_no_mean() -> None:
    assert estimate_means(np.empty((1, 0, 2)), []) == [Estimate(None, None, None, 0, 0)] * 2


def test_the_same_seed_gives_the_same_interval() -> None:
    values, groups = clustered(np.random.default_rng(0), 12)
    first = estimate_means(values, groups, draws=500, seed=1)
    assert estimate_means(values, groups, draws=500, seed=1) == first
    assert estimate_means(values, groups, draws=500, seed=2) != first


def test_the_interval_is_scipys() -> None:
    rng = np.random.default_rng(1)
    sample = rng.exponential(1, 60)
    (found,) = estimate_means(sample[None, :, None], list(range(60)), draws=20_000)
    expected = stats.bootstrap(
        (sample,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(0)
    ).confidence_interval
    assert found.low == pytest.approx(expected.low, abs=0.02)
    assert found.high == pytest.approx(expected.high, abs=0.02)


def coverage(num: int, groups: int, draws: int) -> float:
    rng = np.random.default_rng(7)
    inside = 0
    for run in range(num):
        values, names = clustered(rng, groups)
        (found,) = estimate_means(values, names, draws=draws, seed=run)
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= 1 <= found.high
    return inside / num


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    assert 0.90 <= coverage(200, groups=80, draws=500) <= 0.99


@pytest.mark.slow
def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    assert 0.93 <= coverage(1000, groups=80, draws=2000) <= 0.97


def test_seeds_that_differ_widen_the_interval() -> None:
    rng = np.random.default_rng(0)
    values, groups = clustered(rng, 40)
    alike = np.concatenate([values] * 3)
    apart = alike + np.array([-0.5, 0.0, 0.5])[:, None, None]
    (narrow,), (wide,) = (estimate_means(v, groups, draws=2000) for v in (alike, apart))
    assert narrow.mean == pytest.approx(wide.mean)
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)  # type: ignore[operator]


def test_three_seeds_spread_as_student_s_t_allows() -> None:
    """Nothing but the seeds differs; no mean lies beyond what a single one says."""
    apart = np.array([-0.5, 0.0, 0.5])[:, None, None] + np.zeros((3, 40, 1))
    (found,) = estimate_means(apart, list(range(40)), draws=4000)
    assert (found.low, found.high) == (-0.5, 0.5)
    wide = np.concatenate([apart, np.full((3, 1, 1), -99.0), np.full((3, 1, 1), 99.0)], axis=1)
    drawn = _resample(_Sums.of(wide, [0] * 42), 50_000, 0)
    by_hand = stats.t.ppf(0.975, 2) * 0.5 / np.sqrt(3)
    assert np.quantile(drawn, 0.975) == pytest.approx(by_hand * 40 / 42, rel=0.04)


def test_few_groups_spread_as_student_s_t_allows() -> None:
    """By hand: what twelve numbers tell of their mean; each column by its own groups."""
    rng = np.random.default_rng(3)
    numbers = rng.normal(0, 1, 36)
    numbers[12:24] = -numbers[:12]  # no skew for the correction to see
    values = np.full((1, 36, 2), NAN)
    values[0, :24, 0], values[0, :, 1] = numbers[:24], numbers
    drawn = _resample(_Sums.of(values, list(range(36))), 50_000, 0)
    for column, some in enumerate((numbers[:24], numbers)):
        error = some.std(ddof=1) / np.sqrt(len(some))
        by_hand = stats.t.ppf(0.975, len(some) - 1) * error
        ends = np.quantile(drawn[:, column], [0.025, 0.975]) - some.mean()
        assert (ends[1] - ends[0]) / 2 == pytest.approx(by_hand, rel=0.04)


def test_seeds_that_differ_by_their_persons_only_add_nothing() -> None:
    """Each is as good as the others, on other persons: that is what drawing persons tells."""
    rng = np.random.default_rng(8)
    of_person, of_both = rng.normal(0, 1, (1, 30, 1)), rng.normal(0, 2, (3, 30, 1))
    values = of_person + of_both - of_both.mean(1, keepdims=True)
    names = list(range(30))
    (seeds,) = estimate_means(values, names, draws=10_000)
    (alone,) = estimate_means(values.mean(0, keepdims=True), names, draws=10_000)
    assert seeds.mean == pytest.approx(alone.mean)
    assert (seeds.low, seeds.high) == pytest.approx((alone.low, alone.high), abs=0.03)


def test_nobody_has_a_score_under_any_seed() -> None:
    (found,) = estimate_means(np.full((2, 3, 1), NAN), ["a", "b", "c"], draws=50)
    assert found == Estimate(None, None, None, 0, 0)


def test_a_seed_without_a_score_does_not_count() -> None:
    """No face was judged under it: what there is, is what the others tell."""
    rng = np.random.default_rng(0)
    values, groups = clustered(rng, 40)
    alone = estimate_means(np.concatenate([values, values + 0.1]), groups, draws=2000)[0]
    silent = np.full_like(values, NAN)
    beside = estimate_means(np.concatenate([values, values + 0.1, silent]), groups, draws=2000)[0]
    assert beside == alone


def scores_of_seeds(
    num: int,
    seeds: int,
    groups: int,
    *,
    apart: float = 0.5,
    together: float = 0.0,
    is_binary: bool = False,
) -> Iterator[np.ndarray]:
    """Six images a person: persons spread by 1, images by 1, seeds by ``apart`` around 0.

    What one seed makes of one person spreads by ``together``. A single seed does not spread: what
    is told of it is of this one training.
    """
    rng = np.random.default_rng(11)
    spread = apart if seeds > 1 else 0.0
    for _ in range(num):
        alone = rng.normal(0, spread, (seeds, 1, 1)) + rng.normal(0, 1, (1, groups, 1))
        of_both = rng.normal(0, together, (seeds, groups, 1)) if together else 0.0
        values = alone + of_both + rng.normal(0, 1, (seeds, groups, 6))
        if is_binary:  # as often above as below, and so 0 on average
            values = np.sign(values)
        yield values.reshape(seeds, -1, 1)


def coverage_of_seeds(num: int, seeds: int, groups: int, **options: Any) -> float:
    names = np.repeat(np.arange(groups), 6).tolist()
    inside = 0
    for run, values in enumerate(scores_of_seeds(num, seeds, groups, **options)):
        (found,) = estimate_means(values, names, draws=1000, seed=run)
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= 0 <= found.high
    return inside / num


def false_findings(num: int, seeds: int, groups: int, alpha: float) -> float:
    """How often a difference of two methods that is none on average has a smaller p-value."""
    names = np.repeat(np.arange(groups), 6).tolist()
    found = 0
    for run, gaps in enumerate(scores_of_seeds(num, seeds, groups)):
        (told,) = bootstrap.compare(gaps, np.zeros_like(gaps), names, draws=1000, seed=run)
        assert told.p_value is not None
        found += told.p_value < alpha
    return found / num


@pytest.mark.parametrize("seeds", [1, 2, 3])
@pytest.mark.parametrize("groups", [8, 24, 80])
def test_intervals_of_seeds_cover_the_truth(seeds: int, groups: int) -> None:
    """95 % of 100 draws, and no fewer than three standard errors below."""
    assert coverage_of_seeds(100, seeds, groups) >= 0.95 - 3 * (0.95 * 0.05 / 100) ** 0.5


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [{}, {"is_binary": True}, {"apart": 0.0}, {"together": 1.0}, {"apart": 0.0, "together": 1.0}],
)
@pytest.mark.parametrize(
    ("seeds", "least", "most"),
    [(1, 0.92, 0.97), (2, 0.94, 0.999), (3, 0.935, 0.99), (5, 0.935, 0.99)],
)
@pytest.mark.parametrize("groups", [8, 24, 80])
def test_intervals_of_seeds_cover_as_often_as_documented(
    seeds: int, least: float, most: float, groups: int, options: dict[str, Any]
) -> None:
    assert least <= coverage_of_seeds(1000, seeds, groups, **options) <= most


@pytest.mark.parametrize("seeds", [2, 3])
def test_seeds_that_differ_are_no_finding(seeds: int) -> None:
    assert false_findings(100, seeds, 64, 0.05) <= 0.05 + 3 * (0.05 * 0.95 / 100) ** 0.5


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [1, 2, 3])
@pytest.mark.parametrize("groups", [8, 24, 64])
def test_p_values_hold_far_below_a_twentieth_too(seeds: int, groups: int) -> None:
    """As they must, to be corrected for the number of pairs."""
    for alpha in (0.05, 0.005):
        most = alpha + 3 * (alpha / 1000) ** 0.5
        assert false_findings(1000, seeds, groups, alpha) <= most


def test_pairing_sees_a_small_difference_that_the_intervals_hide() -> None:
    values, groups = clustered(np.random.default_rng(2), 40)
    first = values[..., 0]
    found = compare(first + 0.01, first, groups, draws=1000)
    assert found.estimate.mean == pytest.approx(0.01)
    assert found.estimate.low == pytest.approx(0.01)
    assert found.p_value is not None
    assert found.p_value < 0.01
    assert found.superiority == 1.0
    assert found.is_equivalent
    assert not compare(first + 0.03, first, groups, draws=1000).is_equivalent


def test_no_difference_is_no_finding() -> None:
    values, groups = clustered(np.random.default_rng(3), 40, columns=2)
    found = compare(values[..., 0], values[..., 1], groups, draws=2000)
    assert found.p_value is not None
    assert found.p_value > 0.05
    assert found.superiority == pytest.approx(0.5, abs=0.15)
    same = compare(values[..., 0], values[..., 0], groups, draws=200)
    assert (same.p_value, same.superiority, same.is_equivalent) == (1.0, 0.5, True)


def test_columns_are_compared_one_by_one_by_the_same_draws() -> None:
    values, groups = clustered(np.random.default_rng(5), 30, columns=4)
    together = bootstrap.compare(values[..., :2], values[..., 2:], groups, draws=500)
    for column, found in enumerate(together):
        alone = compare(values[..., column], values[..., column + 2], groups, draws=500)
        ends = (found.estimate.low, found.estimate.high, found.p_value, found.superiority)
        expected = (alone.estimate.low, alone.estimate.high, alone.p_value, alone.superiority)
        assert ends == pytest.approx(expected)


def test_images_that_one_lacks_do_not_count() -> None:
    first = np.array([[1.0, NAN, 4.0, 2.0]])
    second = np.array([[0.0, 5.0, NAN, 0.0]])
    found = compare(first, second, ["a", "b", "c", "d"], draws=200)
    assert (found.estimate.mean, found.estimate.num_images) == (1.5, 2)


def test_swapping_the_two_turns_everything_around() -> None:
    values, groups = clustered(np.random.default_rng(4), 30, columns=2)
    there = compare(values[..., 0], values[..., 1], groups, draws=1000)
    back = compare(values[..., 1], values[..., 0], groups, draws=1000)
    assert there.p_value == back.p_value
    assert there.superiority == pytest.approx(1 - back.superiority)  # type: ignore[operator]
    assert there.estimate.mean == pytest.approx(-back.estimate.mean)  # type: ignore[operator]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"values: expected \(seeds, 1 images, columns\)"):
        estimate_means(np.zeros((1, 2, 1)), ["a"])
    with pytest.raises(ConfigError, match="draws: expected a number in"):
        estimate_means(np.zeros((1, 1, 1)), ["a"], draws=0)
    with pytest.raises(ConfigError, match="margin: expected a number in"):
        compare(np.zeros((1, 1)), np.zeros((1, 1)), ["a"], margin=-1)
