"""Statistics of what tells classes and regions apart: by hand, at chance, and at their most."""

import numpy as np
import pytest
from scipy.stats import chi2, chi2_contingency, kstest
from sklearn.cross_decomposition import CCA

from resgat.data.planted.chance import (
    association_chi2,
    auroc,
    linear_auroc,
    table_chi2,
    uniform_chi2,
)
from resgat.types import REGIONS
from tests.data.planted.test_leaks import logistic_auroc


def test_auroc_of_unequal_numbers_by_hand() -> None:
    # 3 beats 1 and 2; 2 beats 1 and ties with 2: 3.5 of 4.
    assert auroc(np.array([3.0, 2.0]), np.array([1.0, 2.0])) == 3.5 / 4
    assert auroc(np.array([0.0]), np.array([1.0, 2.0, 0.0])) == 0.5 / 3


def test_auroc_by_hand_and_as_scikit_learn_has_it() -> None:
    rng = np.random.default_rng(0)
    reals = rng.normal(0, 1, (200, 3))
    assert linear_auroc(reals, reals) == 0.5
    assert linear_auroc(reals + np.array([10, 0, 0]), reals) == 1.0
    fakes = rng.normal(0, 1, (200, 3)) + np.array([0.7, 0, 0])
    features = np.concatenate((fakes, reals))
    labels, groups = np.repeat([1, 0], 200), np.tile(np.arange(200), 2)
    ours, theirs = linear_auroc(fakes, reals), logistic_auroc(features, labels, groups)
    assert ours == pytest.approx(theirs, abs=0.02)


def test_regions_that_numbers_decide_and_regions_that_they_do_not() -> None:
    regions = [REGIONS[k % 2] for k in range(8)]
    decided = np.array([[float(k % 2)] for k in range(8)])
    apart = np.array([[float(k // 2)] for k in range(8)])  # each number once in either region
    assert association_chi2(decided, regions) == pytest.approx(7)  # (P - 1) * 1
    assert association_chi2(apart, regions) == pytest.approx(0, abs=1e-9)
    assert association_chi2(np.full((8, 3), 0.1), regions) == 0  # constant: says nothing


def test_repeated_and_rescaled_numbers_change_nothing() -> None:
    rng = np.random.default_rng(0)
    numbers = rng.normal(0, 1, (60, 3))
    regions = list(rng.choice(REGIONS, 60))
    plain = association_chi2(numbers, regions)
    mixed = np.concatenate((1000 * numbers - 7, numbers.sum(1, keepdims=True)), axis=1)
    assert association_chi2(mixed, regions) == pytest.approx(plain)


def test_association_is_that_of_the_canonical_correlations() -> None:
    rng = np.random.default_rng(1)
    regions = list(rng.choice(REGIONS[:3], 90))
    numbers = rng.normal(0, 1, (90, 2)) + np.array([[REGIONS.index(r), 0] for r in regions])
    chosen = np.array([[r == name for name in REGIONS[:2]] for r in regions], float)
    first, second = CCA(n_components=2, max_iter=5000, tol=1e-12).fit_transform(numbers, chosen)
    squared = sum(np.corrcoef(first[:, k], second[:, k])[0, 1] ** 2 for k in range(2))
    assert association_chi2(numbers, regions) == pytest.approx(89 * squared, rel=1e-4)


def test_independent_regions_give_the_chi_square_distribution() -> None:
    rng = np.random.default_rng(2)
    numbers = rng.exponential(1, (400, 4))
    even = np.resize(REGIONS, 400)
    found = [association_chi2(numbers, list(rng.permutation(even))) for _ in range(300)]
    assert np.mean(found) == pytest.approx(28, abs=1.5)  # sd 7.5 / sqrt(300) = 0.43
    assert kstest(found, chi2(28).cdf).pvalue > 0.01


def test_counts_by_hand() -> None:
    assert uniform_chi2(list(REGIONS) * 3) == 0
    assert uniform_chi2(["nose"] * 8) == 56  # 7 ** 2 + 7 * 1
    cells = [(0, False)] * 5 + [(0, True)] * 3 + [(1, False)] * 2 + [(1, True)] * 7
    theirs = chi2_contingency([[5, 3], [2, 7]], correction=False).statistic
    assert table_chi2(cells) == pytest.approx(theirs)
    assert table_chi2([(0, False), (1, False)]) == 0
