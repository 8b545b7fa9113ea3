"""Positions spread evenly over a range: which frames of a video to take."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resgat.checks import check_range


def spread(available: int, wanted: int) -> NDArray[np.int64]:
    """Choose ``wanted`` of the positions ``0 .. available - 1``, evenly over the whole range.

    Both ends are among them when more than one is wanted; a single one is the middle. Integer
    arithmetic throughout, so that the choice is the same on every machine.

    Args:
        available: How many positions there are.
        wanted: How many to choose; all are chosen when there are no more than these.

    Returns:
        Strictly increasing positions, ``min(available, wanted)`` of them.

    Raises:
        ConfigError: ``available`` is negative or ``wanted`` is less than one.

    Example:
        >>> spread(10, 4).tolist()
        [0, 3, 6, 9]
        >>> spread(10, 1).tolist()
        [4]
    """
    check_range("available", available, low=0)
    check_range("wanted", wanted, low=1)
    if wanted >= available:
        return np.arange(available, dtype=np.int64)
    if wanted == 1:
        return np.array([(available - 1) // 2], dtype=np.int64)
    gaps = wanted - 1
    steps = np.arange(wanted, dtype=np.int64)
    return (2 * steps * (available - 1) + gaps) // (2 * gaps)
