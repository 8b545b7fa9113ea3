"""Pairs are measured in turn; their ratios are summed up with an interval."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.paired import Measurement, Sides, paired_ratios, summarise, verdict

ratio = st.floats(0.1, 10)


class Stopwatch:
    """A clock that moves only while work is done."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.log: list[str] = []

    def __call__(self) -> float:
        return self.now_s

    def work(self, name: str, durations_s: Iterator[float]) -> Callable[[], None]:
        def run() -> None:
            self.log.append(name)
            self.now_s += next(durations_s)

        return run


def sides(clock: Stopwatch, ours: list[float], control: list[float]) -> Sides:
    return Sides(clock.work("ours", iter(ours)), clock.work("control", iter(control)))


def test_sides_alternate_and_the_first_run_of_each_is_not_measured() -> None:
    clock = Stopwatch()
    work = sides(clock, [99.0, 3.0, 4.0], [77.0, 2.0, 5.0])
    assert list(paired_ratios(work, "smaller", 2, clock)) == pytest.approx([1.5, 0.8])
    assert clock.log == ["ours", "control"] * 3


def test_where_larger_is_better_the_ratio_is_that_of_speeds() -> None:
    clock = Stopwatch()
    work = sides(clock, [1.0, 4.0], [1.0, 1.0])
    assert list(paired_ratios(work, "larger", 1, clock)) == pytest.approx([0.25])


def test_a_slowdown_of_the_whole_machine_cancels() -> None:
    clock = Stopwatch()
    work = sides(clock, [1.0, 1.1, 11.0], [1.0, 1.0, 10.0])
    assert list(paired_ratios(work, "smaller", 2, clock)) == pytest.approx([1.1, 1.1])


def test_equal_ratios_leave_no_doubt() -> None:
    assert summarise([1.25] * 4) == Measurement(1.25, 1.25, 1.25, 4)


@given(st.lists(ratio, min_size=1, max_size=20))
def test_the_interval_holds_the_median_and_lies_within_the_ratios(ratios: list[float]) -> None:
    measured = summarise(ratios)
    assert measured.ratio == np.median(ratios)
    assert min(ratios) <= measured.low <= measured.ratio <= measured.high <= max(ratios)
    assert measured == summarise(ratios)


def test_the_interval_covers_the_true_median_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    intervals = [summarise(list(rng.normal(1.0, 0.1, 25)), seed) for seed in range(200)]
    covered = np.mean([m.low <= 1.0 <= m.high for m in intervals])
    assert 0.90 <= covered <= 0.99


@pytest.mark.parametrize(
    ("measured", "better", "target", "expected"),
    [
        (Measurement(1.04, 1.02, 1.07, 9), "smaller", 1.10, "met"),
        (Measurement(1.20, 1.15, 1.25, 9), "smaller", 1.10, "missed"),
        (Measurement(1.09, 1.05, 1.12, 9), "smaller", 1.10, "unclear"),
        (Measurement(0.90, 0.85, 0.95, 9), "larger", 0.80, "met"),
        (Measurement(0.70, 0.65, 0.75, 9), "larger", 0.80, "missed"),
        (Measurement(1.10, 1.10, 1.10, 1), "smaller", 1.10, "met"),
        (Measurement(1.04, 1.02, 1.07, 9), "smaller", None, ""),
    ],
)
def test_a_target_is_judged_by_the_interval(
    measured: Measurement, better: str, target: float | None, expected: str
) -> None:
    assert verdict(measured, better, target) == expected  # type: ignore[arg-type]
