"""What numbers and labels say of each other: statistics whose chance level is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from resgat.types import REGIONS

Vector = NDArray[np.float64]

#: Of rows that are judged by a classifier that did not see them.
FOLDS = 5
_RIDGE = 1e-3
_RANK_TOLERANCE = 1e-9


def auroc(fakes: Vector, reals: Vector) -> float:
    """Return how often a fake's score is above a real's, ties counting half; chance 0.5."""
    lower = np.sort(reals)
    wins = np.searchsorted(lower, fakes, "left") + np.searchsorted(lower, fakes, "right")
    return float(wins.mean() / (2 * len(reals)))


def linear_auroc(fakes: NDArray[np.float64], reals: NDArray[np.float64]) -> float:
    """Return how well a linear classifier tells two lists apart that are paired row by row.

    Ridge regression of the label on standardised features, in five folds of pairs; the area under
    the ROC curve of all held-out scores together, ties counting half. In [0, 1]; chance 0.5.

    Shape:
        fakes, reals: (P, F)
    """
    fold = np.arange(len(fakes)) % FOLDS
    scores = np.empty((2, len(fakes)))
    for held_out in range(FOLDS):
        test = fold == held_out
        direction = _fit(fakes[~test], reals[~test])
        scores[0, test], scores[1, test] = fakes[test] @ direction, reals[test] @ direction
    return auroc(scores[0], scores[1])


def association_chi2(numbers: NDArray[np.float64], regions: Sequence[str]) -> float:
    """Return how much regions depend on numbers, as a chi-square statistic.

    ``(P - 1) * V``, where Pillai's trace V is the sum of the squared canonical correlations of the
    numbers with the indicators of the regions. If regions are chosen without regard to the numbers
    it follows, for large P, chi-square with F * (K - 1) degrees of freedom, K being the regions
    that occur, and its mean is exactly that for every P. No distribution of the numbers is assumed,
    and a person may come several times.

    Args:
        numbers: What is known of each face; a column that is a linear combination of others adds
            nothing, and takes no part in F.
        regions: What was altered in it.

    Shape:
        numbers: (P, F)
        regions: P long
    """
    chosen = np.array([[region == name for name in REGIONS] for region in regions], np.float64)
    common = _basis(numbers).T @ _basis(chosen)
    return float((len(regions) - 1) * (common**2).sum())


def uniform_chi2(regions: Sequence[str]) -> float:
    """Return the chi-square statistic of regions against equal numbers of each; 7 degrees."""
    counts = np.array([regions.count(region) for region in REGIONS])
    expected = len(regions) / len(REGIONS)
    return float(((counts - expected) ** 2 / expected).sum())


def table_chi2(cells: list[tuple[int, bool]]) -> float:
    """Return the chi-square statistic of a 2 x 2 table; 0 where a row or a column is empty."""
    counts = np.array([[cells.count((a, b)) for b in (False, True)] for a in (0, 1)], float)
    expected = counts.sum(1, keepdims=True) * counts.sum(0, keepdims=True) / counts.sum()
    gap = np.divide((counts - expected) ** 2, expected, np.zeros((2, 2)), where=expected > 0)
    return float(gap.sum())


def _fit(fakes: NDArray[np.float64], reals: NDArray[np.float64]) -> Vector:
    features = np.concatenate((fakes, reals))
    scale = features.std(0) + 1e-9
    scaled = (features - features.mean(0)) / scale
    label = np.repeat([1.0, -1.0], len(fakes))
    gram = scaled.T @ scaled / len(label) + _RIDGE * np.eye(features.shape[1])
    return np.asarray(np.linalg.solve(gram, scaled.T @ label / len(label)) / scale, np.float64)


def _basis(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an orthonormal basis (P, rank) of the centred columns; a constant one adds nothing."""
    spread = columns.std(0)
    varies = spread > _RANK_TOLERANCE * np.abs(columns).max(0)
    scaled = (columns - columns.mean(0))[:, varies] / spread[varies]
    left, size, _ = np.linalg.svd(scaled, full_matrices=False)
    return np.asarray(left[:, size > _RANK_TOLERANCE * size.max(initial=0)], np.float64)
