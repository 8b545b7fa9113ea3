"""What may be said of a detector to whoever asks: nothing of the folders of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: Settings of a model that may be a file.
_FILES = ("weights", "released")


def without_folders(model: Mapping[str, Any]) -> dict[str, Any]:
    """Leave of a checkpoint and of weights their names, and of a corpus which it is.

    Args:
        model: As of :func:`~resgat.run.predicting.model_facts`.
    """
    corpus = model["corpus"]
    return {
        **model,
        "path": Path(model["path"]).name,
        "config": _named(model["config"]),
        "corpus": corpus and {"_target_": corpus["_target_"]},
    }


def _named(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _value(key, value) for key, value in config.items()}


def _value(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return _named(value)
    return Path(value).name if key in _FILES and value is not None else value
