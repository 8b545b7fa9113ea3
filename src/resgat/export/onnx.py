"""A detector as ONNX: faces in, logit and evidence out, no code of ours needed."""

from __future__ import annotations

import importlib
import logging
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from resgat.errors import ConfigError, ExportError
from resgat.export.attention import without_graph_library
from resgat.files import write_atomic
from resgat.types import Evidence

logger = logging.getLogger(__name__)

#: In this order; a model without a graph has no attention, one whose head is not additive no
#: contributions.
OUTPUTS = ("logit", "contribution", "attention")
INPUT = "pixels"
#: By which an output may differ, absolute, or as a share of the largest value above one. Rounding
#: shows in feature maps and attention first: in float32 PyTorch's own is 1e-4 there in a ResNet-50.
TOLERANCES = {"logit": 1e-4, "contribution": 1e-4}
OTHER_TOLERANCE = 1e-3
#: Images at a time on which a file is compared with the detector.
_BATCHES = (1, 3, 16)


class WithEvidence(nn.Module):
    """Pixels in [0, 1] -> what there is of :data:`OUTPUTS`.

    Args:
        net: The detector.
        mean: Of its normalisation, per channel.
        std: Of its normalisation, per channel.
    """

    def __init__(self, net: nn.Module, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.net = net
        # Not "mean": the exporter gives a mean over cells that name, too, and mixes up the two.
        self.pixel_mean = nn.Buffer(torch.tensor(mean).view(3, 1, 1))
        self.pixel_std = nn.Buffer(torch.tensor(std).view(3, 1, 1))

    def normalised(self, pixels: Tensor) -> Tensor:
        """Return pixels as the network takes them."""
        return (pixels - self.pixel_mean) / self.pixel_std

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Return the outputs.

        Shape:
            pixels: (B, 3, S, S)
        """
        evidence: Evidence = self.net(self.normalised(pixels), return_evidence=True)
        return tuple(found for name in OUTPUTS if (found := getattr(evidence, name)) is not None)


class Backbone(nn.Module):
    """Pixels in [0, 1] -> all that the head sees, by level."""

    def __init__(self, model: WithEvidence) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Return the feature maps, in the order of the levels."""
        detector: Any = self.model.net
        return tuple(detector.features(self.model.normalised(pixels)).values())


def write_onnx(
    net: nn.Module, mean: Sequence[float], std: Sequence[float], size_px: int, folder: Path
) -> dict[str, dict[str, float]]:
    """Write ``model.onnx`` and ``backbone.onnx``, and compare what they say with the detector.

    The number of images is free, their size fixed; the normalisation is inside.

    Args:
        net: The detector, on the CPU.
        mean: Of its normalisation, per channel.
        std: Of its normalisation, per channel.
        size_px: Side of the faces.
        folder: Where to.

    Returns:
        File -> output, in their order -> by how much at most it differed, as
        :func:`largest_differences` has it.

    Raises:
        ConfigError: A package is not installed.
        ExportError: What was written says something else than the detector.
    """
    _needs("onnx", "onnxscript", "onnxruntime")
    drawn = torch.Generator().manual_seed(0)
    pixels = torch.rand(max(_BATCHES), 3, size_px, size_px, generator=drawn)
    own = WithEvidence(net, mean, std).eval()
    plain = WithEvidence(without_graph_library(net, pixels[:1]), mean, std).eval()
    outputs = {"model.onnx": _outputs(own, pixels[:1]), "backbone.onnx": _levels(own, pixels[:1])}
    pairs = ((own, plain), (Backbone(own), Backbone(plain)))
    off = {}
    for (name, said), (truth, module) in zip(outputs.items(), pairs, strict=True):
        _write(module.eval(), pixels[:2], said, folder / name)
        off[name] = _compared(folder / name, truth, pixels, said)
    return off


def _compared(
    path: Path, truth: nn.Module, pixels: Tensor, outputs: Sequence[str]
) -> dict[str, float]:
    """Compare a file with what it was made from, and return the largest difference by output."""
    off = dict.fromkeys(outputs, 0.0)
    for size in _BATCHES:
        with torch.no_grad():
            expected = dict(zip(outputs, truth(pixels[:size]), strict=True))
        found = check_same(path, pixels[:size], expected)
        off = {name: max(most, found[name]) for name, most in off.items()}
    worst = ", ".join(f"{name} {most:.1e}" for name, most in off.items())
    logger.info("%s differs from the detector by at most: %s", path.name, worst)
    return off


def _outputs(model: WithEvidence, pixels: Tensor) -> list[str]:
    with torch.no_grad():
        evidence: Evidence = model.net(pixels, return_evidence=True)
    return [name for name in OUTPUTS if getattr(evidence, name) is not None]


def _levels(model: WithEvidence, pixels: Tensor) -> list[str]:
    detector: Any = model.net
    with torch.no_grad():
        return list(detector.features(pixels))


def _write(module: nn.Module, pixels: Tensor, outputs: Sequence[str], path: Path) -> None:
    """Write a module; ``pixels`` are two images, for one would be taken for a constant."""

    def write(beside: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the exporter about its own future
            program = torch.onnx.export(
                module,
                (pixels,),
                dynamo=True,
                input_names=[INPUT],
                output_names=list(outputs),
                dynamic_shapes={"pixels": {0: torch.export.Dim("batch", min=1, max=4096)}},
                verbose=False,
            )
        if program is None:
            msg = f"{path.name}: the exporter gave no program"
            raise ExportError(msg)
        program.save(beside)

    write_atomic(path, write)


def check_same(path: Path, pixels: Tensor, expected: Mapping[str, Tensor]) -> dict[str, float]:
    """Refuse a file that says something else than the detector about images.

    Args:
        path: The file.
        pixels: Images in [0, 1].
        expected: Output -> what the detector says.

    Returns:
        What :func:`largest_differences` does.

    Raises:
        ExportError: A logit or contribution differs by more than 1e-4, or another output by more
            than 1e-3.
    """
    off = largest_differences(path, pixels, expected)
    for name, most in off.items():
        allowed = TOLERANCES.get(name, OTHER_TOLERANCE)
        if not most <= allowed:
            msg = (
                f"{path.name}: {name} of {len(pixels)} images is off by {most:.2g}, more than "
                f"{allowed:g}; the exporter or the runtime is at fault, so do not use the file"
            )
            raise ExportError(msg)
    return off


def largest_differences(
    path: Path, pixels: Tensor, expected: Mapping[str, Tensor]
) -> dict[str, float]:
    """Return by how much at most each output of a file differs from what is expected.

    Absolute; of an output whose largest value is above one, as a share of that value.

    Args:
        path: The file.
        pixels: Images in [0, 1].
        expected: Output -> what it should be.
    """
    runtime = importlib.import_module("onnxruntime")
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found = session.run(list(expected), {INPUT: pixels.numpy()})
    return {
        name: float(np.abs(truth.numpy() - values).max()) / max(1.0, float(truth.abs().max()))
        for (name, truth), values in zip(expected.items(), found, strict=True)
    }


def _needs(*packages: str) -> None:
    for package in packages:
        try:
            importlib.import_module(package)
        except ImportError as error:
            msg = f"writing ONNX needs {package}; install it with pip install 'resgat[export]', or "
            raise ConfigError(msg + "leave it out with onnx=false") from error
