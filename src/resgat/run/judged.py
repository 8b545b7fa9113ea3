"""Finished runs among folders, and what each said of the crops it was tested on."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from resgat.errors import ConfigError, RunFolderError
from resgat.run.numbers import numbers_of_test
from resgat.run.predicted import PREDICTIONS_NAME, read_predicted
from resgat.run.recorded import CONFIG_NAME, ENVIRONMENT_NAME, RESULTS, Recorded, read_recorded
from resgat.run.stopped import with_reason

#: The commands that judge a detector, and what both leave when they are through.
_JUDGES = ("train", "eval")
_LEFT = (PREDICTIONS_NAME, RESULTS["train"])
_HYDRA = Path(".hydra")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Judged:
    """A run and what it said of the test crops.

    Attributes:
        recorded: Its folder.
        test: Its numbers on the test split.
        tables: Under "frame" its test crops by ascending crop_id, under "video" their videos.
    """

    recorded: Recorded
    test: Mapping[str, Any]
    tables: Mapping[str, pa.Table]

    @property
    def name(self) -> str:
        """Its folder."""
        return str(self.recorded.run_dir)

    @property
    def table(self) -> pa.Table:
        """The test crops."""
        return self.tables["frame"]

    @property
    def training(self) -> Mapping[str, Any]:
        """The settings that the detector was trained with."""
        return _training(self.recorded)

    @property
    def seed(self) -> int:
        """That the detector was trained with."""
        return int(self.training["seed"])

    @property
    def test_split(self) -> str:
        """The name of the split that it was tested on."""
        return _test_split(self.recorded)

    @property
    def index_sha256(self) -> str | None:
        """Of the index of its crops; None where that was not recorded."""
        return self.recorded.environment.get("index_sha256")


def find_runs(paths: Sequence[str]) -> list[Path]:
    """Return the runs among folders: each itself, or the finished ones in a multirun's folder.

    Runs without results are named in a warning.

    Raises:
        ConfigError: No folder is named, or one run twice.
        RunFolderError: A folder holds no finished run.
    """
    found: list[Path] = []
    stopped: list[Path] = []
    for path in paths:
        finished, unfinished = _runs_in(Path(path))
        found += finished
        stopped += unfinished
    if not found:
        msg = "runs: expected the folders of runs, or the folder of a multirun; got none"
        raise ConfigError(msg)
    _check_once(found)
    if stopped:
        logger.warning(
            "%d of %d runs have no results and are left out: %s",
            len(stopped),
            len(found) + len(stopped),
            ", ".join(with_reason(run, str(run)) for run in stopped),
        )
    return found


def _check_once(runs: Sequence[Path]) -> None:
    seen: set[Path] = set()
    for run in runs:
        if run.resolve() in seen:
            msg = f"runs: {run} is named twice"
            raise ConfigError(msg)
        seen.add(run.resolve())


def _runs_in(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the finished runs, and those that have no results."""
    if (folder / PREDICTIONS_NAME).is_file():
        return [folder], []
    names = (PREDICTIONS_NAME, str(_HYDRA), ENVIRONMENT_NAME)
    begun = sorted({path.parent for name in names for path in folder.rglob(name)})
    finished = [run for run in begun if all((run / name).is_file() for name in _LEFT)]
    stopped = [run for run in begun if run not in finished and _is_judging(run)]
    if not finished:
        none = f"; {len(stopped)} there have no results" if stopped else ""
        msg = (
            f"{folder}: neither a finished run of train.py or eval.py, which leaves "
            f"{' and '.join(_LEFT)}, nor a folder with such runs{none}"
        )
        raise RunFolderError(msg)
    return finished, stopped


def _is_judging(run: Path) -> bool:
    """Tell whether train.py or eval.py began a run, which it says from its first second on."""
    path = run / _HYDRA / "hydra.yaml"
    try:
        return yaml.safe_load(path.read_text("utf-8"))["hydra"]["job"]["name"] in _JUDGES
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError):
        return any((run / name).exists() for name in (_HYDRA, CONFIG_NAME, PREDICTIONS_NAME))


def read_judged(run_dir: Path) -> Judged:
    """Read a run, its numbers and its predictions of the test split.

    Raises:
        RunFolderError: The run is unfinished, or something in its folder is missing or broken.
    """
    recorded = read_recorded(run_dir)
    training = _training(recorded)
    if not isinstance(training, Mapping) or not isinstance(training.get("seed"), int):
        msg = (
            f"{run_dir} does not say in {CONFIG_NAME} or {ENVIRONMENT_NAME} with which seed its "
            "detector was trained. Evaluate the checkpoint again, or leave this run out"
        )
        raise RunFolderError(msg)
    test = numbers_of_test(run_dir, recorded.results, ["threshold_prob"])
    return Judged(recorded, test, read_predicted(run_dir, _test_split(recorded)))


def _training(recorded: Recorded) -> Mapping[str, Any]:
    found: Mapping[str, Any] = recorded.environment.get("trained_config") or recorded.config
    return found


def _test_split(recorded: Recorded) -> str:
    return str((recorded.config.get("data") or {}).get("test_split", "test"))
