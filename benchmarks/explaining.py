"""An explanation in all its views, as a run of explanations has it, against the bare logits."""

from __future__ import annotations

import torch

from benchmarks.networks import network
from benchmarks.paired import Sides
from resgat.data.transforms import MEAN, STD
from resgat.explain.attribution import Explainer
from resgat.explain.explanation import explain
from resgat.explain.faces import Faces
from resgat.explain.methods.contribution import Contrast, Contribution
from resgat.explain.probe import Known, Probe
from resgat.explain.regions import region_masks

METHODS: dict[str, Explainer] = {"contrib": Contribution(), "contrast": Contrast()}

_BATCH_SIZE, _SIZE_PX = 32, 224


def explanation_sides(method: str, model: str) -> Sides:
    """Compare a method's nodes, regions and pixels with the logits alone, on the same images.

    Args:
        method: A name of :data:`METHODS`.
        model: A name of ``conf/model``.
    """
    generator = torch.Generator().manual_seed(0)
    pixels = torch.rand(_BATCH_SIZE, 3, _SIZE_PX, _SIZE_PX, generator=generator)
    detector = network(model).eval().requires_grad_(False)
    evidence = detector(pixels[:1], return_evidence=True)
    reference = torch.zeros(evidence.contribution.shape[1])
    probe = Probe(detector, mean=MEAN, std=STD, known=Known(reference=reference))
    regions = region_masks(None, _SIZE_PX).expand(_BATCH_SIZE, -1, -1, -1)
    faces = Faces(pixels, regions, torch.arange(_BATCH_SIZE))
    return Sides(
        lambda: explain(METHODS[method], probe, faces, evidence.grid),
        lambda: probe.logit(pixels),
    )
