"""Killed at any moment, preprocessing goes on where it was and ends with the very same files."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import pytest

from tests.data.drawn_corpus import contents, draw_ffpp

REPO = Path(__file__).resolve().parents[2]
NUM_SHARDS = 4
#: Far more than any run here takes; a run that is still there then hangs.
LIMIT_S = 120

Process = subprocess.Popen[str]
Contents = dict[str, bytes | None]


@dataclass
class Bench:
    """A corpus, what an undisturbed run makes of it, and how long that takes.

    Attributes:
        started: Processes whose end has not been seen yet.
    """

    raw: Path
    crops: Path
    expected: Contents = field(default_factory=dict)
    whole_s: float = 0.0
    started: list[Process] = field(default_factory=list)

    def start(self, shard: int | None = None, count: int = 1) -> Process:
        """Start a run in a process group of its own."""
        index = "" if shard is None else str(shard)
        driver = [sys.executable, "-m", "tests.data.drive_preprocess"]
        process = subprocess.Popen(
            [*driver, str(self.raw), str(self.crops), index, str(count)],
            cwd=REPO,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def finish(self, process: Process) -> None:
        """Wait until a run has done its work."""
        output, _ = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 0, output

    def run(self, shard: int | None = None, count: int = 1) -> float:
        """Let a run do its work, and return the seconds that it took."""
        begun = time.perf_counter()
        self.finish(self.start(shard, count))
        return time.perf_counter() - begun

    def check(self) -> None:
        """Compare the crops folder with that of the undisturbed run; no process may be left."""
        assert_same(contents(self.crops), self.expected)
        # Workers hold their run's standard output: its end is the end of the last of them.
        for process in self.started:
            if process.stdout and not process.stdout.closed:
                process.communicate(timeout=LIMIT_S)
        self.started.clear()

    @property
    def has_index(self) -> bool:
        return (self.crops / "manifest.json").exists()

    @property
    def num_noted(self) -> int:
        """Lines of the journal."""
        journals = (self.crops / "journal").glob("*.jsonl")
        return sum(path.read_bytes().count(b"\n") for path in journals)


def assert_same(found: Contents, expected: Contents) -> None:
    """Name what differs, for the bytes of images say nothing."""
    names = found.keys() | expected.keys()
    assert {name for name in names if found.get(name, 0) != expected.get(name, 0)} == set()


@pytest.fixture(scope="module")
def make_bench(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Bench]:
    """Draw a corpus of some pairs, one video of it broken, and run once without disturbance."""

    @cache
    def undisturbed(num_pairs: int) -> Bench:
        folder = tmp_path_factory.mktemp("kills")
        bench = Bench(draw_ffpp(folder / "raw", num_pairs, num_frames=16), folder / "undisturbed")
        broken = bench.raw / "manipulated_sequences/Deepfakes/c23/videos/054_071.mp4"
        broken.write_bytes(broken.read_bytes()[:1000])
        bench.whole_s = bench.run()
        bench.expected = contents(bench.crops)
        bench.check()
        assert sum(name.endswith("_0.png") for name in bench.expected) >= 16 * num_pairs
        assert (bench.crops / "failures.csv").read_text().count("Deepfakes/c23/054_071,") == 1
        return bench

    def make(num_pairs: int) -> Bench:
        return replace(undisturbed(num_pairs), crops=tmp_path_factory.mktemp("crops") / "crops")

    return make


@pytest.mark.parametrize(
    ("num_pairs", "num_kills"), [(3, 4), pytest.param(6, 50, marks=pytest.mark.slow)]
)
def test_a_run_killed_at_random_moments_ends_as_if_it_had_not_been(
    make_bench: Callable[[int], Bench], num_pairs: int, num_kills: int
) -> None:
    bench = make_bench(num_pairs)
    rng = random.Random(0)
    noted = unfinished = at_work = 0
    for number in range(num_kills):
        while not _killed(bench, rng, whole_group=number % 2 == 0):
            bench.check()
            shutil.rmtree(bench.crops)
            noted = 0
        unfinished += not bench.has_index
        at_work += bench.num_noted > noted
        noted = bench.num_noted
    bench.run()
    bench.check()
    assert unfinished >= num_kills / 2
    assert at_work >= num_kills / 4


@pytest.mark.parametrize(
    ("num_pairs", "num_kills", "count"), [(3, 1, 2), pytest.param(6, 24, 4, marks=pytest.mark.slow)]
)
def test_shards_in_any_order_killed_or_not_merge_to_the_same(
    make_bench: Callable[[int], Bench], num_pairs: int, num_kills: int, count: int
) -> None:
    bench = make_bench(num_pairs)
    rng = random.Random(1)
    shards = list(range(count))
    for number in range(num_kills):
        _killed(bench, rng, rng.choice(shards), count, whole_group=number % 2 == 0)
    rng.shuffle(shards)
    for process in [bench.start(shard, count) for shard in shards]:
        bench.finish(process)
    assert not bench.has_index
    for _ in range(2):
        bench.run(count=count)
        bench.check()


def _killed(
    bench: Bench,
    rng: random.Random,
    shard: int | None = None,
    count: int = 1,
    *,
    whole_group: bool,
) -> bool:
    """Start a run and kill it at a random moment; tell whether it was still there to be killed.

    The moment lies anywhere in a run, or behind the first line that it notes: on a busy machine
    most of a run is its start. Where the parent alone is killed, the next run begins while its
    workers may still be dying.
    """
    noted, is_at_work = bench.num_noted, rng.random() < 0.5
    process = bench.start(shard, count)
    while is_at_work and bench.num_noted == noted and not _has_ended(process, 0.01):
        pass
    wait_s = rng.uniform(0, 0.2) if is_at_work else rng.uniform(0.1, 1)
    if _has_ended(process, wait_s * bench.whole_s):
        bench.finish(process)
        return False
    if whole_group:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return process.returncode == -signal.SIGKILL


def _has_ended(process: Process, timeout_s: float) -> bool:
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return False
    return True
