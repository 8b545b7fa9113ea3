"""Which runs are seeds of one detector: those that differ in nothing else that decides a number."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from resgat.errors import ConfigError
from resgat.files import file_sha256
from resgat.lit.checkpoint import FACTS_KEY, WHERE_AND_HOW_FAST, read_checkpoint
from resgat.run.judged import Judged
from resgat.run.provenance import checkpoint_paths
from resgat.run.recorded import Recorded
from resgat.settings import flat

#: In what the seeds of one recipe may differ.
OF_A_SEED = {
    *("seed", "data.seed", "data.corpus.num_workers", "ckpt_path", "apart", "name"),
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
_OBSERVING = {
    *("epoch_log", "evidence_log", "gallery", "guard", "last_checkpoint", "progress", "pruning"),
    "speed_log",
}

logger = logging.getLogger(__name__)


def group_seeds(runs: Sequence[Judged]) -> list[list[Judged]]:
    """Put runs together that differ in their seed only, in the order of the first of each.

    A run notes with which callbacks and on which crops its checkpoint was trained. One of an older
    version does not, and the checkpoint is read; where that is gone, or older itself, what is known
    of it decides, and a warning names the runs.

    Raises:
        ConfigError: Two runs have the same recipe and the same seed.
        CheckpointError: The checkpoint of an older run cannot be read.
    """
    groups: dict[str, list[Judged]] = {}
    vague: set[str] = set()
    for run in runs:
        facts = _training_facts(run.recorded)
        groups.setdefault(_recipe(run, facts), []).append(run)
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
    seeds = [run.seed for run in group]
    for place, seed in enumerate(seeds):
        if seed in seeds[:place]:
            msg = (
                f"runs: {group[seeds.index(seed)].name} and {group[place].name} are of one "
                f"recipe and of one seed, {seed}; leave out one of them"
            )
            raise ConfigError(msg)


def _training_facts(recorded: Recorded) -> Mapping[str, Any]:
    """Return what is known of a training beside its settings, named as in a checkpoint."""
    if recorded.task == "train":
        return {
            "callbacks": recorded.config.get("callbacks") or {},
            "index_sha256": recorded.environment.get("index_sha256"),
        }
    noted: Mapping[str, Any] | None = recorded.environment.get("trained_facts")
    return _read_facts(recorded) if noted is None else noted


def _read_facts(recorded: Recorded) -> Mapping[str, Any]:
    """Return what the checkpoint of an older run says, if it is still there and still the same."""
    hashes = recorded.environment.get("checkpoint_sha256") or []
    for path, known in zip(map(Path, checkpoint_paths(recorded.config)), hashes, strict=False):
        if path.is_file() and file_sha256(path) == known:
            checkpoint = read_checkpoint(path)
            # Those of an older version name in this way at least the callbacks that have a state.
            stateful = sorted(checkpoint.get("callbacks", {}))
            return {"callbacks": stateful, **checkpoint[FACTS_KEY]}
    return {}


def _recipe(run: Judged, facts: Mapping[str, Any]) -> str:
    """Return what two runs have in common if they trained alike, but for the seed."""
    recorded, config = run.recorded, run.training
    settings = flat({key: config[key] for key in config if key not in ("callbacks", "logger")})
    index = facts.get("index_sha256")
    lie = {key: settings.get(key) for key in _WHERE_CROPS_LIE}
    kept = {
        "settings": {key: value for key, value in settings.items() if key not in OF_A_SEED},
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
