"""Two things measured in turn, and the ratio of their times.

A machine that is busy with other work, or warms up, slows neighbouring measurements alike; the
ratio within a pair of them stays what it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

_NUM_RESAMPLES = 5000
_INTERVAL = (2.5, 97.5)

Work = Callable[[], object]
Better = Literal["smaller", "larger"]


class Sides(NamedTuple):
    """What is measured and its control; one call of each does the same amount of work."""

    ours: Work
    control: Work


@dataclass(frozen=True)
class Pair:
    """One comparison.

    Args:
        name: Stable; the key in the results.
        better: ``smaller``: the ratio is ours over control in time. ``larger``: in speed.
        target: Which ratio is good enough; None where none was set.
        prepare: Builds both sides; called when their turn comes, so that one pair is in memory.
        most_rounds: Rounds that are enough for what takes minutes; None leaves it to the caller.
    """

    name: str
    better: Better
    target: float | None
    prepare: Callable[[], Sides]
    most_rounds: int | None = None


class Measurement(NamedTuple):
    """The median of the paired ratios and its 95 % bootstrap interval, from ``n`` pairs."""

    ratio: float
    low: float
    high: float
    n: int


def paired_ratios(
    sides: Sides, better: Better, rounds: int, clock: Callable[[], float] = time.perf_counter
) -> Iterator[float]:
    """Measure ours, control, ours, control, ... and yield one ratio per pair.

    Each side runs once beforehand without being measured, to fill caches and pick kernels.
    """
    for work in sides:
        work()
    for _ in range(rounds):
        ours_s, control_s = (_duration_s(work, clock) for work in sides)
        yield ours_s / control_s if better == "smaller" else control_s / ours_s


def _duration_s(work: Work, clock: Callable[[], float]) -> float:
    start = clock()
    work()
    return clock() - start


def summarise(ratios: Sequence[float], seed: int = 0) -> Measurement:
    """Return the median ratio with its percentile bootstrap interval.

    Example:
        >>> summarise([1.5])
        Measurement(ratio=1.5, low=1.5, high=1.5, n=1)
    """
    values = np.asarray(ratios, dtype=np.float64)
    draws = np.random.default_rng(seed).integers(len(values), size=(_NUM_RESAMPLES, len(values)))
    low, high = np.percentile(np.median(values[draws], axis=1), _INTERVAL)
    return Measurement(float(np.median(values)), float(low), float(high), len(values))


def verdict(measured: Measurement, better: Better, target: float | None) -> str:
    """Say whether a target is met; ``unclear`` while the interval holds it.

    Example:
        >>> verdict(Measurement(1.04, 1.02, 1.07, 9), "smaller", 1.1)
        'met'
    """
    if target is None:
        return ""
    if measured.low <= target <= measured.high and measured.low < measured.high:
        return "unclear"
    return "met" if (measured.ratio <= target) == (better == "smaller") else "missed"
