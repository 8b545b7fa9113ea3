"""Many comparisons at once: the more there are, the more of them look real by luck."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: The smallest p-value of D draws is 2 / (D + 1), and that of all pairs together so many times it.
_DRAWS_PER_PAIR = 160


def enough_draws(draws: int, num_pairs: int) -> int:
    """Return how many draws it takes, at least ``draws``, for a real difference to be found.

    With fewer no p-value, however clear the difference, could hold for all pairs: with enough the
    smallest is 1/80 once it has been multiplied by their number.

    Example:
        >>> enough_draws(10_000, 45), enough_draws(10_000, 351)
        (10000, 56160)
    """
    return max(draws, _DRAWS_PER_PAIR * num_pairs)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values that hold for all comparisons together.

    Step-down: the smallest of m is multiplied by m, the next by m - 1, and so on; none becomes
    smaller than one before it, or larger than 1.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]

    Source:
        Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure".
    """
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    stepped = np.maximum.accumulate(np.asarray(p_values, np.float64)[order] * factors)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(stepped, 1.0)
    return [float(value) for value in adjusted]
