"""Work over worker processes, which end with the process that started them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import islice
from multiprocessing import (
    connection,
    get_all_start_methods,
    get_context,
    get_start_method,
    parent_process,
    set_start_method,
)
from typing import Any, Generic, NamedTuple, TypeVar

import cv2
from pebble import ProcessExpired, ProcessPool

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Items handed out ahead of the workers, for each of them.
_AHEAD = 4


class Over(NamedTuple, Generic[Item, Result]):
    """An item that is over.

    Attributes:
        item: The item.
        result: What the work made of it; None where it went wrong.
        trouble: What went wrong, or None.
    """

    item: Item
    result: Result | None
    trouble: str | None


class _Worker:
    work: Callable[[Any], Any]


def run_over(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    num_workers: int,
    timeout_s: Callable[[Item], float],
) -> Iterator[Over[Item, Result]]:
    """Do the work on every item and yield each when it is over.

    One item that crashes or hangs takes no other with it.

    Args:
        work: Pickled once for each worker. What it raises ends the run.
        items: Handed out in their order.
        num_workers: Processes; 0 works in this one, where nothing guards against a crash.
        timeout_s: Seconds that an item may take.
    """
    if num_workers == 0:
        cv2.setNumThreads(1)
        for item in items:
            yield Over(item, work(item), None)
        return
    _unlearn_loky()
    pool = ProcessPool(
        max_workers=num_workers,
        context=get_context("spawn"),  # a fork would copy OpenCV's locks in whatever state
        initializer=_start_worker,
        initargs=(work,),
    )
    try:
        yield from _over(pool, iter(items), num_workers * _AHEAD, timeout_s)
        pool.close()  # type: ignore[no-untyped-call]
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def results_of(
    work: Callable[[Item], Result], items: Iterable[Item], num_workers: int, chunk_size: int
) -> Iterator[Result]:
    """Do the work on every item and yield the results in the order of the items.

    For work that can be trusted: what it raises ends the run, and so does the death of a worker.

    Args:
        work: Pickled for each chunk.
        items: All of them are handed out at once.
        num_workers: Processes.
        chunk_size: Items handed over at a time.
    """
    _unlearn_loky()
    spawn = get_context("spawn")
    with ProcessPoolExecutor(num_workers, spawn, initializer=_end_with_parent) as pool:
        yield from pool.map(work, items, chunksize=chunk_size)


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _unlearn_loky() -> None:
    """Make spawning possible in a worker of joblib, such as a shard under Hydra's joblib launcher.

    joblib names its own start method there, which a spawned process is told of and does not know.
    """
    if get_start_method(allow_none=True) not in (None, *get_all_start_methods()):
        set_start_method("spawn", force=True)


def _over(
    pool: ProcessPool, waiting: Iterator[Item], window: int, timeout_s: Callable[[Item], float]
) -> Iterator[Over[Item, Any]]:
    running: dict[Future[Any], tuple[Item, float]] = {}
    while True:
        for item in islice(waiting, window - len(running)):
            seconds = timeout_s(item)
            running[pool.schedule(_work, args=[item], timeout=seconds)] = item, seconds
        if not running:
            return
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            yield _outcome(future, *running.pop(future))


def _outcome(future: Future[Any], item: Item, seconds: float) -> Over[Item, Any]:
    try:
        return Over(item, future.result(), None)
    except TimeoutError:
        trouble = f"took longer than {seconds:g} s; raise timeout_s, or re-encode the video"
    except ProcessExpired:
        trouble = "the worker process died on it (a video that crashes the decoder, or out of "
        trouble += "memory)"
    return Over(item, None, trouble)


def _start_worker(work: Callable[[Any], Any]) -> None:
    _Worker.work = staticmethod(work)
    cv2.setNumThreads(1)
    _end_with_parent()


def _end_with_parent() -> None:
    """Set up a worker process; an interrupt is its parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    """A parent that is killed cannot stop its workers, and nobody would wait for their work."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _work(item: Any) -> Any:
    return _Worker.work(item)
