"""Sweeps whose processes are killed: nothing is lost, and everything is recorded."""

import csv
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from resgat.run.stopped import read_stop

pytestmark = pytest.mark.slow  # each process imports everything

LIMIT_S = 900
TWO = ["strategy=ddp", "trainer.devices=2"]
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(repo: Path, data_home: Path, tmp_path: Path) -> Iterator[Start]:
    """Start a training whose words go to ``words.txt``; what is left of it ends with the test."""
    begun: list[subprocess.Popen[bytes]] = []

    def run(*said: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(repo / "src" / "train.py"), *said]
        with (tmp_path / "words.txt").open("ab") as words:
            begun.append(
                subprocess.Popen(
                    command,
                    env={**os.environ, "RESGAT_DATA": str(data_home)},
                    stdout=words,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )
        return begun[-1]

    yield run
    for process in begun:
        for pid in session_of(process.pid):
            os.kill(pid, signal.SIGKILL)


def session_of(leader: int) -> list[int]:
    """Return the processes that a command has started, itself among them."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[3]) == leader and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def kill(leader: int, *words: str) -> bool:
    """Kill the process of a session whose command line has certain words, if it is still there."""
    for pid in session_of(leader):
        try:
            line = Path(f"/proc/{pid}/cmdline").read_text()
            if all(word in line for word in words):
                os.kill(pid, signal.SIGKILL)
                return True
        except (FileNotFoundError, ProcessLookupError):
            continue
    return False


def test_a_search_under_fire_ends_with_all_its_trials(
    start: Start, wait_for: Callable[..., None], tiny: list[str], tmp_path: Path
) -> None:
    sweep_dir, draw = tmp_path / "sweep", random.Random(7)
    said = ["-m", *tiny, "hparams_search=optuna", "callbacks=default", "trainer.max_epochs=4"]
    said += ["hydra.sweeper.n_trials=12", f"hydra.sweep.dir={sweep_dir}"]
    shot = sorted(draw.sample(range(12), 6))
    targets = {number: draw.choice(("job", "sweeper", "both")) for number in shot}
    assert set(targets.values()) == {"job", "sweeper", "both"}
    sweep, killed = start(*said), []
    for number, target in targets.items():
        last = sweep_dir / str(number) / "checkpoints" / "last.ckpt"
        wait_for(last.is_file, sweep, LIMIT_S)
        if target != "job":
            leader = sweep.pid
            sweep.kill()
            sweep.wait(LIMIT_S)
            while target == "both" and kill(leader):
                pass
            sweep = start(*said)  # beside the job of the old one, if that still lives
        elif kill(sweep.pid, f"hydra.run.dir='{sweep_dir / str(number)}'"):
            killed.append(number)
    assert sweep.wait(LIMIT_S) == 0, (tmp_path / "words.txt").read_text()
    with (sweep_dir / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["trial"]) for row in rows] == list(range(12))
    assert [int(row["trial"]) for row in rows if row["state"] == "fail"] == killed
    assert [row["state"] for row in rows].count("complete") == 12 - len(killed)
    assert killed
    for number in killed:
        stop = read_stop(sweep_dir / str(number))
        assert stop is not None
        assert "was ended by SIGKILL" in stop.reason
        assert stop.reason == rows[number]["reason"]
    path = sweep_dir / "study.db"
    with sqlite3.connect(path) as storage:
        assert storage.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    study = optuna.load_study(study_name="resgat", storage=f"sqlite:///{path}")
    assert {one.state for one in study.trials} == {TrialState.COMPLETE, TrialState.FAIL}
    assert len(study.trials) == 12


def test_a_run_whose_second_process_is_killed_says_so_and_goes_on(
    start: Start, wait_for: Callable[..., None], tiny: list[str], tmp_path: Path
) -> None:
    sweep_dir, whole = tmp_path / "sweep", tmp_path / "whole"
    said = [*tiny, *TWO, "trainer.max_epochs=6"]
    swept = ["-m", *said, "seed=1,2", f"hydra.sweep.dir={sweep_dir}"]
    sweep = start(*swept)
    wait_for((sweep_dir / "0" / "checkpoints" / "last.ckpt").is_file, sweep, LIMIT_S)
    assert kill(sweep.pid, "hydra.job.name=train_ddp_process_1")
    assert sweep.wait(LIMIT_S) == 1
    assert session_of(sweep.pid) == []
    stop = read_stop(sweep_dir / "0")
    assert stop is not None
    words = (tmp_path / "words.txt").read_text()
    # Whichever comes first: its connections close, or Lightning looks after it.
    named = "rank 1 of 2 was ended by SIGKILL|terminated with code -9"
    assert re.search(named, words)
    assert re.search(r"was ended by SIGKILL", stop.reason)
    assert not (sweep_dir / "0" / "metrics.json").exists()
    second = sweep_dir / "1" / "metrics.json"
    before = second.stat().st_mtime_ns
    assert start(*swept).wait(LIMIT_S) == 0, (tmp_path / "words.txt").read_text()
    assert second.stat().st_mtime_ns == before
    assert start(*said, "seed=1", f"hydra.run.dir={whole}").wait(LIMIT_S) == 0
    resumed, unbroken = (
        json.loads((run / "metrics.json").read_text()) for run in (sweep_dir / "0", whole)
    )
    assert resumed == unbroken
