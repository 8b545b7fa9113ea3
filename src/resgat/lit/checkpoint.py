"""Checkpoints: read without running code, and completed with what is learned after the fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from resgat.errors import CheckpointError
from resgat.files import write_atomic
from resgat.models.weights import load_plain
from resgat.settings import first_difference, flat

FACTS_KEY = "resgat"
FACTS_SCHEMA = 1

#: Settings that decide no number: where the data lies, and how it is read.
WHERE_AND_HOW_FAST = {
    "data.crops_dir",
    "data.images_dir",
    "data.raw_dir",
    "data.corpus.rgb_dir",
    "data.corpus.json_path",
    "data.num_workers",
    "data.pin_memory",
    "data.decoded_dir",
    "trainer.default_root_dir",
}


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
    facts = checkpoint[FACTS_KEY]
    schema = facts.get("schema") if isinstance(facts, dict) else None
    if schema != FACTS_SCHEMA:
        msg = (
            f"{path} has checkpoint layout {schema}, expected {FACTS_SCHEMA}. Use the version of "
            "resgat that wrote it"
        )
        raise CheckpointError(msg)
    if "config" not in facts or not isinstance(checkpoint.get("state_dict"), dict):
        msg = (
            f"{path} is damaged: it lacks its configuration or its weights. Use another copy of it"
        )
        raise CheckpointError(msg)
    return checkpoint


def load_net(net: nn.Module, checkpoint: dict[str, Any], path: Path) -> None:
    """Load the network's weights from a checkpoint, in place.

    Raises:
        CheckpointError: The weights are those of another model.
    """
    load_state(net, net_state(checkpoint), path)


def net_state(checkpoint: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the network's weights in a checkpoint."""
    prefix = "net."
    return {
        key.removeprefix(prefix): value
        for key, value in checkpoint["state_dict"].items()
        if key.startswith(prefix)
    }


def load_state(net: nn.Module, state: Mapping[str, Tensor], path: Path) -> None:
    """Load weights, in place.

    Raises:
        CheckpointError: They are those of another model.
    """
    try:
        net.load_state_dict(state)
    except RuntimeError as error:
        msg = f"{path} holds the weights of another model than {type(net).__name__} as configured"
        raise CheckpointError(msg) from error


def check_same_settings(checkpoint: dict[str, Any], config: Mapping[str, Any], path: Path) -> None:
    """Refuse to go on with a run under other settings than it was started with.

    Where the data lies and how many processes read it may differ; what decides a number may not.

    Args:
        checkpoint: As :func:`read_checkpoint` returns it.
        config: The settings asked for; the sections that the checkpoint knows are compared.
        path: Named in the message.

    Raises:
        CheckpointError: They differ; the message names the first key that does.
    """
    difference = settings_difference(checkpoint[FACTS_KEY]["config"], config)
    if difference is not None:
        msg = (
            f"{path} is of a run with other settings: {difference}. Resume with the run's own "
            "settings, or start a new run"
        )
        raise CheckpointError(msg)


def settings_difference(started: Mapping[str, Any], config: Mapping[str, Any]) -> str | None:
    """Say in what that decides a number a run's settings differ; None if in nothing.

    Args:
        started: Sections that a run was started with.
        config: The settings asked for now.
    """
    now = flat({section: config[section] for section in started})
    return first_difference(now, flat(started), WHERE_AND_HOW_FAST)


def check_same_index(checkpoint: dict[str, Any], index_sha256: str, path: Path) -> None:
    """Refuse to go on with a run on other crops than it was started on, wherever they lie.

    Args:
        checkpoint: As :func:`read_checkpoint` returns it; an older one may not tell.
        index_sha256: Of the index of the crops that are there now.
        path: Named in the message.

    Raises:
        CheckpointError: The index is another.
    """
    started = checkpoint[FACTS_KEY].get("index_sha256", index_sha256)
    if started != index_sha256:
        msg = (
            f"{path} is of a run on other crops: the SHA-256 of their index was {started}, and is "
            f"{index_sha256} now. Bring that index back, say with data.crops_dir=... where those "
            "crops lie, or start a new run"
        )
        raise CheckpointError(msg)


def add_facts(path: Path, facts: dict[str, Any]) -> None:
    """Replace the facts in a checkpoint on disk, whole or not at all."""
    checkpoint = read_checkpoint(path)
    checkpoint[FACTS_KEY] = facts
    write_atomic(path, lambda beside: torch.save(checkpoint, beside))
