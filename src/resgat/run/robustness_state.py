"""What the predictions of corrupted crops are made with, so that a stopped run goes on alike."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from resgat.files import file_sha256
from resgat.robustness.graded import Corruption
from resgat.robustness.h264 import H264, av_version
from resgat.run.claim import claim
from resgat.run.explain_state import MAY_DIFFER
from resgat.settings import flat

_STATE = "made_with.json"
_CORRUPTION = "robustness.corruptions."
#: Settings of the trainer that decide which crops are predicted, and how exactly.
_TRAINER = ("precision", "limit_test_batches", "fast_dev_run")


def claim_passes(
    folder: Path,
    config: Mapping[str, Any],
    corruptions: Mapping[str, Corruption],
    checkpoint: Path,
    index_sha256: str,
) -> None:
    """Note what a folder's predictions are made with, or refuse to go on with others.

    Corruptions may be added to those that are there.

    Args:
        folder: Where the predictions lie.
        config: Of the run.
        corruptions: Those that are chosen, by name.
        checkpoint: Whose predictions they are.
        index_sha256: Of the index of the crops.

    Raises:
        ConfigError: They were made with other settings, or with what is not known any more.
    """
    mine = {
        **_settings(config),
        **_of_corruptions(corruptions, config),
        "checkpoint": file_sha256(checkpoint),
        "crops": index_sha256,
        # Which bits a resized or a noisy pixel has is theirs to say.
        "numpy version": np.__version__,
        "opencv version": cv2.__version__,
    }
    claim(folder / _STATE, mine, _CORRUPTION, "predictions")


def _settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that decide a prediction whatever the corruption, flat."""
    settings = {
        "seed": config["seed"],
        "robustness.num_videos": config["robustness"]["num_videos"],
        **{f"trainer.{key}": config["trainer"].get(key) for key in _TRAINER},
        **flat(config["data"], "data."),
    }
    return {key: value for key, value in settings.items() if key not in MAY_DIFFER}


def _of_corruptions(
    corruptions: Mapping[str, Corruption], config: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the parameters of each corruption, and the version of the encoder that it needs."""
    catalogue = config["robustness"]["corruptions"]
    settings = flat({name: catalogue[name] for name in corruptions}, _CORRUPTION)
    encoded = [name for name, one in corruptions.items() if isinstance(one, H264)]
    return settings | {f"{_CORRUPTION}{name}.av version": av_version() for name in encoded}
