"""Importable work, for worker processes; crashes and hangs of tasks are in test_pool.py."""

import os
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from resgat.data.workers import results_of, run_over, usable_cores


def double(number: int) -> int:
    if number == 13:
        os._exit(1)
    if number == 14:
        time.sleep(600)
    if number == 15:
        raise ValueError(number)
    return 2 * number


def test_in_this_process_items_come_in_their_order() -> None:
    done = list(run_over(double, [3, 1, 2], 0, lambda _: 1.0))
    assert [tuple(over) for over in done] == [(3, 6, None), (1, 2, None), (2, 4, None)]


def test_results_come_back_and_trouble_takes_no_other_with_it() -> None:
    done = {over.item: over for over in run_over(double, [1, 13, 2, 14, 3], 2, lambda _: 2.0)}
    assert {item: over.result for item, over in done.items()} == {
        1: 2,
        2: 4,
        3: 6,
        13: None,
        14: None,
    }
    assert str(done[13].trouble).startswith("the worker process died on it")
    assert str(done[14].trouble).startswith("took longer than 2 s; raise timeout_s")


def test_each_item_has_its_own_time() -> None:
    (over,) = run_over(double, [14], 1, lambda number: number / 10)
    assert str(over.trouble).startswith("took longer than 1.4 s")


@pytest.mark.parametrize("num_workers", [0, 1])
def test_what_the_work_raises_ends_the_run(num_workers: int) -> None:
    with pytest.raises(ValueError, match="15"):
        list(run_over(double, [1, 15], num_workers, lambda _: 5.0))


def test_results_come_in_the_order_of_their_items() -> None:
    assert list(results_of(double, range(5), 2, chunk_size=2)) == [0, 2, 4, 6, 8]


def test_nothing_is_left_out_where_work_goes_wrong() -> None:
    with pytest.raises(ValueError, match="15"):
        list(results_of(double, [1, 15, 2], 1, chunk_size=1))
    with pytest.raises(BrokenProcessPool):
        list(results_of(double, [1, 13, 2], 1, chunk_size=1))


def linger(number: int) -> int:
    """Say that a worker is at work, and stay so."""
    sys.stdout.write("up\n")
    sys.stdout.flush()
    return double(number)


_LINGERING = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_workers import linger
from resgat.data.workers import results_of, run_over
if sys.argv[1] == "results_of":
    list(results_of(linger, [14, 14], 2, chunk_size=1))
else:
    list(run_over(linger, [14, 14], 2, lambda _: 900.0))
"""


@pytest.mark.parametrize("how", ["results_of", "run_over"])
def test_workers_end_with_a_parent_that_is_killed(how: str) -> None:
    command = [sys.executable, "-c", _LINGERING, how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        assert [parent.stdout.readline() for _ in range(2)] == ["up\n"] * 2
        parent.kill()
        # Workers have the same stdout: it ends when the last of them does.
        assert parent.communicate(timeout=60)[0] == ""


def test_there_is_a_core() -> None:
    assert usable_cores() >= 1
