"""The paper's released weights, which come bare, as a detector with what is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resgat.errors import ConfigError
from resgat.files import file_sha256
from resgat.lit.checkpoint import FACTS_SCHEMA
from resgat.run.instantiate import build
from resgat.run.provenance import code_version
from resgat.run.trained import Trained
from resgat.targets import check_targets

#: What the released scripts make of a face before the network sees it.
_SIZE_PX, _NORMALISE = 224, "none"
_LABELS = "1 is real in the file; the classifier's sign was flipped, and 1 is fake here"
_CROPS = "not known: the scripts read face images that another program had cut"
_LEVELS = ("video", "frame")


def import_released(model: Mapping[str, Any]) -> Trained:
    """Build a paper preset with the weights of a file, and say what the file does not tell.

    Args:
        model: The section ``model``, with the file under ``released``.

    Raises:
        ConfigError: The model takes no released weights, or none are named.
        WeightsUnavailableError: There is no such file.
        CheckpointError: It is unusable, or holds another model.
    """
    if model.get("released") is None:
        msg = (
            "model: weights are imported with model=resgatv1_paper or model=resgatv2_paper and "
            "model.released=model_weights.pth; a model trained here is exported with "
            "ckpt_path=RUN/checkpoints/best.ckpt"
        )
        raise ConfigError(msg)
    check_targets({"model": model})
    path = Path(model["released"])
    return Trained(path, build(model), _facts(model, path))


def _facts(model: Mapping[str, Any], path: Path) -> dict[str, Any]:
    return {
        "schema": FACTS_SCHEMA,
        "config": {
            "seed": None,
            "model": {**model, "released": None},
            "data": {"corpus": None, "size_px": _SIZE_PX, "normalise": _NORMALISE},
        },
        "imported": {
            "file": path.name,
            "sha256": file_sha256(path),
            "labels": _LABELS,
            "crops": _CROPS,
        },
        "crop_spec": None,
        "thresholds": dict.fromkeys(_LEVELS),
        "temperatures": dict.fromkeys(_LEVELS),
        "reference": None,
        "code": code_version(),
    }
