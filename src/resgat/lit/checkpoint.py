"""Checkpoints: read without running code, and completed with what is learned after the fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from resgat.errors import CheckpointError
from resgat.files import write_atomic
from resgat.models.weights import load_plain

FACTS_KEY = "resgat"
FACTS_SCHEMA = 1


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint that this framework wrote.

    Raises:
        CheckpointError: The file is missing, truncated, holds code, or was written by another
            program or a later version.
    """
    if not path.is_file():
        msg = f"checkpoint not found: {path}. Give a run's checkpoints/best.ckpt or last.ckpt"
        raise CheckpointError(msg)
    checkpoint = load_plain(path)
    if not isinstance(checkpoint, dict) or FACTS_KEY not in checkpoint:
        msg = (
            f"{path} was not written by src/train.py: it has no {FACTS_KEY!r} entry. Bare weights "
            "go to model.backbone.weights=... or model.released=..."
        )
        raise CheckpointError(msg)
    schema = checkpoint[FACTS_KEY].get("schema")
    if schema != FACTS_SCHEMA:
        msg = (
            f"{path} has checkpoint layout {schema}, expected {FACTS_SCHEMA}. Use the version of "
            "resgat that wrote it"
        )
        raise CheckpointError(msg)
    return checkpoint


def load_net(net: nn.Module, checkpoint: dict[str, Any], path: Path) -> None:
    """Load the network's weights from a checkpoint, in place.

    Raises:
        CheckpointError: The weights are those of another model.
    """
    prefix = "net."
    state = {
        key.removeprefix(prefix): value
        for key, value in checkpoint["state_dict"].items()
        if key.startswith(prefix)
    }
    try:
        net.load_state_dict(state)
    except RuntimeError as error:
        msg = f"{path} holds the weights of another model than {type(net).__name__} as configured"
        raise CheckpointError(msg) from error


def check_same_model(checkpoint: dict[str, Any], model: dict[str, Any], path: Path) -> None:
    """Refuse to go on with a checkpoint whose model was configured differently.

    Raises:
        CheckpointError: The model sections differ; the message names the first keys that do.
    """
    trained = _flat(checkpoint[FACTS_KEY]["config"]["model"])
    asked = _flat(model)
    differing = sorted(k for k in trained.keys() | asked.keys() if trained.get(k) != asked.get(k))
    if differing:
        key = differing[0]
        msg = (
            f"{path} is of another model: model.{key} is {trained.get(key)!r} there and "
            f"{asked.get(key)!r} here ({len(differing)} keys differ). Resume with the run's own "
            "settings"
        )
        raise CheckpointError(msg)


def add_facts(path: Path, facts: dict[str, Any]) -> None:
    """Replace the facts in a checkpoint on disk, whole or not at all."""
    checkpoint = read_checkpoint(path)
    checkpoint[FACTS_KEY] = facts
    write_atomic(path, lambda beside: torch.save(checkpoint, beside))


def _flat(section: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in section.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
