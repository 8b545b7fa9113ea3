"""What the files say, by a runtime that knows nothing of ours."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from resgat.errors import ExportError
from resgat.export.onnx import WithEvidence, check_same, write_onnx
from resgat.graph.grid import GridGraph
from resgat.models.additive_head import AdditiveHead
from resgat.models.context import GlobalGain
from resgat.models.mean_head import MeanHead
from resgat.models.resgat import ResGAT
from resgat.models.resnet import ResNetClassifier
from resgat.models.trunk import ResNetTrunk

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SIZE_PX = 32


def trunk(last: str = "layer2") -> ResNetTrunk:
    return ResNetTrunk("resnet18", last=last)


def additive(version: str) -> nn.Module:
    gain = partial(GlobalGain, level="layer2")
    head = partial(AdditiveHead, version=version, heads=2, dim=4, gate_dim=8, context=gain)
    return ResGAT(trunk(), GridGraph(8), head)


def paper(version: str) -> nn.Module:
    return ResGAT(trunk(), GridGraph(4), partial(MeanHead, version=version, level="layer2", dim=4))


MODELS: dict[str, Callable[[], nn.Module]] = {
    "v1": lambda: additive("v1"),
    "v2": lambda: additive("v2"),
    "paper_v1": lambda: paper("v1"),
    "paper_v2": lambda: paper("v2"),
    "resnet": lambda: ResNetClassifier(trunk()),
}


def awake(net: nn.Module) -> nn.Module:
    """Give batch norms statistics and the head weights under which its outputs differ."""
    generator = torch.Generator().manual_seed(0)
    for name, value in net.state_dict().items():
        if value.dtype == torch.float32 and "running_var" not in name and value.dim() < 2:
            value += 0.2 * torch.randn(value.shape, generator=generator)
    return net.eval()


@pytest.mark.parametrize("name", MODELS)
def test_logits_and_evidence_are_those_of_the_detector_for_any_number_of_images(
    name: str, tmp_path: Path
) -> None:
    torch.manual_seed(1)
    net = awake(MODELS[name]())
    outputs = write_onnx(net, MEAN, STD, SIZE_PX, tmp_path)
    has_graph = name != "resnet"
    expected = ["logit", "contribution", *(["attention"] if has_graph else [])]
    assert outputs["model.onnx"] == expected
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    for num in (1, 3, 16):
        pixels = torch.rand(num, 3, SIZE_PX, SIZE_PX)
        found = session.run(expected, {"pixels": pixels.numpy()})
        with torch.no_grad():
            truth: Any = net(
                (pixels - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1),
                return_evidence=True,
            )
        for output, values in zip(expected, found, strict=True):
            np.testing.assert_allclose(values, getattr(truth, output).numpy(), atol=1e-4)
    assert float(truth.logit.std()) > 1e-3
    backbone = onnxruntime.InferenceSession(tmp_path / "backbone.onnx")
    assert [one.name for one in backbone.get_outputs()] == outputs["backbone.onnx"]


def test_a_file_that_says_something_else_is_refused(tmp_path: Path) -> None:
    net = awake(ResNetClassifier(trunk("layer1")))
    write_onnx(net, MEAN, STD, SIZE_PX, tmp_path)
    pixels = torch.rand(2, 3, SIZE_PX, SIZE_PX)
    with torch.no_grad():
        logit, _ = WithEvidence(net, MEAN, STD)(pixels)
    check_same(tmp_path / "model.onnx", pixels, {"logit": logit})
    with pytest.raises(ExportError, match=r"model\.onnx: logit of 2 images is off by 0\.01"):
        check_same(tmp_path / "model.onnx", pixels, {"logit": logit + 0.01})
    with pytest.raises(ExportError, match="is off by nan"):
        check_same(tmp_path / "model.onnx", pixels, {"logit": logit * float("nan")})
