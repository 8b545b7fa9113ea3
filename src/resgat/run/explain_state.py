"""What a run folder's parts are made with, so that a stopped run goes on with the same settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resgat.export.release import weights_file
from resgat.files import file_sha256, write_json
from resgat.run.claim import claim
from resgat.settings import flat

PARTS = "parts"
#: Settings of the data that decide no score.
MAY_DIFFER = {
    *("data.num_workers", "data.batch_size", "data.pin_memory", "data.decoded_dir"),
    "data.raw_dir",
}
_STATE = "explained.json"
_CHECKPOINT = "checkpoint of seed "
_CATALOGUE = "explain.catalogue."


def claim_run(
    folder: Path, config: Mapping[str, Any], checkpoints: Mapping[int, Path], data_sha256: str
) -> None:
    """Note what a folder's parts are made with, or refuse to go on with others.

    The catalogue's entry of a method binds once there are explanations by it.

    Args:
        folder: Where the parts lie.
        config: Of the run.
        checkpoints: Training seed -> whose explanations they are; seeds may be added.
        data_sha256: Of what is known of the crops.

    Raises:
        ConfigError: They were made with other settings, or with what is not known any more.
    """
    mine = _decisive(config, checkpoints) | {"data": data_sha256}
    explained = {path.name.removesuffix(".parquet") for path in folder.rglob("*.parquet")}

    def decides(key: str) -> bool:
        return not key.startswith(_CATALOGUE) or _method(key) in explained

    if explained:
        claim(folder / _STATE, mine, _CHECKPOINT, "explanations", decides=decides)
    else:  # a run that was refused or killed before its first scores leaves nothing to go on with
        write_json(folder / _STATE, mine)


def _method(key: str) -> str:
    """Return whose entry a setting of the catalogue is of."""
    return key.removeprefix(_CATALOGUE).partition(".")[0]


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
