import math

import numpy as np
import pytest
import torch

from resgat.errors import ConfigError, ShapeError
from resgat.explain.metrics.region import confusion, mutual_information
from resgat.explain.stats.bootstrap import Estimate
from resgat.explain.stats.information import estimate_information


def right(true: np.ndarray, share: float, rng: np.random.Generator, regions: int = 4) -> np.ndarray:
    """Answers (1, n, R) that are right so often, and a guess otherwise."""
    guess = rng.integers(0, regions, len(true))
    return np.eye(regions)[np.where(rng.random(len(true)) < share, true, guess)][None]


def width(found: Estimate) -> float:
    assert found.mean is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.mean < found.high
    return found.high - found.low


def test_the_mean_is_the_information_of_the_whole_table() -> None:
    rng = np.random.default_rng(0)
    true = rng.integers(0, 4, 300)
    answers = right(true, 0.6, rng)
    found = estimate_information(answers, true, range(300), draws=200)
    table = confusion(torch.from_numpy(answers[0]), torch.from_numpy(true))
    assert found.mean == pytest.approx(float(mutual_information(table)))
    assert (found.num_images, found.num_groups) == (300, 300)
    assert found.mean is not None
    assert 0 < width(found) < 0.6


def test_perfect_answers_tell_all_there_is_to_know() -> None:
    true = np.arange(4).repeat(100)
    found = estimate_information(np.eye(4)[true][None], true, range(400), draws=500)
    assert found.mean == pytest.approx(2, abs=0.02)
    assert found.low == pytest.approx(2, abs=0.05)


def test_what_does_not_count_is_left_out() -> None:
    rng = np.random.default_rng(0)
    true = rng.integers(0, 4, 50)
    answers = right(true, 0.9, rng)
    alone = estimate_information(answers[:, :40], true[:40], range(40), draws=100)
    answers[:, 40:45] = np.nan
    true[45:] = -1
    assert estimate_information(answers, true, range(50), draws=100).mean == alone.mean
    assert estimate_information(answers, true, range(50), draws=100).num_groups == 40


def test_seeds_are_added_up_and_resampled() -> None:
    rng = np.random.default_rng(0)
    true = rng.integers(0, 4, 400)
    good, bad = right(true, 0.95, rng), right(true, 0.1, rng)
    alike = estimate_information(np.concatenate([good, good]), true, range(400), draws=300)
    apart = estimate_information(np.concatenate([good, bad]), true, range(400), draws=300)
    assert width(alike) < width(apart)
    assert alike.num_images == 400


@pytest.mark.slow
def test_intervals_cover_the_truth() -> None:
    """Answers that are right in 60 % of images and a guess of four otherwise: 0.7 x 1, 3 x 0.1."""
    hit, miss = 0.7, 0.1
    truth = 2 + hit * math.log2(hit) + 3 * miss * math.log2(miss)
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(300):
        true = rng.integers(0, 4, 200)
        answers = right(true, 0.6, rng)
        found = estimate_information(answers, true, range(200), draws=500, seed=trial)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= truth <= found.high
    assert 0.91 <= covered / 300 <= 0.98


def test_one_witness_has_no_interval_and_none_has_no_mean() -> None:
    true = np.array([0, 1])
    one = estimate_information(np.eye(4)[true][None], true, ["same", "same"], draws=10)
    assert (one.low, one.high, one.num_groups) == (None, None, 1)
    none = estimate_information(np.full((1, 2, 4), np.nan), true, [0, 1], draws=10)
    assert (none.mean, none.num_images) == (None, 0)


def test_bad_shapes_and_numbers_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"answers: expected \(seeds, 3 images, regions\)"):
        estimate_information(np.zeros((1, 2, 4)), np.zeros(3, np.int64), [0, 1])
    with pytest.raises(ConfigError, match="draws"):
        estimate_information(np.zeros((1, 1, 4)), np.zeros(1, np.int64), [0], draws=0)
