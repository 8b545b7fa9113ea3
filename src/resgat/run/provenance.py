"""What a run was made from: resolved configuration, code version, data, seed, environment."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, distributions, version
from pathlib import Path
from typing import Any

import torch
import yaml
from hydra.core.hydra_config import HydraConfig

from resgat.data.folder import Folder
from resgat.data.manifest import MANIFEST_NAME
from resgat.data.naming import as_text
from resgat.data.schema import INDEX_NAME
from resgat.export.release import weights_file
from resgat.files import file_sha256, write_json, write_text
from resgat.run.stopped import STOPPED_NAME

_ROOT = Path(__file__).resolve().parents[3]
#: What a number may depend on; those of extras are named where they are installed.
_PACKAGES = {
    "resgat",
    *("torch", "torchvision", "pytorch-lightning", "torch-geometric", "timm", "captum"),
    *("numpy", "scipy", "albumentations", "opencv-python-headless", "opencv-python", "av"),
    "wandb",
}

#: All that a run leaves of which a page, a table or a later command reads its results; what a
#: stopped run goes on from is not among them.
_RESULT_FILES = (
    "metrics.json",
    "report.html",
    "predictions.parquet",
    "video_predictions.parquet",
    "history.csv",
    "diverged.json",
    "robustness.csv",
    "robustness_areas.csv",
    *("scores.parquet", "summary.csv", "summary_all.csv", "pairwise.csv", "costs.csv"),
    *("coverage.json", "confusion.json", "sanity.csv", "explanation.png", "explanation.json"),
    *("predictions.json", "predictions.csv"),
)
_RESULT_FOLDERS = ("plots", "gallery", "overlays")

#: What a training is told from others by, beside its settings.
TRAINED_FACTS = ("callbacks", "index_sha256")


def record_run(
    run_dir: Path,
    config: dict[str, Any],
    crops_dir: Folder | None,
    trained: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Write ``config.yaml`` and ``environment.json``, and return what the latter holds.

    Results that an earlier run left in the folder are removed: they do not belong to this one.
    Where none was recorded, what is called like them is somebody else's.

    Args:
        run_dir: Of the run.
        config: That it was given.
        crops_dir: What it works on; None of a run that is given a single picture.
        trained: Facts of the checkpoint that it judges; which of them are noted, so that whoever
            compares runs need not open it, :data:`TRAINED_FACTS` says.
    """
    _remove_results(run_dir)
    write_text(run_dir / "config.yaml", yaml.safe_dump(config, sort_keys=False))
    environment = {
        "task": task_name(),
        "command": [as_text(word) for word in sys.argv],
        "run_dir": str(run_dir),
        "index_sha256": None if crops_dir is None else index_sha256(crops_dir),
        "checkpoint_sha256": [
            file_sha256(weights_file(Path(path))) for path in checkpoint_paths(config)
        ],
        "seed": config["seed"],
        **({} if trained is None else _training(trained)),
        **surroundings(),
    }
    write_json(run_dir / "environment.json", environment)
    return environment


def _remove_results(run_dir: Path) -> None:
    (run_dir / STOPPED_NAME).unlink(missing_ok=True)  # a job may fail before it is recorded
    if not (run_dir / "environment.json").is_file():
        return
    for name in _RESULT_FILES:
        (run_dir / name).unlink(missing_ok=True)
    for name in _RESULT_FOLDERS:
        shutil.rmtree(run_dir / name, ignore_errors=True)


def _training(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is noted of a checkpoint's training; those of older versions knew less of it."""
    noted = {"trained_config": dict(facts["config"])}
    if all(key in facts for key in TRAINED_FACTS):
        noted["trained_facts"] = {key: facts[key] for key in TRAINED_FACTS}
    return noted


def surroundings() -> dict[str, Any]:
    """Return what else than settings and data a number may depend on."""
    return {
        "code": code_version(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "threads": torch.get_num_threads(),  # decide the order in which a sum is taken
        "gpus": [torch.cuda.get_device_name(idx) for idx in range(torch.cuda.device_count())],
        "packages": {
            name: found.version
            for name, found in sorted(_installed(), key=lambda pair: pair[0])
            if name in _PACKAGES
        },
    }


def _installed() -> Iterator[tuple[str, Distribution]]:
    """Yield what is installed by its name; what an interrupted installation left has none."""
    for found in distributions():
        name: str | None = found.metadata["Name"]
        if name is not None:
            yield name.lower(), found


def task_name() -> str:
    """Name the command; a launcher's worker was started by another one."""
    script = Path(sys.argv[0]).stem
    return str(HydraConfig.get().job.name) if HydraConfig.initialized() else script


def checkpoint_paths(config: Mapping[str, Any]) -> list[str]:
    """Return the checkpoints that a run starts from: none, one, or several seeds'."""
    paths = config.get("ckpt_path") or []
    return [paths] if isinstance(paths, str) else list(paths)


def index_sha256(crops_dir: Folder) -> str:
    """Return what the index of a crops folder is told from others by."""
    return file_sha256(crops_dir / INDEX_NAME)


def manifest_of(crops_dir: Folder) -> Path | None:
    """Return the manifest of crops on this machine, if there is one."""
    path = crops_dir / MANIFEST_NAME
    return path if isinstance(path, Path) and path.is_file() else None


def code_version(root: Path = _ROOT) -> str:
    """Return the checkout's commit, marked if files differ from it, or the package's version.

    Args:
        root: Where the checkout is, if the package lies in one.
    """
    release = f"resgat {version('resgat')}"
    if not (root / ".git").exists():  # git would describe whatever repository lies around it
        return release
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return release
    return done.stdout.strip()
