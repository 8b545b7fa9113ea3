"""Run folders made ready to be compared: found, checked to be of the same crops, seeds together."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from resgat.errors import ConfigError, RunFolderError
from resgat.files import file_sha256
from resgat.lit.checkpoint import FACTS_KEY, WHERE_AND_HOW_FAST, read_checkpoint
from resgat.metrics.comparison import Contender
from resgat.report.table import video_table
from resgat.run.provenance import checkpoint_paths
from resgat.run.recorded import CONFIG_NAME, ENVIRONMENT_NAME, RESULTS, Recorded, read_recorded
from resgat.settings import flat

PREDICTIONS_NAME = "predictions.parquet"
#: The commands that judge a detector, and what both leave when they are through.
_JUDGES = ("train", "eval")
_LEFT = (PREDICTIONS_NAME, RESULTS["train"])
#: In what the seeds of one recipe may differ.
_OF_A_SEED = {
    *("seed", "data.seed", "data.corpus.num_workers", "ckpt_path", "name"),
    *WHERE_AND_HOW_FAST,
}
#: What stands for the training crops where the SHA-256 of their index is not known.
_WHERE_CROPS_LIE = (
    "data.crops_dir",
    "data.images_dir",
    "data.corpus.rgb_dir",
    "data.corpus.json_path",
)
#: Callbacks that decide no number: they watch, keep the last epoch, or end a run without results.
_OBSERVING = {"epoch_log", "evidence_log", "gallery", "guard", "last_checkpoint", "progress"}
#: What runs must say alike of every crop, beside its id.
_FACTS = ("label", "identity_group", "video_id", "method", "compression")
#: Settings that hint at how crops were cut, where nothing better is known.
_HINTS = ("size_px", "normalise")
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
        table.select(_FACTS)  # refuses a table without them
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


def check_same_crops(runs: Sequence[Judged]) -> None:
    """Refuse runs that were tested on different crops, or believed different things of them.

    Raises:
        RunFolderError: They were; the message says how they differ.
    """
    first, *others = runs
    _check_index(runs)
    for other in others:
        mine, theirs = (pa.array(one.table["crop_id"].to_pylist()) for one in (first, other))
        for here, there, which in ((mine, theirs, other), (theirs, mine, first)):
            missing = here.filter(pc.invert(pc.is_in(here, there)))
            if len(missing):
                raise RunFolderError(_unlike(first, other, f"{which.name} lacks", missing, here))
        for column in _FACTS:
            differs = _differs(first.table[column], other.table[column])
            if differs.true_count:
                unequal = mine.filter(differs)
                raise RunFolderError(_unlike(first, other, f"another {column} has", unequal, mine))


def _check_index(runs: Sequence[Judged]) -> None:
    """Refuse crops of another index: equal ids may name crops that were cut differently."""
    known: dict[str, Judged] = {}
    for run in runs:
        if run.index_sha256:
            known.setdefault(run.index_sha256, run)
    if len(known) > 1:
        (mine, first), (theirs, other), *_ = known.items()
        how = f"the SHA-256 of the index of their crops begins {mine[:12]} and {theirs[:12]}"
        raise RunFolderError(_refusal(first, other, how))
    unknown = [run for run in runs if not run.index_sha256]
    for run in unknown:
        _check_hints(run, runs)
    if unknown and len(runs) > 1:
        logger.warning(
            "that all runs were tested on crops that were cut alike is not known: the SHA-256 of "
            "the index was not recorded by %s",
            ", ".join(run.name for run in unknown),
        )


def _check_hints(run: Judged, runs: Sequence[Judged]) -> None:
    for other in runs:
        mine, theirs = (one.recorded.config.get("data") or {} for one in (run, other))
        for key in _HINTS:
            if mine.get(key) != theirs.get(key):
                how = (
                    f"data.{key} is {mine.get(key)} and {theirs.get(key)}, and {run.name} did not "
                    "record the SHA-256 of the index of its crops, which could show them the same"
                )
                raise RunFolderError(_refusal(run, other, how))


def _differs(here: pa.ChunkedArray, there: pa.ChunkedArray) -> pa.Array:
    """Return where two columns differ; a missing value equals another."""
    one_is_missing = pc.xor(pc.is_null(here), pc.is_null(there))
    return pc.coalesce(pc.not_equal(here, there), one_is_missing).combine_chunks()


def _unlike(first: Judged, other: Judged, how: str, crops: pa.Array, among: pa.Array) -> str:
    named = f"{how} {len(crops)} of {len(among)} crops, such as {crops[0]}"
    if first.test_split != other.test_split:
        named += f" (data.test_split is {first.test_split!r} and {other.test_split!r})"
    return _refusal(first, other, named)


def _refusal(first: Judged, other: Judged, how: str) -> str:
    return (
        f"{first.name} and {other.name} were tested on different data: {how}. Evaluate both with "
        "src/eval.py on the same crops folder"
    )


def group_seeds(runs: Sequence[Judged]) -> list[list[Judged]]:
    """Put runs together that differ in their seed only, in the order of the first of each.

    A checkpoint says with which callbacks and on which crops it was trained. Where it is gone, or
    of an older version, what is known of it decides, and a warning names the runs.

    Raises:
        ConfigError: Two runs have the same recipe and the same seed.
        CheckpointError: A checkpoint cannot be read.
    """
    groups: dict[str, list[Judged]] = {}
    vague: set[str] = set()
    for run in runs:
        facts = _training_facts(run.recorded)
        groups.setdefault(_recipe(run.recorded, facts), []).append(run)
        if not (facts.get("index_sha256") and isinstance(facts.get("callbacks"), Mapping)):
            vague.add(run.name)
    for group in groups.values():
        _check_seeds(group)
    unsure = [run.name for group in groups.values() if len(group) > 1 for run in group]
    unsure = [name for name in unsure if name in vague]
    if unsure:
        logger.warning(
            "taken for seeds of one recipe by what is known of it; the callbacks or the training "
            "crops are not, for the checkpoint is gone or of an older version: %s",
            ", ".join(unsure),
        )
    return list(groups.values())


def _check_seeds(group: Sequence[Judged]) -> None:
    """Refuse one seed twice."""
    seeds = [_seed(run.recorded) for run in group]
    for place, seed in enumerate(seeds):
        if seed in seeds[:place]:
            msg = (
                f"runs: {group[seeds.index(seed)].name} and {group[place].name} are of one "
                f"recipe and of one seed, {seed}; leave out one of them"
            )
            raise ConfigError(msg)


def _training(recorded: Recorded) -> Mapping[str, Any]:
    """Return the settings that the detector was trained with."""
    found: Mapping[str, Any] = recorded.environment.get("trained_config") or recorded.config
    return found


def _training_facts(recorded: Recorded) -> Mapping[str, Any]:
    """Return what is known of a training beside its settings, named as in a checkpoint."""
    if recorded.task == "train":
        return {
            "callbacks": recorded.config.get("callbacks") or {},
            "index_sha256": recorded.environment.get("index_sha256"),
        }
    hashes = recorded.environment.get("checkpoint_sha256") or []
    for path, known in zip(map(Path, checkpoint_paths(recorded.config)), hashes, strict=False):
        if path.is_file() and file_sha256(path) == known:
            checkpoint = read_checkpoint(path)
            # Those of an older version name in this way at least the callbacks that have a state.
            stateful = sorted(checkpoint.get("callbacks", {}))
            return {"callbacks": stateful, **checkpoint[FACTS_KEY]}
    return {}


def _recipe(recorded: Recorded, facts: Mapping[str, Any]) -> str:
    """Return what two runs have in common if they trained alike, but for the seed."""
    config = _training(recorded)
    settings = flat({key: config[key] for key in config if key not in ("callbacks", "logger")})
    index = facts.get("index_sha256")
    lie = {key: settings.get(key) for key in _WHERE_CROPS_LIE}
    kept = {
        "settings": {key: value for key, value in settings.items() if key not in _OF_A_SEED},
        "callbacks": _deciding(facts.get("callbacks")),
        "crops": index or {**lie, "crop_spec": facts.get("crop_spec")},
    }
    if recorded.task == "eval" and "trained_config" not in recorded.environment:
        kept["ckpt_path"] = recorded.config.get("ckpt_path")  # all that an older run says of it
    return yaml.safe_dump(kept)


def _deciding(callbacks: object) -> object:
    """Return the settings of the callbacks that decide numbers, without the run's folder."""
    if not isinstance(callbacks, Mapping):
        return callbacks
    return {
        key: value
        for key, value in flat(callbacks).items()
        if "." in key  # null is none
        and key.partition(".")[0] not in _OBSERVING
        and not key.endswith(".dirpath")
    }


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
    path = run_dir / _HYDRA / "overrides.yaml"
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
