"""All that the metrics of a resample are computed from: sums over the rows of each group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from resgat.metrics.inputs import sigmoid

Values = NDArray[np.float64]

#: Distinct logits that are told apart in a resample. Where there are more, neighbours count as
#: equal: of a hundred thousand rows that moves an AUC by some 1e-5, and its interval by less.
NUM_CUTS = 2048
#: Metrics of the order of the rows, and of what is called fake at the threshold.
RANKING = ("auc", "ap", "eer", "tpr_at_fpr_1pct", "tpr_at_fpr_01pct")
CALLING = ("balanced_accuracy", "f1")
#: Those that one class is enough for.
OF_ANY_CLASS = ("log_loss", "brier")


@dataclass(frozen=True, eq=False)
class Tallies:
    """A detector's rows, summed up by identity group.

    Drawing groups is weighing them, and every metric follows from weighted sums: 10,000 resamples
    of any number of rows are one matrix product.

    Attributes:
        curve: How many reals (first half) and fakes (second half) of each group lie at each cut, by
            ascending logit; None where only probabilities are measured.
        sums: Of each group: rows, log losses, squared errors.
        calls: Of each group, at the threshold: tn, fp, fn, tp; None without a threshold.

    Shape:
        curve: (2 K, G)
        sums: (3, G)
        calls: (4, G)
    """

    curve: csr_array | None
    sums: Values
    calls: Values | None

    @classmethod
    def of(
        cls,
        logit: Values,
        label: NDArray[np.int64],
        group_idx: NDArray[np.int64],
        num_groups: int,
        threshold_prob: float | None,
    ) -> Tallies:
        """Sum up rows.

        Args:
            logit: One per row, finite.
            label: 1 = fake.
            group_idx: Below ``num_groups``; a group may have no row.
            num_groups: G.
            threshold_prob: A row is called fake where its probability is at least this.

        Shape:
            logit, label, group_idx: (N,)
        """
        rows = _Rows(logit, label, group_idx, num_groups)
        calls = None if threshold_prob is None else rows.calls(threshold_prob)
        return cls(rows.curve(), rows.sums(), calls)

    @classmethod
    def of_probabilities(
        cls,
        logit: Values,
        label: NDArray[np.int64],
        group_idx: NDArray[np.int64],
        num_groups: int,
    ) -> Tallies:
        """Sum up what the log loss and the Brier score take, and nothing else.

        Args:
            logit: One per row, finite.
            label: 1 = fake.
            group_idx: Below ``num_groups``; a group may have no row.
            num_groups: G.

        Shape:
            logit, label, group_idx: (N,)
        """
        return cls(None, _Rows(logit, label, group_idx, num_groups).sums(), None)

    @property
    def num_groups(self) -> int:
        """How many groups there are, with rows or without."""
        return int(self.sums.shape[1])

    @property
    def witnesses(self) -> dict[str, int]:
        """How many groups tell of each metric; it is left out where they are fewer than two.

        Reals are compared with fakes, so what tells of such a metric is the class that fewer
        groups hold: sixty people's fakes do not make up for two people's genuine videos.
        """
        told = dict.fromkeys(OF_ANY_CLASS, int(np.count_nonzero(self.sums[0])))
        if self.curve is not None:
            half = self.curve.shape[0] // 2
            classes = self.curve[:half].sum(axis=0), self.curve[half:].sum(axis=0)
            fewer = min(int(np.count_nonzero(rows)) for rows in classes)
            told |= dict.fromkeys((*RANKING, *CALLING), fewer)
        return {name: num for name, num in told.items() if num >= 2}

    def metrics(self, weights: Values) -> dict[str, Values]:
        """Return the metrics of weighted groups; nan where a class has no weight.

        Args:
            weights: How often each group counts.

        Shape:
            weights: (D, G)

        Returns:
            Metric -> (D,); the names are those of ``detection_metrics`` or ``probability_metrics``,
            without ``ece``: resamples of an error that cannot fall below its noise say nothing of
            the true one.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            found = {} if self.curve is None else _ranking(self.curve @ weights.T)
            size, loss, squares = self.sums @ weights.T
            found |= {"log_loss": loss / size, "brier": squares / size}
            if self.calls is not None:
                tn, fp, fn, tp = self.calls @ weights.T
                found["balanced_accuracy"] = (tp / (tp + fn) + tn / (tn + fp)) / 2
                found["f1"] = 2 * tp / np.where((tn + fp) * (tp + fn) > 0, 2 * tp + fp + fn, np.nan)
        return found


class _Rows(NamedTuple):
    """Rows before they are summed up, each argument of :meth:`Tallies.of`."""

    logit: Values
    label: NDArray[np.int64]
    group_idx: NDArray[np.int64]
    num_groups: int

    def curve(self) -> csr_array:
        cuts = _cuts(self.logit, self.label)
        place = np.searchsorted(cuts, self.logit) + len(cuts) * self.label
        shape = (2 * len(cuts), self.num_groups)
        curve = csr_array((np.ones(len(self.logit)), (place, self.group_idx)), shape=shape)
        curve.sum_duplicates()
        return curve

    def sums(self) -> Values:
        loss = np.logaddexp(0, np.where(self.label == 1, -self.logit, self.logit))
        squares = (sigmoid(self.logit) - self.label) ** 2
        return self._by_group(np.ones(len(self.logit)), loss, squares)

    def calls(self, threshold_prob: float) -> Values:
        outcome = 2 * self.label + (sigmoid(self.logit) >= threshold_prob)
        return self._by_group(*((outcome == kind).astype(np.float64) for kind in range(4)))

    def _by_group(self, *values: Values) -> Values:
        return np.stack([np.bincount(self.group_idx, one, self.num_groups) for one in values])


def _cuts(logit: Values, label: NDArray[np.int64]) -> Values:
    """Return the upper end of each set of logits that count as equal."""
    distinct = np.unique(logit)
    if len(distinct) <= NUM_CUTS:
        return distinct
    # As many for the smaller class as for the larger one: rates are of a class.
    shares = np.linspace(0, 1, NUM_CUTS // 2)
    ends = [np.quantile(logit[label == side], shares) for side in (0, 1) if (label == side).any()]
    return np.unique(np.concatenate([*ends, distinct[-1:]]))


def _ranking(curve: Values) -> dict[str, Values]:
    """Return what depends on the order of the rows; ``curve`` is (2 K, D)."""
    real, fake = np.split(curve, 2)
    reals, fakes = real.sum(0), fake.sum(0)
    nothing = (reals == 0) | (fakes == 0)
    below = np.cumsum(real, axis=0)
    auc = (fake * (below - real / 2)).sum(0) / (reals * fakes)
    # From the highest logit down: what a threshold at each cut calls fake.
    false = np.cumsum(real[::-1], axis=0)
    true = np.cumsum(fake[::-1], axis=0)
    called = false + true
    precision = np.divide(true, called, out=np.zeros_like(true), where=called > 0)
    fpr, tpr = false / reals, true / fakes
    gap = np.abs(1 - tpr - fpr)
    nearest = gap.argmin(0)[None]
    error = (np.take_along_axis(fpr, nearest, 0) + 1 - np.take_along_axis(tpr, nearest, 0)) / 2
    found = {
        "auc": auc,
        "ap": (fake[::-1] * precision).sum(0) / fakes,
        "eer": error[0],
        "tpr_at_fpr_1pct": np.where(fpr <= 0.01, tpr, 0).max(0),
        "tpr_at_fpr_01pct": np.where(fpr <= 0.001, tpr, 0).max(0),
    }
    return {name: np.where(nothing, np.nan, values) for name, values in found.items()}
