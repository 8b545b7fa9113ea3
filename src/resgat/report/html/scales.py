"""From values to places on a chart, and the round numbers beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator


@dataclass(frozen=True)
class Scale:
    """Places values on a line of length 1.

    Attributes:
        low, high: The values at its ends.
        ticks: Round values between them.
        is_log: Whether equal ratios are equal distances.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    is_log: bool = False

    def __call__(self, value: float) -> float:
        """Return a value's place in [0, 1]; one beyond the ends is placed at the end."""
        low, high = self._bent(self.low), self._bent(self.high)
        return min(max((self._bent(max(value, self._floor)) - low) / (high - low), 0.0), 1.0)

    @property
    def _floor(self) -> float:
        return self.low if self.is_log else -math.inf

    def _bent(self, value: float) -> float:
        return math.log10(value) if self.is_log else value


def linear(values: Iterable[float | None], *, count: int = 5) -> Scale:
    """Return a scale that holds all finite values and ends on round numbers."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    low, high = min(known, default=0.0), max(known, default=1.0)
    if high - low < 1e-9:
        low, high = low - 0.05, high + 0.05
    ticks = [float(tick) for tick in MaxNLocator(count, steps=[1, 2, 5, 10]).tick_values(low, high)]
    return Scale(ticks[0], ticks[-1], tuple(ticks))


def logarithmic(values: Iterable[float]) -> Scale:
    """Return a scale over whole decades that holds all positive values."""
    known = [value for value in values if value > 0 and math.isfinite(value)]
    low = 10.0 ** math.floor(math.log10(min(known, default=1.0)))
    high = 10.0 ** math.ceil(math.log10(max(known, default=10.0)))
    high = max(high, 10 * low)
    ticks = np.asarray(LogLocator().tick_values(low, high))
    inside = (ticks >= low * 0.999) & (ticks <= high * 1.001)
    return Scale(low, high, tuple(map(float, ticks[inside])), is_log=True)


def tick_text(value: float) -> str:
    """Write a tick without needless digits.

    Example:
        >>> [tick_text(value) for value in (0.25, 10.0, 1000.0, -0.5)]
        ['0.25', '10', '1,000', '\N{MINUS SIGN}0.5']
    """
    rounded = 0.0 if abs(value) < 1e-12 else value
    text = f"{rounded:,.0f}" if abs(rounded) >= 1000 else f"{rounded:g}"
    return text.replace("-", "\N{MINUS SIGN}")
