import numpy as np
import pytest
from scipy.stats import norm, t

from resgat.stats.seeds import seed_weights


def test_seeds_spread_as_much_as_student_s_t_allows() -> None:
    """Three numbers: the spread of their mean is known by hand."""
    weights = seed_weights(np.random.default_rng(0), 3, 100_000)
    assert weights.sum(1) == pytest.approx(1)
    numbers = np.array([0.7, 0.8, 0.95])
    by_hand = t.ppf(0.975, 2) * numbers.std(ddof=1) / np.sqrt(3)
    assert norm.ppf(0.975) * (weights @ numbers).std() == pytest.approx(by_hand, rel=0.02)


def test_one_seed_always_counts_for_one() -> None:
    assert (seed_weights(np.random.default_rng(0), 1, 5) == 1).all()
