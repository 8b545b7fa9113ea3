"""A run can say what it was made from."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from hydra.core.hydra_config import HydraConfig

from resgat.run.provenance import checkpoint_paths, code_version, record_run, surroundings

#: What was asked for, what Hydra and the logs say of it, and what a stopped training goes on from.
STAYS = {".hydra", "config.yaml", "environment.json", "train.log", "checkpoints", "csv"}


def left(run: Path) -> set[str]:
    return {path.name for path in run.iterdir()}


def git(folder: Path, *args: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *args], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_checkout_is_known_by_its_commit_and_by_changes_to_it(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "a.py")
    git(tmp_path, "commit", "-q", "-m", "a")
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert code_version(tmp_path) == commit[:12]
    (tmp_path / "a.py").write_text("x = 2\n")
    assert code_version(tmp_path) == f"{commit[:12]}-dirty"


def test_an_installed_package_is_known_by_its_version(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    installed = tmp_path / "lib"
    installed.mkdir()
    assert code_version(installed).startswith("resgat ")


def test_what_an_interrupted_installation_left_stops_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half-1.0.dist-info").mkdir()  # without the file that would name it
    before = surroundings()["packages"]
    monkeypatch.syspath_prepend(tmp_path)
    assert surroundings()["packages"] == before


def test_a_repository_without_a_commit_is_known_by_the_version(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert code_version(tmp_path).startswith("resgat ")


def test_settings_and_environment_are_written_and_old_numbers_removed(tmp_path: Path) -> None:
    run, crops = tmp_path / "run", tmp_path / "crops"
    run.mkdir()
    crops.mkdir()
    (crops / "index.parquet").write_bytes(b"rows")
    for name in ("environment.json", "metrics.json", "scores.parquet", "explanation.png"):
        (run / name).write_text("{}")
    (run / "parts").mkdir()
    best = tmp_path / "best.ckpt"
    best.write_bytes(b"weights")
    config = {"seed": 3, "model": {"heads": [1, 2]}, "ckpt_path": str(best)}
    environment = record_run(run, config, crops)
    assert yaml.safe_load((run / "config.yaml").read_text()) == config
    assert json.loads((run / "environment.json").read_text()) == environment
    assert environment["index_sha256"] == hashlib.sha256(b"rows").hexdigest()
    assert environment["checkpoint_sha256"] == [hashlib.sha256(b"weights").hexdigest()]
    assert (environment["seed"], environment["run_dir"]) == (3, str(run))
    assert "trained_config" not in environment
    # What a stopped explaining goes on from stays.
    assert sorted(path.name for path in run.iterdir()) == [
        "config.yaml", "environment.json", "parts",
    ]  # fmt: skip


def test_nothing_that_a_training_leaves_outlives_the_start_of_another(
    finished: Any, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(finished.folder, tmp_path / "run"))
    (tmp_path / "index.parquet").touch()
    assert left(run) - STAYS != set()
    record_run(run, {"seed": 0}, tmp_path)
    assert left(run) - STAYS == set()


@pytest.mark.parametrize("name", ["predictions.json", "predictions.csv", "overlays/a/face.png"])
def test_nothing_that_a_prediction_leaves_outlives_the_start_of_a_run(
    name: str, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    (run / name).parent.mkdir(parents=True)
    (run / name).touch()
    (run / "environment.json").write_text("{}")
    record_run(run, {"seed": 0}, None)
    assert left(run) == {"config.yaml", "environment.json"}


def test_where_no_run_was_recorded_only_why_it_stopped_is_removed(tmp_path: Path) -> None:
    """The folder may be anybody's: hydra.run.dir=."""
    for name in ("costs.csv", "stopped.json", "overlays/mine.png", "plots/mine.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    record_run(tmp_path, {"seed": 0}, None)
    assert left(tmp_path) == {"config.yaml", "costs.csv", "environment.json", "overlays", "plots"}
    assert (tmp_path / "overlays" / "mine.png").exists()


def test_a_command_line_that_is_no_text_can_be_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["src/predict.py", "input=['caf\udce9.png']"])
    record_run(tmp_path, {"seed": 0, "input": ["caf\udce9.png"]}, None)
    noted = json.loads((tmp_path / "environment.json").read_text("utf-8"))
    assert noted["command"] == ["src/predict.py", r"input=['caf\udce9.png']"]
    assert yaml.safe_load((tmp_path / "config.yaml").read_text("utf-8"))["seed"] == 0


def test_a_run_of_a_single_picture_is_of_no_crops(tmp_path: Path) -> None:
    assert record_run(tmp_path, {"seed": 0}, None)["index_sha256"] is None


def test_what_a_checkpoint_was_trained_with_is_noted(tmp_path: Path) -> None:
    (tmp_path / "index.parquet").touch()
    trained = {"model": {"dim": 4}}
    beside = {"callbacks": {"ema": {"decay": 0.9}}, "index_sha256": "a" * 64}
    facts = {"schema": 1, "config": trained, "reference": object(), **beside}
    noted = record_run(tmp_path, {"seed": 0}, tmp_path, facts)
    assert (noted["trained_config"], noted["trained_facts"]) == (trained, beside)
    older = record_run(tmp_path, {"seed": 0}, tmp_path, {"config": trained, "callbacks": {}})
    assert older["trained_config"] == trained
    assert "trained_facts" not in older


def test_a_run_names_its_command_though_a_launcher_s_worker_started_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index.parquet").touch()
    monkeypatch.setattr(sys, "argv", ["/somewhere/_submit.py"])
    monkeypatch.setattr(HydraConfig, "initialized", lambda: False)
    assert record_run(tmp_path, {"seed": 0}, tmp_path)["task"] == "_submit"
    job = SimpleNamespace(job=SimpleNamespace(name="train"))
    monkeypatch.setattr(HydraConfig, "initialized", lambda: True)
    monkeypatch.setattr(HydraConfig, "get", lambda: job)
    assert record_run(tmp_path, {"seed": 0}, tmp_path)["task"] == "train"


@pytest.mark.parametrize(
    ("config", "paths"),
    [
        ({}, []),
        ({"ckpt_path": None}, []),
        ({"ckpt_path": "a"}, ["a"]),
        ({"ckpt_path": ["a", "b"]}, ["a", "b"]),
    ],
)
def test_the_checkpoints_that_a_run_starts_from(config: dict[str, Any], paths: list[str]) -> None:
    assert checkpoint_paths(config) == paths


def test_the_surroundings_are_the_same_a_moment_later() -> None:
    assert surroundings() == surroundings()
