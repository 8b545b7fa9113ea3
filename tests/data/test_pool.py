import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from resgat.data.cropping import CropSpec
from resgat.data.cutter import Cutter, Task
from resgat.data.detector import Face
from resgat.data.journal import Journal
from resgat.data.pool import run_tasks
from resgat.data.videos import VideoRecord
from resgat.errors import StorageError
from tests.data.detectors import TroubleDetector

SPEC = CropSpec(16, 1.5, {"name": "fixed"}, frames_per_video=2)
COLOURS = {"grey": (90, 90, 90), "red": (220, 0, 0), "blue": (0, 0, 220)}


@pytest.fixture
def make_task(
    make_record: Callable[..., VideoRecord], make_video: Callable[..., Path]
) -> Callable[..., Task]:
    """Make a task of one video of one colour, with more frames for a larger file."""

    def make(name: str, colour: str = "grey", num_frames: int = 3) -> Task:
        frame = np.full((48, 64, 3), COLOURS[colour], np.uint8)
        path = make_video(f"raw/{name}.mp4", [frame] * num_frames)
        return Task((make_record(name, path=path),))

    return make


@pytest.fixture
def cutter(tmp_path: Path) -> Cutter:
    """Dies of red frames and hangs at blue ones."""
    return Cutter(tmp_path / "crops", SPEC, TroubleDetector((Face((20, 10, 40, 34)),)))


def done(tmp_path: Path, tasks: list[Task]) -> list[str]:
    records = [record for task in tasks for record in task.members]
    journal = Journal(tmp_path / "crops", SPEC.hash)
    return [record.name for record in records if journal.is_done(record.video_id)]


def test_without_workers_the_largest_come_first_in_this_process(
    make_task: Callable[..., Task], cutter: Cutter, tmp_path: Path
) -> None:
    tasks = [make_task("small"), make_task("large", num_frames=40), make_task("middle", "grey", 9)]
    over = [task.members[0].name for task, _ in run_tasks(cutter, tasks, 0, 60)]
    assert over == ["large", "middle", "small"]
    assert done(tmp_path, tasks) == ["small", "large", "middle"]


def test_no_tasks_need_no_worker(cutter: Cutter) -> None:
    assert list(run_tasks(cutter, [], 2, 60)) == []


def test_a_video_that_crashes_and_one_that_hangs_take_no_other_with_them(
    make_task: Callable[..., Task], cutter: Cutter, tmp_path: Path
) -> None:
    bad = [make_task("crash", "red"), make_task("hang", "blue")]
    tasks = [*bad, *(make_task(f"good{idx}") for idx in range(12))]
    troubles = {task.members[0].name: trouble for task, trouble in run_tasks(cutter, tasks, 2, 1.0)}
    assert len(troubles) == 14
    assert (troubles.pop("crash") or "").startswith("the worker process died on it")
    assert (troubles.pop("hang") or "").startswith("took longer than 1 s; raise timeout_s")
    assert set(troubles.values()) == {None}
    assert set(done(tmp_path, tasks)) == troubles.keys()  # yielded as they end


def test_a_full_disk_ends_the_run(
    make_task: Callable[..., Task], cutter: Cutter, tmp_path: Path
) -> None:
    """A full disk is no fault of a video."""
    (tmp_path / "crops").write_text("a file in place of the folder")
    with pytest.raises(StorageError, match="cannot write the crops of toy/original/c0/a"):
        list(run_tasks(cutter, [make_task("a")], 1, 60))


ORPHANS = """
import os, time
from pathlib import Path
from resgat.data.cutter import Task
from resgat.data.videos import VideoRecord
from resgat.data.pool import run_tasks

class Hanging:
    def run(self, task):
        print(os.getpid(), flush=True)
        time.sleep(600)

if __name__ == "__main__":
    path, texts = Path("absent.mp4"), ["toy"] * 8
    video = VideoRecord(path, 0, *texts, None)
    list(run_tasks(Hanging(), [Task((video,))] * 2, 2, 600))
"""


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    """Each holds the pipe open, which therefore ends when the last of them has."""
    script = tmp_path / "orphans.py"
    script.write_text(ORPHANS)
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        workers = {int(parent.stdout.readline()) for _ in range(2)}
        assert len(workers - {parent.pid}) == 2
        os.kill(parent.pid, signal.SIGKILL)
        rest, _ = parent.communicate(timeout=60)
    assert rest == ""
    assert parent.returncode == -signal.SIGKILL
