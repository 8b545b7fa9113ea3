"""The tasks of preprocessing over worker processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resgat.data.cutter import Cutter, Task
from resgat.data.inputs import source_bytes
from resgat.data.workers import run_over


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
    largest = sorted(tasks, key=lambda task: -sum(map(source_bytes, task.members)))
    workers = min(num_workers, max(len(tasks), 1))
    for over in run_over(cutter.run, largest, workers, lambda task: timeout_s * len(task.members)):
        yield over.item, over.trouble
