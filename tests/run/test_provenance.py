"""A run can say what it was made from."""

import hashlib
import json
import subprocess
from pathlib import Path

import yaml

from resgat.run.provenance import code_version, record_run


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


def test_a_repository_without_a_commit_is_known_by_the_version(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert code_version(tmp_path).startswith("resgat ")


def test_settings_and_environment_are_written_and_old_numbers_removed(tmp_path: Path) -> None:
    run, crops = tmp_path / "run", tmp_path / "crops"
    run.mkdir()
    crops.mkdir()
    (crops / "index.parquet").write_bytes(b"rows")
    (run / "metrics.json").write_text("{}")
    config = {"seed": 3, "model": {"heads": [1, 2]}}
    environment = record_run(run, config, crops)
    assert yaml.safe_load((run / "config.yaml").read_text()) == config
    assert json.loads((run / "environment.json").read_text()) == environment
    assert environment["index_sha256"] == hashlib.sha256(b"rows").hexdigest()
    assert environment["seed"] == 3
    assert not (run / "metrics.json").exists()
