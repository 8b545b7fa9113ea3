"""A release: the folder in which a trained detector travels, and how it is read back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import safetensors.torch
import torch
from torch import Tensor

from resgat.errors import CheckpointError
from resgat.export.sums import SUMS_NAME, check_sums, write_sums
from resgat.files import write_json
from resgat.models.weights import read_tensors

WEIGHTS_NAME, FACTS_NAME, TENSORS_NAME = "model.safetensors", "facts.json", "facts.safetensors"
SCHEMA = 1

#: What a release may hold, and what it is.
FILES = {
    WEIGHTS_NAME: "the weights",
    "model_weights.pth": "the same as a PyTorch state dict (`weights_only=True`)",
    FACTS_NAME: "configuration, crop spec, thresholds, temperatures, val's logits",
    TENSORS_NAME: "mean evidence of real training faces; digests of the videos of train and val",
    "checkpoint.ckpt": "the full checkpoint: `ckpt_path=` of eval.py and explain.py",
    "logs/": "configuration, environment, metrics, history and predictions of training",
    "model.onnx": "faces to logit and evidence",
    "backbone.onnx": "faces to feature maps",
    "onnx.json": "their outputs, and by how much each at most differs from the detector's",
}
#: Of a run, as far as it has them.
_LOGS = (
    "config.yaml",
    "environment.json",
    "metrics.json",
    "history.csv",
    "predictions.parquet",
    "video_predictions.parquet",
    "report.html",
    "train.log",
)


class Released(NamedTuple):
    """What a release holds.

    Attributes:
        state: The network's weights.
        facts: As in a checkpoint.
    """

    state: dict[str, Tensor]
    facts: dict[str, Any]


def write_release(
    folder: Path, state: Mapping[str, Tensor], facts: Mapping[str, Any], checkpoint: Path | None
) -> None:
    """Write weights, facts, the checkpoint and the logs of its run.

    :func:`seal` it when all else is in it, too.

    Args:
        folder: Where to; is made.
        state: The network's weights.
        facts: Of the checkpoint.
        checkpoint: Its file, in the ``checkpoints`` folder of its run; None where the weights came
            bare.
    """
    folder.mkdir(parents=True, exist_ok=True)
    own = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in state.items()}
    _save(own, folder / WEIGHTS_NAME)
    torch.save(own, folder / "model_weights.pth")
    plain, tensors = _parted(facts)
    _save(tensors, folder / TENSORS_NAME)
    write_json(folder / FACTS_NAME, {"release": SCHEMA, **plain})
    if checkpoint is not None:
        _write_run(folder, checkpoint)


def _write_run(folder: Path, checkpoint: Path) -> None:
    (folder / "logs").mkdir()
    shutil.copyfile(checkpoint, folder / "checkpoint.ckpt")
    for name in _LOGS:
        source = checkpoint.parent.parent / name
        if source.is_file():
            shutil.copyfile(source, folder / "logs" / name)


def _save(tensors: dict[str, Tensor], path: Path) -> None:
    """Save tensors for all to read; the library's own file would be for its writer alone."""
    path.write_bytes(safetensors.torch.save(tensors, metadata={"format": "pt"}))


def seal(folder: Path) -> None:
    """Write the sums: from now on a file that changes is refused."""
    write_sums(folder)


def check_release(folder: Path) -> None:
    """Refuse a folder that is no whole release, or one of whose files was changed.

    Raises:
        CheckpointError: It is such a folder; the message names what is wrong.
    """
    check_sums(folder, needed=(WEIGHTS_NAME, FACTS_NAME, TENSORS_NAME))


def read_release(folder: Path) -> Released:
    """Read a release, after its sums.

    Raises:
        CheckpointError: It is none, or not whole, or not what was released, or of a later version.
    """
    check_release(folder)
    try:
        facts = json.loads((folder / FACTS_NAME).read_text("utf-8"))
        schema = facts.pop("release")
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        msg = f"{folder / FACTS_NAME} is not what export.py writes ({error})"
        raise CheckpointError(msg) from error
    if schema != SCHEMA:
        msg = f"{folder} is a release of layout {schema}, expected {SCHEMA}; use the version of "
        raise CheckpointError(msg + "resgat that wrote it")
    for name, tensor in read_tensors(folder / TENSORS_NAME).items():
        _put(facts, name.split("."), tensor)
    return Released(read_tensors(folder / WEIGHTS_NAME), facts)


def _parted(facts: Mapping[str, Any], prefix: str = "") -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Part facts into what JSON can say and tensors, those under their dotted names."""
    plain: dict[str, Any] = {}
    tensors: dict[str, Tensor] = {}
    for key, value in facts.items():
        if isinstance(value, Tensor):
            tensors[f"{prefix}{key}"] = value.detach().cpu().contiguous()
        elif isinstance(value, Mapping):
            plain[key], more = _parted(value, f"{prefix}{key}.")
            tensors |= more
        else:
            plain[key] = value
    return plain, tensors


def _put(facts: dict[str, Any], keys: list[str], tensor: Tensor) -> None:
    *sections, last = keys
    for key in sections:
        facts = facts.setdefault(key, {})
    facts[last] = tensor


def weights_file(path: Path) -> Path:
    """Return the file with the weights of a release, or the checkpoint itself."""
    return path / WEIGHTS_NAME if path.is_dir() else path


def is_release(path: Path) -> bool:
    """Tell whether a path is a folder with the sums of a release."""
    return (path / SUMS_NAME).is_file()
