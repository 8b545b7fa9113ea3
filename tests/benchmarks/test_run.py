"""The command refuses what it cannot do before it measures for minutes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


def run(repo: Path, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(repo / "benchmarks" / "run.py"), *args]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--rounds", "0"), "--rounds: expected at least 1, got 0"),
        (("--only", "train_step"), "train_step_resgatv2_vs_resnet34"),
        (("--out", "."), "is a folder; give the name of a file in it"),
    ],
)
def test_a_mistake_is_named_in_one_line(repo: Path, args: tuple[str, ...], message: str) -> None:
    finished = run(repo, *args)
    assert finished.returncode == 2
    assert message in finished.stderr.splitlines()[-1]


@pytest.mark.slow
def test_one_pair_is_measured_printed_and_written(repo: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "bench.json"
    finished = run(repo, "--only", "loader_train_vs_decode", "--rounds", "2", "--out", str(out))
    assert finished.returncode == 0, finished.stderr
    assert "loader_train_vs_decode" in finished.stdout
    measured = json.loads(out.read_text())
    assert list(measured) == ["loader_train_vs_decode"]
    assert measured["loader_train_vs_decode"]["n"] == 2
    assert 0 < measured["loader_train_vs_decode"]["ratio"] < 1
    assert list(out.parent.iterdir()) == [out]
