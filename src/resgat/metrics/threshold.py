"""Where to cut a probability into "real" and "fake"."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from resgat.errors import SplitError
from resgat.metrics.inputs import as_binary


def choose_threshold(prob: ArrayLike, label: ArrayLike) -> float:
    """Return the threshold that maximises balanced accuracy; a row is fake where ``prob >= t``.

    Every threshold between two neighbouring probabilities cuts the rows alike. Among the intervals
    of greatest balanced accuracy the widest is taken (the lowest of equally wide ones), and of it
    the middle, which leaves most room on both sides.

    Args:
        prob: Probability of "fake" on the validation split.
        label: 1 = fake.

    Shape:
        prob, label: (N,)

    Raises:
        SplitError: The rows hold one class only.
        ValueError: A probability is not in [0, 1], a label is neither 0 nor 1, or lengths differ.

    Example:
        >>> choose_threshold([0.1, 0.2, 0.6, 0.9], [0, 0, 1, 1])
        0.4
    """
    value, target = as_binary(prob, label)
    if value.size and (value.min() < 0 or value.max() > 1):
        msg = f"prob: expected probabilities in [0, 1], got {value.min():g} to {value.max():g}"
        raise ValueError(msg)
    num_fake = int(target.sum())
    num_real = target.size - num_fake
    if not num_fake or not num_real:
        msg = (
            f"a threshold needs real and fake rows, got {num_real} real and {num_fake} fake; "
            "choose it on a split that holds both"
        )
        raise SplitError(msg)
    cuts, rank = np.unique(value, return_inverse=True)
    real_below = np.concatenate([[0], np.cumsum(np.bincount(rank, weights=1 - target))])
    fake_below = np.concatenate([[0], np.cumsum(np.bincount(rank, weights=target))])
    # Twice the balanced accuracy in whole numbers, so that equal cuts compare equal.
    gain = real_below * num_fake + (num_fake - fake_below) * num_real
    low, high = np.concatenate([[0.0], cuts]), np.concatenate([cuts, [1.0]])
    if cuts[-1] == 1.0:  # no threshold in [0, 1] lies above every row
        low, high, gain = low[:-1], high[:-1], gain[:-1]
    best = int(np.argmax(np.where(gain == gain.max(), high - low, -1.0)))
    middle = (low[best] + high[best]) / 2
    return float(middle if middle > low[best] else high[best])
