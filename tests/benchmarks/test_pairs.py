"""The names by which later runs are compared, and that their networks are what they are called."""

from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.explaining import explanation_sides
from benchmarks.networks import section
from benchmarks.pairs import all_pairs
from benchmarks.predicting import scoring_sides
from resgat.explain.explanation import Explanation

NAMES = [
    "train_step_resgatv2_vs_resnet34",
    "train_step_resgatv1_vs_resnet34",
    "train_step_compiled_vs_eager_resgatv2",
    "inference_evidence_resgatv2_vs_resnet34",
    "inference_evidence_resgatv1_vs_resnet34",
    "evidence_vs_logit_resgatv2",
    "contrib_vs_logit_resgatv2",
    "contrast_vs_logit_resgatv2",
    "scoring_vs_logit_resgatv2",
    "onnx_vs_eager_resgatv2",
    "training_float32_vs_bare_resnet34",
    "training_bf16_vs_bare_resnet34",
    "training_bf16_vs_float32",
    "training_vs_model_alone",
    "training_vs_loader_alone",
    "loader_train_vs_decode",
    "loader_224px_vs_plain",
    "loader_decoded_224px_vs_plain",
    "loader_320px_vs_plain",
    "loader_decoded_320px_vs_plain",
    "startup_help_s",
    "startup_cfg_job_s",
    "startup_completion_s",
    "startup_first_step_s",
    "index_open_vs_arrow",
    "million_predictions_vs_torchmetrics",
    "preprocess_haar_vs_seek_loop",
    "preprocess_haar_vs_decode_only",
]


def test_names_are_stable_and_listing_them_builds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RESGAT_YUNET", raising=False)
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/g++")
    pairs = all_pairs(tmp_path)
    assert [pair.name for pair in pairs] == NAMES
    assert list(tmp_path.iterdir()) == []


def test_without_a_compiler_nothing_compiled_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert not any("compiled" in pair.name for pair in all_pairs(tmp_path))


def test_what_is_measured_in_speed_wants_a_large_ratio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RESGAT_YUNET", raising=False)
    larger = [pair.name for pair in all_pairs(tmp_path) if pair.better == "larger"]
    of_speed = ("scoring", "training", "loader", "preprocess")
    assert larger == [
        name for name in NAMES if name.startswith(of_speed) and name != "training_vs_loader_alone"
    ]


@pytest.mark.parametrize(
    ("model", "target"),
    [
        ("resgatv2", "resgat.models.resgat.ResGAT"),
        ("resgatv1", "resgat.models.resgat.ResGAT"),
        ("resnet34", "resgat.models.resnet.ResNetClassifier"),
    ],
)
def test_networks_come_from_the_configuration(model: str, target: str) -> None:
    assert section("model", f"model={model}")["_target_"] == target


def test_an_explanation_is_measured_on_the_images_of_its_control() -> None:
    ours, control = explanation_sides("contrib", "resgatv2")
    found, logit = ours(), control()
    assert isinstance(found, Explanation)
    assert isinstance(logit, torch.Tensor)
    assert found.node.shape == (len(logit), 28 * 28)
    assert found.region.shape == (len(logit), 8)
    assert found.pixel.shape == (len(logit), 224, 224)
    assert not found.is_degenerate.any()
    assert not logit.requires_grad


def test_faces_are_scored_on_the_images_of_the_control() -> None:
    ours, control = scoring_sides("resgatv2")
    scores: Any = ours()
    logits: Any = control()
    assert len(scores) == len(logits) == 32
    assert all(score.mass is not None for score in scores)
