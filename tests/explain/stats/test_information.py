import math

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from resgat.errors import ConfigError, ShapeError
from resgat.explain.stats.bootstrap import Estimate
from resgat.explain.stats.information import estimate_information


def right(true: np.ndarray, share: float, rng: np.random.Generator, regions: int = 8) -> np.ndarray:
    """Answers (1, n, R) of which so many are right, and the others any of the wrong ones."""
    wrong = (true + rng.integers(1, regions, len(true))) % regions
    return np.eye(regions)[np.where(rng.random(len(true)) < share, true, wrong)][None]


def width(found: Estimate) -> float:
    assert found.mean is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.mean <= found.high
    return found.high - found.low


def test_the_estimate_is_the_jackknife_of_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    true, num = rng.integers(0, 4, 210), 210
    answers = right(true, 0.6, rng, regions=4)
    named = answers[0].argmax(1)

    def plain(kept: np.ndarray) -> float:
        return float(mutual_info_score(true[kept], named[kept]) / math.log(2))

    left_out = [plain(np.flatnonzero(np.arange(num) != k)) for k in range(num)]
    expected = num * plain(np.arange(num)) - (num - 1) * np.mean(left_out)
    found = estimate_information(answers, true, range(num))
    assert found.mean == pytest.approx(expected)
    assert (found.num_images, found.num_groups) == (210, 210)


def test_perfect_answers_tell_all_there_is_and_no_answer_nothing() -> None:
    true = np.arange(8).repeat(40)
    perfect = estimate_information(np.eye(8)[true][None], true, range(320))
    assert perfect.mean == pytest.approx(3, abs=0.01)
    assert perfect.high is not None
    assert perfect.high <= 3
    shrug = estimate_information(np.full((1, 320, 8), 1 / 8), true, range(320))
    assert (shrug.mean, shrug.low, shrug.high) == pytest.approx((0, 0, 0), abs=1e-9)


def test_guesses_tell_nothing() -> None:
    rng = np.random.default_rng(0)
    found = []
    for _ in range(60):
        true = rng.integers(0, 8, 320)
        told = estimate_information(right(true, 1 / 8, rng), true, range(320)).mean
        assert told is not None
        found.append(told)
    assert np.mean(found) < 0.02


def test_what_does_not_count_is_left_out() -> None:
    rng = np.random.default_rng(0)
    true = rng.integers(0, 8, 250)
    answers = right(true, 0.9, rng)
    alone = estimate_information(answers[:, :240], true[:240], range(240))
    answers[:, 240:245] = np.nan
    true[245:] = -1
    assert estimate_information(answers, true, range(250)) == alone


def test_images_of_one_person_are_one_witness() -> None:
    rng = np.random.default_rng(0)
    true = rng.integers(0, 8, 100)
    answers = np.repeat(right(true, 0.6, rng), 4, axis=1)
    apart = estimate_information(answers, true.repeat(4), range(400))
    together = estimate_information(answers, true.repeat(4), (np.arange(400) // 4).tolist())
    assert width(together) > 1.5 * width(apart)
    assert together.num_groups == 100


def test_seeds_that_differ_widen_the_interval_and_equal_ones_do_not() -> None:
    rng = np.random.default_rng(0)
    true = rng.integers(0, 8, 400)
    good, bad = right(true, 0.95, rng), right(true, 0.3, rng)
    one = estimate_information(good, true, range(400))
    alike = estimate_information(np.concatenate([good, good]), true, range(400))
    apart = estimate_information(np.concatenate([good, bad]), true, range(400))
    assert width(alike) == pytest.approx(width(one))
    assert alike.mean == pytest.approx(one.mean)
    assert alike.num_images == 400
    assert width(apart) > 2 * width(alike)


def coverage(share: float, num: int, trials: int) -> float:
    """In which share of trials the interval holds the true bits of eight regions."""
    miss = (1 - share) / 7
    truth = 3 + share * math.log2(share) + 7 * miss * math.log2(miss)
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(trials):
        true = rng.integers(0, 8, num)
        found = estimate_information(right(true, share, rng), true, range(num))
        width(found)
        covered += found.low - 1e-9 <= truth <= found.high + 1e-9  # type: ignore[operator]
    return covered / trials


@pytest.mark.slow
@pytest.mark.parametrize(
    ("share", "low", "high"), [(1 / 8, 0.97, 1), (0.5, 0.92, 0.98), (0.85, 0.84, 0.94)]
)
def test_intervals_cover_as_often_as_the_docstring_says(
    share: float, low: float, high: float
) -> None:
    assert low <= coverage(share, 320, 400) <= high


def coverage_of_seeds(seeds: int, trials: int) -> float:
    """Seeds are right in 60 % of answers, give or take 10; four images a person."""
    truth = 3 + 0.6 * math.log2(0.6) + 0.4 * math.log2(0.4 / 7)
    rng = np.random.default_rng(0)
    persons = (np.arange(320) // 4).tolist()
    covered = 0
    for _ in range(trials):
        true = rng.integers(0, 8, 320)
        shares = rng.normal(0.6, 0.1, seeds)
        answers = np.concatenate([right(true, share, rng) for share in shares])
        found = estimate_information(answers, true, persons)
        covered += found.low <= truth <= found.high  # type: ignore[operator]
    return covered / trials


@pytest.mark.parametrize("seeds", [2, 3])
def test_intervals_of_few_seeds_cover_the_truth(seeds: int) -> None:
    """95 % of 100 draws, and no fewer than three standard errors below."""
    assert coverage_of_seeds(seeds, 100) >= 0.95 - 3 * (0.95 * 0.05 / 100) ** 0.5


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_intervals_of_few_seeds_cover_as_often_as_the_docstring_says(seeds: int) -> None:
    assert 0.93 <= coverage_of_seeds(seeds, 400) <= 0.99


def test_few_images_one_witness_and_none_tell_nothing() -> None:
    """A number without an interval would look certain."""
    true = np.arange(8).repeat(25)
    perfect = np.eye(8)[true][None]
    assert estimate_information(perfect, true, range(200)).mean is not None
    few = estimate_information(perfect[:, 1:], true[1:], range(199))
    assert few == Estimate(None, None, None, 199, 199)
    one = estimate_information(perfect, true, ["same"] * 200)
    assert one == Estimate(None, None, None, 200, 1)
    none = estimate_information(np.full((1, 2, 8), np.nan), np.array([0, 1]), [0, 1])
    assert none == Estimate(None, None, None, 0, 0)


def test_bad_shapes_and_numbers_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"answers: expected \(seeds, 3 images, regions\)"):
        estimate_information(np.zeros((1, 2, 4)), np.zeros(3, np.int64), [0, 1])
    with pytest.raises(ConfigError, match="level"):
        estimate_information(np.zeros((1, 1, 4)), np.zeros(1, np.int64), [0], level=2)
