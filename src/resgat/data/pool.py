"""Tasks over worker processes, where one task that crashes or hangs takes no other with it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import islice
from multiprocessing import (
    connection,
    get_all_start_methods,
    get_context,
    get_start_method,
    parent_process,
    set_start_method,
)

import cv2
from pebble import ProcessExpired, ProcessPool

from resgat.data.cutter import Cutter, Task
from resgat.data.inputs import source_bytes

#: Tasks handed out ahead of the workers, for each of them.
_AHEAD = 4


class _Worker:
    cutter: Cutter


def run_tasks(
    cutter: Cutter, tasks: Sequence[Task], num_workers: int, timeout_s: float
) -> Iterator[tuple[Task, str | None]]:
    """Run tasks and yield each when it is over, with what went wrong, or None.

    The largest tasks come first, so that no worker sits over a long one while others have none.

    Args:
        cutter: Pickled once for each worker.
        tasks: What to cut.
        num_workers: Processes; 0 works in this one, where nothing guards against a crash.
        timeout_s: Seconds that one video may take.
    """
    tasks = sorted(tasks, key=lambda task: -sum(map(source_bytes, task.members)))
    if num_workers == 0:
        cv2.setNumThreads(1)
        for task in tasks:
            cutter.run(task)
            yield task, None
        return
    _unlearn_loky()
    pool = ProcessPool(
        max_workers=min(num_workers, max(len(tasks), 1)),
        context=get_context("spawn"),  # a fork would copy OpenCV's locks in whatever state
        initializer=_start_worker,
        initargs=(cutter,),
    )
    try:
        yield from _over(pool, tasks, num_workers * _AHEAD, timeout_s)
        pool.close()  # type: ignore[no-untyped-call]
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def _unlearn_loky() -> None:
    """Make spawning possible in a worker of joblib, such as a shard under Hydra's joblib launcher.

    joblib names its own start method there, which a spawned process is told of and does not know.
    """
    if get_start_method(allow_none=True) not in (None, *get_all_start_methods()):
        set_start_method("spawn", force=True)


def _over(
    pool: ProcessPool, tasks: Sequence[Task], window: int, timeout_s: float
) -> Iterator[tuple[Task, str | None]]:
    waiting = iter(tasks)
    running: dict[Future[None], Task] = {}
    while True:
        for task in islice(waiting, window - len(running)):
            seconds = timeout_s * len(task.members)
            running[pool.schedule(_work, args=[task], timeout=seconds)] = task
        if not running:
            return
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            yield running.pop(future), _trouble(future, timeout_s)


def _trouble(future: Future[None], timeout_s: float) -> str | None:
    try:
        future.result()
    except TimeoutError:
        return f"took longer than {timeout_s:g} s; raise timeout_s, or re-encode the video"
    except ProcessExpired:
        return "the worker process died on it (a video that crashes the decoder, or out of memory)"
    return None


def _start_worker(cutter: Cutter) -> None:
    """Set up a worker process; an interrupt is its parent's to handle."""
    _Worker.cutter = cutter
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    """A parent that is killed cannot stop its workers, and nobody would wait for their work."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _work(task: Task) -> None:
    _Worker.cutter.run(task)
