"""An explanation as the package draws it, against the bare logits of the same network."""

from __future__ import annotations

import torch

from benchmarks.networks import network
from benchmarks.paired import Sides
from resgat.data.transforms import MEAN, STD
from resgat.explain.attribution import Explainer
from resgat.explain.faces import Faces
from resgat.explain.methods.contribution import Contrast, Contribution
from resgat.explain.probe import Known, Probe

METHODS: dict[str, Explainer] = {"contrib": Contribution(), "contrast": Contrast()}

_BATCH_SIZE, _SIZE_PX = 32, 224


def explanation_sides(method: str, model: str) -> Sides:
    """Compare a method's maps with the logits alone, on the same images.

    Args:
        method: A name of :data:`METHODS`.
        model: A name of ``conf/model``.
    """
    generator = torch.Generator().manual_seed(0)
    pixels = torch.rand(_BATCH_SIZE, 3, _SIZE_PX, _SIZE_PX, generator=generator)
    detector = network(model).eval().requires_grad_(False)
    nodes = detector(pixels[:1], return_evidence=True).contribution.shape[1]
    probe = Probe(detector, mean=MEAN, std=STD, known=Known(reference=torch.zeros(nodes)))
    faces = Faces(pixels, torch.zeros(_BATCH_SIZE, 8, 1, 1, dtype=torch.bool), torch.arange(0))
    return Sides(lambda: METHODS[method].attribute(probe, faces), lambda: probe.logit(pixels))
