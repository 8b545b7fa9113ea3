"""What a run folder's parts are made with, so that a stopped run goes on with the same settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resgat.export.release import weights_file
from resgat.files import file_sha256
from resgat.run.claim import claim
from resgat.settings import flat

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
        ConfigError: They were made with other settings, or with what is not known any more.
    """
    mine = _decisive(config, checkpoints) | {"data": data_sha256}
    if not any(folder.rglob("*.parquet")):  # a run that was refused leaves nothing to go on with
        (folder / _STATE).unlink(missing_ok=True)
    claim(folder / _STATE, mine, _CHECKPOINT, "explanations")


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
    sums = {
        f"{_CHECKPOINT}{seed}": file_sha256(weights_file(path))
        for seed, path in checkpoints.items()
    }
    return decisive | sums
