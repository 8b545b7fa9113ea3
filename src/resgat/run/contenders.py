"""Run folders made ready to be compared: found, checked to be of the same crops, seeds together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from resgat.errors import ConfigError, RunFolderError
from resgat.lit.checkpoint import WHERE_AND_HOW_FAST
from resgat.metrics.comparison import Contender
from resgat.report.table import video_table
from resgat.run.recorded import Recorded, read_recorded
from resgat.settings import flat

PREDICTIONS_NAME = "predictions.parquet"
#: In what the seeds of one recipe may differ.
_OF_A_SEED = {"seed", "data.seed", "ckpt_path", "name", *WHERE_AND_HOW_FAST}
#: Sections that decide no number.
_DECIDES_NOTHING = ("logger.", "callbacks.")
_OVERRIDES = Path(".hydra") / "overrides.yaml"


@dataclass(frozen=True, eq=False)
class Judged:
    """A run and what it said of the test crops, by ascending crop_id."""

    recorded: Recorded
    table: pa.Table

    @property
    def name(self) -> str:
        """Its folder."""
        return str(self.recorded.run_dir)


def find_runs(paths: Sequence[str]) -> list[Path]:
    """Return the runs among folders: each itself, or those inside a multirun's folder.

    Raises:
        ConfigError: No folder is named, or one run twice.
        RunFolderError: A folder holds no run.
    """
    found = [run for path in paths for run in _runs_in(Path(path))]
    if not found:
        msg = "runs: expected the folders of runs, or the folder of a multirun; got none"
        raise ConfigError(msg)
    seen: set[Path] = set()
    for run in found:
        if run.resolve() in seen:
            msg = f"runs: {run} is named twice"
            raise ConfigError(msg)
        seen.add(run.resolve())
    return found


def _runs_in(folder: Path) -> Iterator[Path]:
    if (folder / PREDICTIONS_NAME).is_file():
        yield folder
        return
    inside = sorted(path.parent for path in folder.rglob(PREDICTIONS_NAME))
    if not inside:
        msg = (
            f"{folder}: neither a finished run of train.py or eval.py, which leaves "
            f"{PREDICTIONS_NAME}, nor a folder with such runs"
        )
        raise RunFolderError(msg)
    yield from inside


def read_judged(run_dir: Path) -> Judged:
    """Read a run and its predictions of the test split.

    Raises:
        RunFolderError: The run is unfinished or broken, or has crops twice or logits that are not
            finite.
    """
    recorded = read_recorded(run_dir)
    path = run_dir / PREDICTIONS_NAME
    try:
        table = pq.read_table(path)
        table = table.filter(pc.equal(table["split"], "test")).sort_by("crop_id")
    except (pa.ArrowException, KeyError, OSError) as error:
        msg = f"{path} is broken: {' '.join(str(error).split())}. Evaluate the checkpoint again"
        raise RunFolderError(msg) from error
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


def check_same_crops(runs: Sequence[Judged]) -> None:
    """Refuse runs that were tested on different crops, or believed different things of them.

    Raises:
        RunFolderError: They were; the message says how they differ.
    """
    first, *others = runs
    for other in others:
        mine, theirs = (pa.array(one.table["crop_id"].to_pylist()) for one in (first, other))
        for here, there, which in ((mine, theirs, other), (theirs, mine, first)):
            missing = here.filter(pc.invert(pc.is_in(here, there)))
            if len(missing):
                raise RunFolderError(_unlike(first, other, f"{which.name} lacks", missing, here))
        for column in ("label", "identity_group"):
            differs = pc.not_equal(first.table[column], other.table[column]).combine_chunks()
            if differs.true_count:
                unequal = mine.filter(differs)
                raise RunFolderError(_unlike(first, other, f"another {column} has", unequal, mine))


def _unlike(first: Judged, other: Judged, how: str, crops: pa.Array, among: pa.Array) -> str:
    return (
        f"{first.name} and {other.name} were tested on different data: {how} {len(crops)} of "
        f"{len(among)} crops, such as {crops[0]}. Evaluate both with src/eval.py on the same data"
    )


def group_seeds(runs: Sequence[Judged]) -> list[list[Judged]]:
    """Put runs together that differ in their seed only, in the order of the first of each.

    Raises:
        ConfigError: Two runs have the same recipe and the same seed.
    """
    groups: dict[str, list[Judged]] = {}
    for run in runs:
        groups.setdefault(_recipe(run.recorded), []).append(run)
    for group in groups.values():
        seeds = [_seed(run.recorded) for run in group]
        for place, seed in enumerate(seeds):
            if seed in seeds[:place]:
                msg = (
                    f"runs: {group[seeds.index(seed)].name} and {group[place].name} are of one "
                    f"recipe and of one seed, {seed}; leave out one of them"
                )
                raise ConfigError(msg)
    return list(groups.values())


def _training(recorded: Recorded) -> Mapping[str, Any]:
    """Return the settings that the detector was trained with."""
    found: Mapping[str, Any] = recorded.environment.get("trained_config") or recorded.config
    return found


def _recipe(recorded: Recorded) -> str:
    trained = flat(_training(recorded))
    kept = {
        key: value
        for key, value in sorted(trained.items())
        if key not in _OF_A_SEED and not key.startswith(_DECIDES_NOTHING)
    }
    return yaml.safe_dump(kept)


def _seed(recorded: Recorded) -> int:
    return int(_training(recorded)["seed"])


def contenders(groups: Sequence[Sequence[Judged]], level: str) -> tuple[list[Contender], pa.Table]:
    """Return the detectors, and the rows that all of them judged.

    Args:
        groups: As :func:`group_seeds` returns them.
        level: "video" or "frame".

    Returns:
        Detectors, whose logits are in the order of the rows; and the rows.
    """
    detectors = []
    rows = None
    for name, group in zip(_labels(groups), groups, strict=True):
        tables = [video_table(run.table) if level == "video" else run.table for run in group]
        thresholds = [run.recorded.results["test"][level]["threshold_prob"] for run in group]
        logits = np.stack([table["logit"].to_numpy() for table in tables])
        detectors.append(Contender(name, logits, thresholds))
        rows = tables[0]
    return detectors, rows


def _labels(groups: Sequence[Sequence[Judged]]) -> list[str]:
    """Name each detector by what was said on its command line and not on all; or by its folder."""
    said = [_said(group[0].recorded.run_dir) for group in groups]
    shared = set.intersection(*map(set, said))
    folders = [_folder(group, groups) for group in groups]
    labels = [" ".join(word for word in words if word not in shared) for words in said]
    labels = [label or folder for label, folder in zip(labels, folders, strict=True)]
    return [
        label if labels.count(label) == 1 else f"{label} ({folder})"
        for label, folder in zip(labels, folders, strict=True)
    ]


def _said(run_dir: Path) -> list[str]:
    path = run_dir / _OVERRIDES
    words = yaml.safe_load(path.read_text("utf-8")) if path.is_file() else []
    silent = tuple(f"{key}=" for key in (*sorted(_OF_A_SEED), "hydra.run.dir", "hydra.sweep.dir"))
    return [word for word in words or [] if not word.lstrip("+").startswith(silent)]


def _folder(group: Sequence[Judged], groups: Sequence[Sequence[Judged]]) -> str:
    """Return the part of a group's path that is its own: what its runs share, and others do not."""
    every = [run.recorded.run_dir.resolve().parts for one in groups for run in one]
    mine = [run.recorded.run_dir.resolve().parts for run in group]
    above = min(_num_shared(every), len(mine[0]) - 1)
    inside = "/".join(mine[0][above : _num_shared(mine)])
    if inside:
        return inside
    return f"{'/'.join(mine[0][above:])} and {len(mine) - 1} more"


def _num_shared(paths: Sequence[tuple[str, ...]]) -> int:
    levels = zip(*paths, strict=False)
    return next(
        (place for place, names in enumerate(levels) if len(set(names)) > 1),
        min(map(len, paths)),
    )
