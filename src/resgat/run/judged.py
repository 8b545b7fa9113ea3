"""Finished runs among folders, and what each said of the crops it was tested on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from resgat.errors import ConfigError, RunFolderError
from resgat.run.recorded import CONFIG_NAME, ENVIRONMENT_NAME, RESULTS, Recorded, read_recorded

PREDICTIONS_NAME = "predictions.parquet"
#: What runs must say alike of every crop, beside its id.
CROP_FACTS = ("label", "identity_group", "video_id", "method", "compression")
#: The commands that judge a detector, and what both leave when they are through.
_JUDGES = ("train", "eval")
_LEFT = (PREDICTIONS_NAME, RESULTS["train"])
_HYDRA = Path(".hydra")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Judged:
    """A run and what it said of the test crops, by ascending crop_id."""

    recorded: Recorded
    table: pa.Table

    @property
    def name(self) -> str:
        """Its folder."""
        return str(self.recorded.run_dir)

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
            ", ".join(map(str, stopped)),
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
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        return any((run / name).exists() for name in (_HYDRA, CONFIG_NAME, PREDICTIONS_NAME))


def read_judged(run_dir: Path) -> Judged:
    """Read a run and its predictions of the test split.

    Raises:
        RunFolderError: The run is unfinished or broken, or has no crops, crops twice, or logits
            that are not finite.
    """
    recorded = read_recorded(run_dir)
    path = run_dir / PREDICTIONS_NAME
    table = _test_rows(path, _test_split(recorded))
    ids, logits = table["crop_id"], table["logit"].to_numpy()
    if len(pc.unique(ids)) < len(ids):
        twice = next(row for row in pc.value_counts(ids).to_pylist() if row["counts"] > 1)
        msg = f"{path}: crop {twice['values']} is there {twice['counts']} times; evaluate again"
        raise RunFolderError(msg)
    if not np.isfinite(logits).all():
        msg = (
            f"{path}: {np.count_nonzero(~np.isfinite(logits))} of {len(logits)} logits are not "
            "finite; the detector is unusable (diverged, or overflowed in half precision)"
        )
        raise RunFolderError(msg)
    return Judged(recorded, table)


def _test_split(recorded: Recorded) -> str:
    return str((recorded.config.get("data") or {}).get("test_split", "test"))


def _test_rows(path: Path, split: str) -> pa.Table:
    try:
        table = pq.read_table(path)
        table.select(CROP_FACTS)  # refuses a table without them
        rows = table.filter(pc.equal(table["split"], split)).sort_by("crop_id")
    except (pa.ArrowException, KeyError, OSError) as error:
        msg = f"{path} is broken: {' '.join(str(error).split())}. Evaluate the checkpoint again"
        raise RunFolderError(msg) from error
    if not len(rows):
        there = ", ".join(map(repr, sorted(pc.unique(table["split"]).to_pylist()))) or "none"
        msg = (
            f"{path} holds no crop of the run's test split {split!r}; the splits there: {there}. "
            "Evaluate the checkpoint again"
        )
        raise RunFolderError(msg)
    return rows
