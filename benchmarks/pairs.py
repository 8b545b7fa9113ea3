"""What is compared with what. The names are stable: later runs are compared by them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from benchmarks.loading import loader_sides
from benchmarks.networks import evidence_sides, train_step_sides
from benchmarks.paired import Pair

_TRAIN_STEP_TARGET = 1.10
_EVIDENCE_TARGET = 1.08


def all_pairs(crops_dir: Path) -> list[Pair]:
    """List the comparisons in the order they are measured.

    Args:
        crops_dir: Where the crops for the loader are drawn when its turn comes.
    """
    models = ("resgatv2", "resgatv1")
    return [
        *(_train_step(model, "resnet34") for model in models),
        *(_evidence(model, "resnet34") for model in models),
        Pair(
            "evidence_vs_logit_resgatv2",
            "smaller",
            None,
            partial(evidence_sides, "resgatv2", "resgatv2"),
        ),
        Pair("loader_train_vs_decode", "larger", None, partial(loader_sides, crops_dir)),
    ]


def _train_step(model: str, control: str) -> Pair:
    name = f"train_step_{model}_vs_{control}"
    return Pair(name, "smaller", _TRAIN_STEP_TARGET, partial(train_step_sides, model, control))


def _evidence(model: str, control: str) -> Pair:
    name = f"inference_evidence_{model}_vs_{control}"
    return Pair(name, "smaller", _EVIDENCE_TARGET, partial(evidence_sides, model, control))
