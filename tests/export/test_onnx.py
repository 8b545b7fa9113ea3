"""What the files say, by a runtime that knows nothing of ours."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from torch import Tensor, nn

from resgat.config import register
from resgat.errors import ExportError
from resgat.export.onnx import WithEvidence, check_same, largest_differences, write_onnx
from resgat.models.resnet import ResNetClassifier
from resgat.models.trunk import ResNetTrunk

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

#: What makes a preset small; its head and its graph stay what they are.
SMALL = {
    "resgatv1": ("model/backbone=resnet18",),
    "resgatv2": ("model/backbone=resnet18",),
    "resgatv1_paper": ("model/backbone=resnet18", "model.head.dim=8"),
    "resgatv2_paper": ("model/backbone=resnet18", "model.head.dim=8"),
}

Build = Callable[..., Any]


@pytest.fixture(scope="module")
def build(repo: Path) -> Iterator[Build]:
    """Build a model from conf, so that its outputs are neither all alike nor without measure."""
    register()
    with initialize_config_dir(str(repo / "conf"), version_base="1.3"):

        def make(model: str, *overrides: str, size_px: int) -> Any:
            torch.manual_seed(1)
            net = instantiate(compose("train", [f"model={model}", *overrides]).model)
            return awake(net, torch.rand(4, 3, size_px, size_px))

        yield make


def awake(net: nn.Module, images: Tensor) -> nn.Module:
    """Give batch norms the statistics of images, and let vectors of weights differ from nothing."""
    for name, value in net.state_dict().items():
        if value.dtype == torch.float32 and "running_" not in name and value.dim() < 2:
            value += 0.2 * torch.randn(value.shape)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the mean over all that it has seen
    with torch.no_grad():
        net.train()(normalised(images))
    return net.eval()


def normalised(pixels: Tensor) -> Tensor:
    return (pixels - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)


def check_that_a_runtime_agrees(net: Any, folder: Path, size_px: int) -> None:
    """Compare what was written with the detector, on images that the writer has not seen."""
    off = write_onnx(net, MEAN, STD, size_px, folder)
    outputs = list(off["model.onnx"])
    assert 0 <= max(off["model.onnx"]["logit"], off["model.onnx"]["contribution"]) <= 1e-4
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    for num in (1, 3, 16):
        pixels = torch.rand(num, 3, size_px, size_px)
        found = session.run(outputs, {"pixels": pixels.numpy()})
        with torch.no_grad():
            truth: Any = net(normalised(pixels), return_evidence=True)
        for output, values in zip(outputs, found, strict=True):
            expected = getattr(truth, output).numpy()
            assert values.shape == expected.shape
            atol = 1e-3 if output == "attention" else 1e-4
            np.testing.assert_allclose(values, expected, atol=atol, rtol=0)
    # Of numbers as small as what is allowed, anything would agree.
    assert float(truth.logit.std()) > 1e-3
    assert float(truth.contribution.abs().max()) > 1e-3
    backbone = onnxruntime.InferenceSession(folder / "backbone.onnx")
    assert [one.name for one in backbone.get_outputs()] == list(off["backbone.onnx"])


@pytest.mark.parametrize("model", SMALL)
def test_logits_and_evidence_are_those_of_the_detector_for_any_number_of_images(
    model: str, build: Build, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        check_that_a_runtime_agrees(build(model, *SMALL[model], size_px=64), tmp_path, 64)
    assert "model.onnx differs from the detector by at most: logit " in caplog.text
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    assert [one.name for one in session.get_outputs()] == ["logit", "contribution", "attention"]


@pytest.mark.slow
@pytest.mark.parametrize("model", SMALL)
def test_the_models_as_they_are_trained_are_written_as_exactly(
    model: str, build: Build, tmp_path: Path
) -> None:
    check_that_a_runtime_agrees(build(model, size_px=224), tmp_path, 224)


def test_a_file_that_says_something_else_is_refused(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = awake(ResNetClassifier(ResNetTrunk("resnet18", last="layer1")), torch.rand(2, 3, 32, 32))
    off = write_onnx(net, MEAN, STD, 32, tmp_path)
    assert list(off["model.onnx"]) == ["logit", "contribution"]  # without a graph, no attention
    file, pixels = tmp_path / "model.onnx", torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        logit, _ = WithEvidence(net, MEAN, STD)(pixels)
    assert set(check_same(file, pixels, {"logit": logit})) == {"logit"}
    with pytest.raises(ExportError, match=r"model\.onnx: logit of 2 images is off by 0\.0"):
        check_same(file, pixels, {"logit": logit + 0.01})
    with pytest.raises(ExportError, match="is off by nan"):
        check_same(file, pixels, {"logit": logit * float("nan")})
    far = largest_differences(file, pixels, {"logit": logit + 1000})  # a share of what is large
    assert far["logit"] == pytest.approx(1000 / float((logit + 1000).abs().max()), rel=1e-4)


@pytest.mark.parametrize(
    ("output", "allowed"),
    [("logit", 1e-4), ("contribution", 1e-4), ("attention", 1e-3), ("layer4", 1e-3)],
)
def test_rounding_that_decides_nothing_may_be_larger(
    output: str, allowed: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = {output: 0.9 * allowed}
    monkeypatch.setattr("resgat.export.onnx.largest_differences", lambda *_: dict(off))
    assert check_same(Path("model.onnx"), torch.zeros(1), {}) == off
    off[output] = 1.1 * allowed
    with pytest.raises(ExportError, match=f"{output} of 1 images is off by .* than {allowed:g};"):
        check_same(Path("model.onnx"), torch.zeros(1), {})
