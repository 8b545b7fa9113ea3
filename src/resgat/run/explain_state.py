"""What a run folder's parts are made with, so that a stopped run goes on with the same settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resgat.errors import ConfigError
from resgat.files import file_sha256, write_json
from resgat.settings import first_difference, flat

PARTS = "parts"
#: Settings of the data that decide no score.
MAY_DIFFER = {"data.num_workers", "data.batch_size", "data.pin_memory", "data.raw_dir"}
_STATE = "explained.json"
_CHECKPOINT = "checkpoint of seed "


def claim_run(
    folder: Path, config: Mapping[str, Any], checkpoints: Mapping[int, Path], data_sha256: str
) -> None:
    """Note what a folder's parts are made with, or refuse to go on with others.

    Args:
        folder: Where the parts lie.
        config: Of the run.
        checkpoints: Training seed -> whose explanations they are; seeds may be added.
        data_sha256: Of what is known of the crops.

    Raises:
        ConfigError: They were made with other settings.
    """
    path, mine = folder / _STATE, _decisive(config, checkpoints) | {"data": data_sha256}
    theirs = json.loads(path.read_text("utf-8")) if path.is_file() else mine
    seeds = {key for key in mine.keys() ^ theirs.keys() if key.startswith(_CHECKPOINT)}
    difference = first_difference(mine, theirs, seeds)
    if difference is not None:
        msg = (
            f"{folder.parent} holds explanations made with other settings: {difference}. "
            "Choose another hydra.run.dir, or delete it"
        )
        raise ConfigError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(path, theirs | mine)


def _decisive(config: Mapping[str, Any], checkpoints: Mapping[int, Path]) -> dict[str, Any]:
    """Return the settings that decide a score, flat."""
    kept = {key: config[key] for key in ("seed", "name")}
    section = dict(config["explain"])
    # More methods may be added; the rest is computed anew.
    for key in ("methods", "draws", "margin", "randomise"):
        section.pop(key)
    decisive: dict[str, Any] = {
        **kept,
        **flat(section, "explain."),
        **flat(config["data"], "data."),
    }
    decisive = {key: value for key, value in decisive.items() if key not in MAY_DIFFER}
    sums = {f"{_CHECKPOINT}{seed}": file_sha256(path) for seed, path in checkpoints.items()}
    return decisive | sums
