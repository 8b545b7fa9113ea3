"""What is compared with what. The names are stable: later runs are compared by them."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path

from benchmarks.evaluation import evaluation_sides
from benchmarks.explaining import METHODS, explanation_sides
from benchmarks.index import index_sides
from benchmarks.loading import SIZE_PX, decode_sides, plain_sides
from benchmarks.networks import compiled_sides, evidence_sides, train_step_sides
from benchmarks.paired import Pair
from benchmarks.predicting import onnx_sides, scoring_sides
from benchmarks.preprocessing import Control, Detector, preprocess_sides
from benchmarks.startup import ANSWERS, answer_sides, first_step_sides
from benchmarks.training import (
    limit_sides,
    loader_alone_sides,
    model_alone_sides,
    precision_sides,
)

_TRAIN_STEP_TARGET = 1.05
_LIMIT_TARGET = 0.9
_LOADER_TARGET = 2.0
_BFLOAT16_TARGET = 1.5
_EVIDENCE_TARGET = 1.08
_FEW = 5  # rounds of what takes many seconds
#: Control -> how many times as fast, and how many rounds.
_PREPROCESS_TARGETS: dict[Control, tuple[float, int]] = {
    "seek_loop": (3.0, 3),
    "decode_only": (0.7, 7),
}


def all_pairs(scratch: Path) -> list[Pair]:
    """List the comparisons in the order they are measured.

    Args:
        scratch: A folder in which each puts what it needs when its turn comes.
    """
    models = ("resgatv2", "resgatv1")
    return [
        *(_train_step(model, "resnet34") for model in models),
        *_compiled("resgatv2"),
        *(_evidence(model, "resnet34") for model in models),
        Pair(
            "evidence_vs_logit_resgatv2",
            "smaller",
            None,
            partial(evidence_sides, "resgatv2", "resgatv2"),
        ),
        *(_explanation(method, "resgatv2") for method in METHODS),
        Pair("scoring_vs_logit_resgatv2", "larger", 0.9, partial(scoring_sides, "resgatv2")),
        Pair(
            "onnx_vs_eager_resgatv2",
            "smaller",
            0.8,
            partial(onnx_sides, "resgatv2", scratch / "onnx"),
        ),
        *_training(scratch / "crops"),
        *_loading(scratch / "crops"),
        *_startup(scratch / "startup"),
        Pair("index_open_vs_arrow", "smaller", None, partial(index_sides, scratch / "index")),
        Pair("million_predictions_vs_torchmetrics", "smaller", None, evaluation_sides, 3),
        *(
            _preprocess(detector, control, scratch / "videos")
            for detector in _detectors()
            for control in _PREPROCESS_TARGETS
        ),
    ]


def _training(folder: Path) -> list[Pair]:
    """A round takes many seconds, and its steps are many: few rounds tell enough."""
    limits = {"float32": "32-true", "bf16": "bf16-mixed"}
    return [
        *(
            Pair(
                f"training_{name}_vs_bare_resnet34",
                "larger",
                _LIMIT_TARGET,
                partial(limit_sides, folder, precision),
                _FEW,
            )
            for name, precision in limits.items()
        ),
        Pair("training_bf16_vs_float32", "larger", _BFLOAT16_TARGET, precision_sides, _FEW),
        Pair("training_vs_model_alone", "larger", None, partial(model_alone_sides, folder), _FEW),
        Pair(
            "training_vs_loader_alone", "smaller", None, partial(loader_alone_sides, folder), _FEW
        ),
    ]


def _loading(folder: Path) -> list[Pair]:
    """Crops stored at the network's size, and larger; decoded in each epoch, and once."""
    plain = [
        Pair(
            f"loader{'_decoded' * decoded}_{stored_px}px_vs_plain",
            "larger",
            _LOADER_TARGET if decoded else None,
            partial(plain_sides, folder, stored_px=stored_px, decoded=decoded),
        )
        for stored_px in (SIZE_PX, 320)
        for decoded in (False, True)
    ]
    return [Pair("loader_train_vs_decode", "larger", None, partial(decode_sides, folder)), *plain]


def _startup(folder: Path) -> list[Pair]:
    """Seconds."""
    return [
        *(
            Pair(f"startup_{name}_s", "smaller", 1.0, partial(answer_sides, name))
            for name in ANSWERS
        ),
        Pair("startup_first_step_s", "smaller", 15.0, partial(first_step_sides, folder), _FEW),
    ]


def _detectors() -> list[Detector]:
    """YuNet is measured where ``RESGAT_YUNET`` names its model file."""
    return ["haar", "yunet"] if os.environ.get("RESGAT_YUNET") else ["haar"]


def _preprocess(detector: Detector, control: Control, folder: Path) -> Pair:
    target, rounds = _PREPROCESS_TARGETS[control]
    name = f"preprocess_{detector}_vs_{control}"
    prepare = partial(preprocess_sides, control, detector, folder)
    return Pair(name, "larger", target, prepare, rounds)


def _train_step(model: str, control: str) -> Pair:
    name = f"train_step_{model}_vs_{control}"
    return Pair(name, "smaller", _TRAIN_STEP_TARGET, partial(train_step_sides, model, control))


def _compiled(model: str) -> list[Pair]:
    """``torch.compile`` needs a C++ compiler."""
    name = f"train_step_compiled_vs_eager_{model}"
    pair = Pair(name, "smaller", None, partial(compiled_sides, model))
    return [pair] if shutil.which("g++") else []


def _evidence(model: str, control: str) -> Pair:
    name = f"inference_evidence_{model}_vs_{control}"
    return Pair(name, "smaller", _EVIDENCE_TARGET, partial(evidence_sides, model, control))


def _explanation(method: str, model: str) -> Pair:
    prepare = partial(explanation_sides, method, model)
    return Pair(f"{method}_vs_logit_{model}", "smaller", _EVIDENCE_TARGET, prepare)
