"""Face crops -> logits and evidence: one pass of the detector over a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resgat.data.transforms import Augment
from resgat.explain.attribution import Attribution, Explainer
from resgat.explain.contribution import contribution
from resgat.explain.explanation import Cost, Explanation, explain, views
from resgat.explain.faces import Faces
from resgat.explain.grid import view_grid
from resgat.explain.probe import Passes, Probe
from resgat.explain.regions import region_masks
from resgat.inference.cutting import FaceCut
from resgat.types import Evidence


@dataclass(frozen=True, eq=False)
class FaceScore:
    """What the detector says of one face.

    Attributes:
        logit: Of "fake".
        mass: (8,), share of the positive evidence in each region; None without evidence.
        region: (8,), what regions are ranked by, signed; or None.
        heat: (S, S) per pixel of the crop, signed, + speaks for "fake"; or None.
    """

    logit: float
    mass: NDArray[np.float32] | None
    region: NDArray[np.float32] | None
    heat: NDArray[np.float32] | None


class FaceScorer:
    """Asks a detector about batches of faces.

    Args:
        probe: The detector.
        transform: Crop -> pixels in [0, 1], as in evaluation.
        explainer: The method that explains; None takes the contributions that an additive head
            yields in the same pass, and no evidence of another head.
    """

    def __init__(self, probe: Probe, transform: Augment, explainer: Explainer | None) -> None:
        self._probe = probe
        self._transform = transform
        self._explainer = explainer

    def score(self, cuts: Sequence[FaceCut]) -> list[FaceScore]:
        """Score a batch.

        Raises:
            ConfigError: The model lacks what the explainer needs.
        """
        pixels = torch.stack([self._transform(cut.crop, 0) for cut in cuts])
        with self._probe.open():
            with torch.no_grad():
                evidence = self._probe.evidence(pixels)
            if self._explainer is None and evidence.contribution is None:
                return [FaceScore(float(x), None, None, None) for x in evidence.logit.double()]
            return self._with_evidence(pixels, cuts, evidence)

    def _with_evidence(
        self, pixels: Tensor, cuts: Sequence[FaceCut], evidence: Evidence
    ) -> list[FaceScore]:
        size_px = pixels.shape[-1]
        regions = torch.stack([_regions(cut, size_px) for cut in cuts])
        found = self._explained(pixels, regions, evidence)
        rows = zip(evidence.logit.double(), found.mass, found.region, found.pixel, strict=True)
        return [
            FaceScore(float(logit), mass.numpy(), region.numpy(), heat.numpy())
            for logit, mass, region, heat in rows
        ]

    def _explained(self, pixels: Tensor, regions: Tensor, evidence: Evidence) -> Explanation:
        if self._explainer is None:
            own = Attribution(contribution(evidence), "node", "additive")
            return views(own, regions, evidence.grid, Cost(Passes(), 0.0))
        faces = Faces(pixels, regions, torch.zeros(len(pixels), dtype=torch.int64))
        return explain(self._explainer, self._probe, faces, view_grid(evidence.grid))


def _regions(cut: FaceCut, size_px: int) -> Tensor:
    """Return the regions of a face: by its landmarks, else those of the average face."""
    if cut.landmarks is None:
        return region_masks(None, size_px)
    return region_masks(torch.tensor(cut.landmarks) * (size_px / len(cut.crop)), size_px)
