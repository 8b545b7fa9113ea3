import numpy as np
import pytest
from scipy.stats import t

from resgat.stats.seeds import seed_weights, with_seeds


@pytest.mark.parametrize("level", [0.95, 0.975, 0.9975])
def test_the_mean_of_seeds_is_distributed_by_student_s_t(level: float) -> None:
    """Three numbers: the interval of their mean is known by hand, at every level."""
    weights = seed_weights(np.random.default_rng(0), 3, 200_000)
    assert weights.sum(1) == pytest.approx(1)
    numbers = np.array([0.7, 0.8, 0.95])
    end = numbers.mean() + t.ppf(level, 2) * numbers.std(ddof=1) / np.sqrt(3)
    assert (weights @ numbers < end).mean() == pytest.approx(level, abs=0.002)


def test_one_seed_always_counts_for_one() -> None:
    assert (seed_weights(np.random.default_rng(0), 1, 5) == 1).all()


def test_groups_are_stretched_and_seeds_pull_by_how_far_apart_they_are() -> None:
    """By hand: 0.5 + 2 (0.6 - 0.5) + (1.5 - (-0.5)) 0.1, and a draw of equal weights."""
    drawn, scale = np.array([0.6, 0.4]), np.array([2.0, 1.0])
    weights = np.array([[1.5, -0.5], [0.5, 0.5]])
    found = with_seeds(np.array(0.5), drawn, scale, np.array([0.1, -0.1]), weights)
    assert found == pytest.approx([0.9, 0.4])
    columns = with_seeds(
        np.array([0.5, 0.5]),
        np.stack([drawn, drawn], axis=1),
        np.stack([scale, scale], axis=1),
        np.array([[0.1, 0.0], [-0.1, 0.0]]),
        weights,
    )
    assert columns == pytest.approx(np.array([[0.9, 0.7], [0.4, 0.4]]))
