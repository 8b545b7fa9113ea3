"""The command refuses what it cannot do before it measures for minutes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import run


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--rounds", "0"), "--rounds: expected at least 1, got 0"),
        (("--only", "train_step"), "train_step_resgatv2_vs_resnet34"),
        (("--out", "."), "--out: . is a folder; give the name of a file in it"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_measured(
    args: tuple[str, ...],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["run.py", *args])
    with pytest.raises(SystemExit, match="2"):
        run.main()
    assert message in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(("load", "warns"), [(0.3, False), (1.5, True)])
def test_a_busy_machine_is_said_to_be_one(
    load: float,
    warns: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    run._warn_if_busy()
    assert ("load 1.5 on 2 cores" in capsys.readouterr().err) is warns


def test_seconds_of_the_processors_pass_with_work_here_and_in_what_was_waited_for() -> None:
    begun = run.cpu_s()
    spend = "import time\nwhile time.process_time() < 0.3: pass"
    subprocess.run([sys.executable, "-c", spend], check=True)
    assert 0.2 < run.cpu_s() - begun < 30


@pytest.mark.slow
def test_one_pair_is_measured_printed_and_written(repo: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "bench.json"
    script = repo / "benchmarks" / "run.py"
    args = ["--only", "loader_train_vs_decode", "--rounds", "2", "--out", str(out)]
    finished = subprocess.run(
        [sys.executable, str(script), *args], check=False, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stderr
    assert "loader_train_vs_decode" in finished.stdout
    measured = json.loads(out.read_text())
    assert list(measured) == ["loader_train_vs_decode"]
    assert measured["loader_train_vs_decode"]["n"] == 2
    assert 0 < measured["loader_train_vs_decode"]["ratio"] < 1
    assert set(out.parent.iterdir()) == {out, out.with_name("history.jsonl")}
