"""What predicting adds to the bare network, and what ONNX Runtime takes away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import torch

from benchmarks.networks import network
from benchmarks.paired import Sides
from resgat.data.transforms import MEAN, STD, eval_transform
from resgat.explain.probe import Probe
from resgat.export.onnx import INPUT, WithEvidence, write_onnx
from resgat.inference.cutting import FaceCut
from resgat.inference.scoring import FaceScorer

_BATCH_SIZE, _SIZE_PX = 32, 224


def onnx_sides(model: str, folder: Path) -> Sides:
    """Compare ``model.onnx`` with the same network in PyTorch, evidence included, on one image.

    Args:
        model: A name of ``conf/model``.
        folder: Where the file is written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    eager = WithEvidence(network(model).eval(), MEAN, STD).eval()
    write_onnx(eager.net, MEAN, STD, _SIZE_PX, folder)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(folder / "model.onnx", options)
    pixels = torch.rand(1, 3, _SIZE_PX, _SIZE_PX, generator=torch.Generator().manual_seed(0))
    array = pixels.numpy()

    @torch.inference_mode()
    def run_eager() -> object:
        return eager(pixels)

    return Sides(lambda: session.run(None, {INPUT: array}), run_eager)


def scoring_sides(model: str) -> Sides:
    """Compare scoring face crops, from bytes to regions, with the bare logits of as many tensors.

    Args:
        model: A name of ``conf/model``.
    """
    net = network(model).eval().requires_grad_(False)
    rng = np.random.default_rng(0)
    crops = rng.integers(0, 256, (_BATCH_SIZE, _SIZE_PX, _SIZE_PX, 3), dtype=np.uint8)
    square = (0, 0, _SIZE_PX, _SIZE_PX)
    cuts = [FaceCut(0, square, square, None, None, crop) for crop in crops]
    probe = Probe(net, mean=MEAN, std=STD)
    scorer = FaceScorer(probe, eval_transform(_SIZE_PX, normalise="none"), None)
    images = torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255

    @torch.inference_mode()
    def raw() -> object:
        return net(images)

    return Sides(lambda: scorer.score(cuts), raw)
