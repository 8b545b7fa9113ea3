"""A finished run, read back from its folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import yaml

from resgat.errors import RunFolderError
from resgat.run.nested_csv import Layout, nest

CONFIG_NAME = "config.yaml"
ENVIRONMENT_NAME = "environment.json"

#: Command -> the file of its numbers, which it writes last or nearly so.
RESULTS = {"train": "metrics.json", "eval": "metrics.json", "explain": "summary.csv"}

#: Table -> how it is nested.
_LAYOUTS = {
    "summary.csv": Layout(("model", "track", "metric", "method"), {"mean_ci": ("low", "high")}),
    "robustness.csv": Layout(
        ("corruption", "pooling", "level"), {"auc_ci": ("auc_low", "auc_high")}
    ),
    "robustness_areas.csv": Layout(
        ("corruption", "pooling"),
        {"area_ci": ("area_low", "area_high"), "drop_ci": ("drop_low", "drop_high")},
    ),
}
#: Tables that an evaluation leaves beside its numbers where it was asked to.
_BESIDE = {"eval": ("robustness.csv", "robustness_areas.csv")}
_SCRIPTS = "src/train.py, src/eval.py or src/explain.py"


@dataclass(frozen=True)
class Recorded:
    """What a run folder says of its run.

    Attributes:
        run_dir: The folder.
        task: The command: train, eval or explain.
        config: The resolved configuration.
        environment: Code, data, packages; an older run recorded less.
        results: The numbers, nested; those of each further table under its name.
    """

    run_dir: Path
    task: str
    config: dict[str, Any]
    environment: dict[str, Any]
    results: dict[str, Any]


def read_recorded(run_dir: Path) -> Recorded:
    """Read a run folder.

    Raises:
        RunFolderError: It is no folder of one finished run of a command that leaves numbers, or a
            file in it is broken.
    """
    _check_folder(run_dir)
    config = read_yaml(run_dir / CONFIG_NAME)
    environment = _load(run_dir / ENVIRONMENT_NAME, _from_json)
    task = _task(environment, run_dir)
    if config.get("mode") == "single":
        msg = (
            f"{run_dir} holds the explanation of one image (mode=single), and no numbers; give a "
            f"run of {_SCRIPTS} with numbers"
        )
        raise RunFolderError(msg)
    path = run_dir / RESULTS[task]
    if not path.is_file():
        _refuse_unfinished(run_dir, task)
    return Recorded(run_dir, task, config, environment, read_results(run_dir, task))


def read_results(run_dir: Path, task: str) -> dict[str, Any]:
    """Read the numbers that a command has left.

    Raises:
        RunFolderError: They are missing or broken.
    """
    beside = [run_dir / name for name in _BESIDE.get(task, ())]
    more = {path.stem: _load_numbers(path) for path in beside if path.is_file()}
    return {**_load_numbers(run_dir / RESULTS[task]), **more}


def read_yaml(path: Path) -> dict[str, Any]:
    """Read settings.

    Raises:
        RunFolderError: They are missing or broken.
    """
    return _load(path, yaml.safe_load)


def _load_numbers(path: Path) -> dict[str, Any]:
    layout = _LAYOUTS.get(path.name)
    return _load(path, _from_json if layout is None else partial(nest, layout=layout))


def _check_folder(run_dir: Path) -> None:
    if run_dir.is_file():
        msg = f"{run_dir} is a file; give the run's folder: {run_dir.parent}"
        raise RunFolderError(msg)
    if not run_dir.is_dir():
        msg = f"{run_dir} does not exist; give the folder of a run of {_SCRIPTS}"
        raise RunFolderError(msg)
    if (run_dir / CONFIG_NAME).is_file():
        return
    # Not *, which would find Hydra's own .hydra/config.yaml.
    runs = sorted(path.parent for path in run_dir.glob(f"[!.]*/{CONFIG_NAME}"))
    if runs or (run_dir / "multirun.yaml").is_file():
        such = f", such as {runs[0]}" if runs else ""
        msg = f"{run_dir} is the folder of several runs; give one of them{such}"
        raise RunFolderError(msg)
    msg = f"{run_dir} is no run folder: it holds no {CONFIG_NAME}, which {_SCRIPTS} leave there"
    raise RunFolderError(msg)


def task_of(environment: Mapping[str, Any]) -> str:
    """Name the command that recorded an environment; older runs recorded its command line only.

    Example:
        >>> task_of({"task": "eval"}), task_of({"command": ["src/train.py", "seed=1"]}), task_of({})
        ('eval', 'train', '')
    """
    line = environment.get("command") or [""]
    return str(environment.get("task") or Path(str(line[0])).stem)


def _task(environment: Mapping[str, Any], run_dir: Path) -> str:
    """Return the command, if it is one that leaves numbers."""
    task = task_of(environment)
    if task == "reproduce":
        msg = f"{run_dir} repeats another run; give that one, see its reproduction.json"
        raise RunFolderError(msg)
    if task not in RESULTS:
        made = f"it was made by {task!r}" if task else "it does not say which command made it"
        msg = f"{run_dir} holds no numbers of a detector: {made}, and only runs of {_SCRIPTS} do"
        raise RunFolderError(msg)
    return task


def _refuse_unfinished(run_dir: Path, task: str) -> NoReturn:
    last = run_dir / "checkpoints" / "last.ckpt"
    remedy = "start it again"
    if task == "train" and last.is_file():
        remedy = f"go on with ckpt_path={last} hydra.run.dir={run_dir}"
    msg = (
        f"{run_dir} holds no {RESULTS[task]}, so there is no number to compare with: the run was "
        f"stopped before its end. Give another run, or {remedy}"
    )
    raise RunFolderError(msg)


def _load(path: Path, parse: Callable[[str], Any]) -> dict[str, Any]:
    """Read a file of named values."""
    try:
        found = parse(path.read_text("utf-8"))
    except FileNotFoundError as error:
        msg = (
            f"{path} is missing, and a run is of no use without what it records there. Restore it, "
            "or give another run"
        )
        raise RunFolderError(msg) from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        msg = f"{path} is broken: {reason}. Restore it, or give another run"
        raise RunFolderError(msg) from error
    if not isinstance(found, dict):
        msg = f"{path} is broken: expected named values, got {type(found).__name__}"
        raise RunFolderError(msg)
    return found


def _from_json(text: str) -> Any:
    return json.loads(text, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> NoReturn:
    msg = f"{name} is no JSON number"
    raise ValueError(msg)
