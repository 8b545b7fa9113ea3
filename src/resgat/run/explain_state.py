"""What a run folder's parts are made with, so that a stopped run goes on with the same settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from resgat.errors import ConfigError
from resgat.files import write_json

PARTS = "parts"
#: Settings of the data that decide no score.
_MAY_DIFFER = {"data.num_workers", "data.batch_size", "data.pin_memory", "data.raw_dir"}
_STATE = "explained.json"


def claim_run(folder: Path, config: Mapping[str, Any], checkpoints: Sequence[Path]) -> None:
    """Note what a folder's parts are made with, or refuse to go on with others.

    Args:
        folder: Where the parts lie.
        config: Of the run.
        checkpoints: Whose explanations they are.

    Raises:
        ConfigError: They were made with other settings.
    """
    path, mine = folder / _STATE, _decisive(config, checkpoints)
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_json(path, mine)
        return
    theirs = json.loads(path.read_text("utf-8"))
    missing = object()
    keys = sorted(mine.keys() | theirs.keys())
    differing = [key for key in keys if theirs.get(key, missing) != mine.get(key, missing)]
    if differing:
        key = differing[0]
        msg = (
            f"{folder.parent} holds explanations made with other settings: {key} is "
            f"{theirs.get(key)!r} there and {mine.get(key)!r} here ({len(differing)} differ). "
            "Choose another hydra.run.dir, or delete it"
        )
        raise ConfigError(msg)


def _decisive(config: Mapping[str, Any], checkpoints: Sequence[Path]) -> dict[str, Any]:
    """Return the settings that decide a score, flat."""
    kept = {key: config[key] for key in ("seed", "name")}
    section = dict(config["explain"])
    # More methods may be added; the rest is computed anew.
    for key in ("methods", "draws", "margin", "randomise"):
        section.pop(key)
    decisive: dict[str, Any] = {
        **kept,
        **_flat(section, "explain."),
        **_flat(config["data"], "data."),
    }
    decisive = {key: value for key, value in decisive.items() if key not in _MAY_DIFFER}
    for number, path in enumerate(checkpoints):
        with path.open("rb") as file:
            decisive[f"checkpoint {number}"] = hashlib.file_digest(file, "sha256").hexdigest()
    return decisive


def _flat(section: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in section.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
