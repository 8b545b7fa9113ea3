"""What every metric asks of its logits and labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def as_binary(values: ArrayLike, label: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return fresh 1-D arrays, in double precision, of one finite value and one 0/1 label per row.

    Raises:
        ValueError: The shapes differ, a value is not finite, or a label is neither 0 nor 1.
    """
    value, target = np.array(values, dtype=np.float64), np.array(label)
    if value.ndim != 1 or value.shape != target.shape:
        msg = f"expected one label per value, got shapes {value.shape} and {target.shape}"
        raise ValueError(msg)
    num_bad = int(np.count_nonzero(~np.isfinite(value)))
    if num_bad:
        msg = (
            f"expected finite numbers, got {num_bad} of {value.size} that are nan or infinite; "
            "the detector that made them is unusable (diverged, or overflowed in half precision)"
        )
        raise ValueError(msg)
    strange = np.unique(target[(target != 0) & (target != 1)])
    if strange.size:
        msg = f"label: expected 0 (real) or 1 (fake), got {strange[0]}"
        raise ValueError(msg)
    return value, target.astype(np.int64)


def unit_rank(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map values onto [0, 1], keeping their order and their ties.

    A ranking metric is the same on ranks as on logits, but not on probabilities: the sigmoid turns
    every logit above 37 into 1 and so ties what was ordered.

    Example:
        >>> unit_rank(np.array([-3.0, 50.0, 40.0, -3.0]))
        array([0. , 1. , 0.5, 0. ])
    """
    distinct, rank = np.unique(value, return_inverse=True)
    return np.asarray(rank / max(1, distinct.size - 1), dtype=np.float64)


def sigmoid(logit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``1 / (1 + exp(-logit))`` without overflow.

    Example:
        >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
        array([0. , 0.5, 1. ])
    """
    small = np.exp(-np.abs(logit))
    return np.asarray(np.where(logit >= 0, 1.0, small) / (1.0 + small), dtype=np.float64)
