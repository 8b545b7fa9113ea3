"""The numbers of one detector on one set of rows, be they frames or videos."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from torchmetrics.functional import mean_squared_error
from torchmetrics.functional.classification import (
    binary_auroc,
    binary_average_precision,
    binary_calibration_error,
    binary_confusion_matrix,
    binary_eer,
    binary_sensitivity_at_specificity,
)

from resgat.checks import check_range
from resgat.metrics.inputs import as_binary, sigmoid, unit_rank

#: Equally wide bins of the expected calibration error, as in Guo et al. 2017 (arXiv 1706.04599).
ECE_BINS = 15

METRIC_NAMES = (
    "auc",
    "ap",
    "eer",
    "log_loss",
    "balanced_accuracy",
    "f1",
    "tpr_at_fpr_1pct",
    "tpr_at_fpr_01pct",
    "brier",
    "ece",
)

#: Those of the probabilities alone, which a temperature changes.
PROBABILITY_NAMES = ("log_loss", "brier", "ece")

LOWER_IS_BETTER = {"eer", "log_loss", "brier", "ece"}

#: ``as_binary`` has looked at the rows; for each metric torchmetrics would sort them to look again.
_LOOK_AGAIN = False

#: Key -> number, or None with its reason under ``<key>_reason``.
Metrics = dict[str, Any]


def detection_metrics(
    logit: ArrayLike, label: ArrayLike, *, threshold_prob: float | None
) -> Metrics:
    """Measure how well logits tell fake from real.

    ======================= ====== =========================================================
    key                     better what it is
    ======================= ====== =========================================================
    ``auc``                 higher area under the ROC curve; ties count half
    ``ap``                  higher average precision, fake being the positive class
    ``eer``                 lower  mean of false positive and false negative rate at the
                                   threshold where they are nearest to each other
    ``log_loss``            lower  mean negative log likelihood, in nats
    ``balanced_accuracy``   higher mean of the true positive and the true negative rate
    ``f1``                  higher harmonic mean of precision and recall of "fake"
    ``tpr_at_fpr_1pct``     higher largest true positive rate at a false positive rate of at
                                   most 1 %; with fewer than 100 real rows: at none
    ``tpr_at_fpr_01pct``    higher the same at 0.1 %
    ``brier``               lower  mean squared error of the probability
    ``ece``                 lower  expected calibration error of the probability of "fake",
                                   15 equally wide bins
    ======================= ====== =========================================================

    ``n``, ``n_fake`` and ``threshold_prob`` stand beside them. A metric that cannot be had, such as
    the AUC of one class, is ``None``, and ``<key>_reason`` says why.

    Args:
        logit: One per row.
        label: 1 = fake.
        threshold_prob: A row counts as fake where its probability is at least this; chosen on the
            validation split. ``None`` where none could be chosen.

    Shape:
        logit, label: (N,)

    Raises:
        ConfigError: The threshold is outside [0, 1].
        ValueError: Logits are not finite, a label is neither 0 nor 1, or the lengths differ.

    Example:
        >>> metrics = detection_metrics([-2.0, 1.0, 3.0], [0, 0, 1], threshold_prob=0.5)
        >>> metrics["auc"], metrics["balanced_accuracy"]
        (1.0, 0.75)
        >>> detection_metrics([2.0], [1], threshold_prob=0.5)["auc_reason"]
        'needs both classes, got fake rows only'
    """
    value, target = as_binary(logit, label)
    if threshold_prob is not None:
        check_range("threshold_prob", threshold_prob, low=0, high=1)
    num_fake = int(target.sum())
    lacking = _what_is_lacking(target.size, num_fake)
    found: dict[str, float] = {}
    if target.size:
        found |= _probability_metrics(value, target)
    if not lacking:
        found |= _ranking_metrics(value, target)
        if threshold_prob is not None:
            found |= _threshold_metrics(value, target, threshold_prob)
    metrics = _or_why_not(METRIC_NAMES, found, lacking or "no threshold was chosen")
    return metrics | {"n": target.size, "n_fake": num_fake, "threshold_prob": threshold_prob}


def probability_metrics(logit: ArrayLike, label: ArrayLike) -> Metrics:
    """Measure probabilities alone: ``log_loss``, ``brier`` and ``ece`` of ``detection_metrics``.

    Args:
        logit: One per row.
        label: 1 = fake.

    Shape:
        logit, label: (N,)

    Raises:
        ValueError: Logits are not finite, a label is neither 0 nor 1, or the lengths differ.

    Example:
        >>> probability_metrics([0.0, 0.0], [0, 1])["brier"]
        0.25
    """
    value, target = as_binary(logit, label)
    found = _probability_metrics(value, target) if target.size else {}
    return _or_why_not(PROBABILITY_NAMES, found, "no rows")


def _or_why_not(names: Sequence[str], found: Mapping[str, float], why: str) -> Metrics:
    metrics: Metrics = {}
    for name in names:
        metrics[name] = found.get(name)
        if name not in found:
            metrics[f"{name}_reason"] = why
    return metrics


def _what_is_lacking(num_rows: int, num_fake: int) -> str:
    if not num_rows:
        return "no rows"
    if num_fake in (0, num_rows):
        return f"needs both classes, got {'fake' if num_fake else 'real'} rows only"
    return ""


def _probability_metrics(logit: NDArray[np.float64], label: NDArray[np.int64]) -> dict[str, float]:
    prob, target = torch.from_numpy(sigmoid(logit)), torch.from_numpy(label)
    # torchmetrics would put a probability of exactly 1 into a bin of its own.
    below_one = prob.clamp(max=float(np.nextafter(1.0, 0.0)))
    return _floats(
        log_loss=binary_cross_entropy_with_logits(torch.from_numpy(logit), target.double()),
        brier=mean_squared_error(prob, target.double()),
        ece=binary_calibration_error(below_one, target, n_bins=ECE_BINS, validate_args=_LOOK_AGAIN),
    )


def _ranking_metrics(logit: NDArray[np.float64], label: NDArray[np.int64]) -> dict[str, float]:
    rank, target = torch.from_numpy(unit_rank(logit)), torch.from_numpy(label)
    with _double_precision():
        return _floats(
            auc=binary_auroc(rank, target, validate_args=_LOOK_AGAIN),
            ap=binary_average_precision(rank, target, validate_args=_LOOK_AGAIN),
            eer=binary_eer(rank, target, validate_args=_LOOK_AGAIN),
            tpr_at_fpr_1pct=_sensitivity(rank, target, 0.99),
            tpr_at_fpr_01pct=_sensitivity(rank, target, 0.999),
        )


def _sensitivity(rank: Tensor, label: Tensor, specificity: float) -> Tensor:
    return binary_sensitivity_at_specificity(rank, label, specificity, validate_args=_LOOK_AGAIN)[0]


def _threshold_metrics(
    logit: NDArray[np.float64], label: NDArray[np.int64], threshold_prob: float
) -> dict[str, float]:
    called_fake = torch.from_numpy((sigmoid(logit) >= threshold_prob).astype(np.int64))
    # Counts, not torchmetrics' own ratios, which it always rounds to float32.
    matrix = binary_confusion_matrix(
        called_fake, torch.from_numpy(label), validate_args=_LOOK_AGAIN
    ).tolist()
    (tn, fp), (fn, tp) = matrix
    return {
        "balanced_accuracy": (tp / (tp + fn) + tn / (tn + fp)) / 2,
        "f1": 2 * tp / (2 * tp + fp + fn),
    }


def _floats(**values: Tensor) -> dict[str, float]:
    return {name: float(value) for name, value in values.items()}


@contextmanager
def _double_precision() -> Iterator[None]:
    """Let torchmetrics divide its counts in float64; it takes torch's default type for them."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
