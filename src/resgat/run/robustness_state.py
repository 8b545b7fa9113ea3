"""What the predictions of corrupted crops are made with, so that a stopped run goes on alike."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from resgat.errors import ConfigError
from resgat.files import file_sha256, write_json
from resgat.run.explain_state import MAY_DIFFER
from resgat.settings import first_difference, flat

_STATE = "made_with.json"
_CORRUPTION = "robustness.corruptions."


def claim_passes(
    folder: Path,
    config: Mapping[str, Any],
    names: Iterable[str],
    checkpoint: Path,
    index_sha256: str,
) -> None:
    """Note what a folder's predictions are made with, or refuse to go on with others.

    Corruptions may be added to those that are there.

    Args:
        folder: Where the predictions lie.
        config: Of the run.
        names: Of the corruptions that are chosen.
        checkpoint: Whose predictions they are.
        index_sha256: Of the index of the crops.

    Raises:
        ConfigError: They were made with other settings.
    """
    path, mine = folder / _STATE, _decisive(config, names, checkpoint, index_sha256)
    theirs = json.loads(path.read_text("utf-8")) if path.is_file() else mine
    added = {key for key in mine.keys() ^ theirs.keys() if key.startswith(_CORRUPTION)}
    difference = first_difference(mine, theirs, added)
    if difference is not None:
        msg = (
            f"{folder} holds predictions made with other settings: {difference}. "
            "Choose another hydra.run.dir, or delete it"
        )
        raise ConfigError(msg)
    write_json(path, theirs | mine)


def _decisive(
    config: Mapping[str, Any], names: Iterable[str], checkpoint: Path, index_sha256: str
) -> dict[str, Any]:
    """Return the settings that decide a prediction, flat."""
    section = config["robustness"]
    settings = {
        "seed": config["seed"],
        "trainer.precision": config["trainer"].get("precision"),
        "robustness.num_videos": section["num_videos"],
        **flat(config["data"], "data."),
        **flat({name: section["corruptions"][name] for name in names}, _CORRUPTION),
    }
    decisive = {key: value for key, value in settings.items() if key not in MAY_DIFFER}
    return decisive | {"checkpoint": file_sha256(checkpoint), "crops": index_sha256}
