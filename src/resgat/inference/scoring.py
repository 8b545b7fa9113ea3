"""Face crops -> logits and evidence: one pass of the detector over a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resgat.data.transforms import Augment
from resgat.errors import CheckpointError
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


@dataclass(frozen=True, eq=False)
class Compared:
    """A batch of faces under several methods.

    Attributes:
        images: (B, S, S, 3) uint8 RGB, as the network sees the faces.
        by_method: Method -> what it says of them.
    """

    images: NDArray[np.uint8]
    by_method: Mapping[str, Explanation]


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
            CheckpointError: A logit is not finite.
            ConfigError: The model lacks what the explainer needs.
        """
        pixels = self._pixels(cuts)
        with self._probe.open():
            evidence = self._evidence(pixels)
            if not evidence.logit.isfinite().all():
                msg = "the detector's logit of a face is no number: its weights are damaged; use "
                raise CheckpointError(msg + "another copy of it")
            if self._explainer is None and evidence.contribution is None:
                return [FaceScore(float(x), None, None, None) for x in evidence.logit.double()]
            return self._with_evidence(pixels, cuts, evidence)

    def compare(self, cuts: Sequence[FaceCut], methods: Mapping[str, Explainer]) -> Compared:
        """Explain a batch by several methods.

        Raises:
            ConfigError: The model lacks what one of them needs.
        """
        faces = _faces(self._pixels(cuts), cuts)
        with self._probe.open():
            grid = view_grid(self._evidence(faces.pixels[:1]).grid)
            found = {
                name: explain(method, self._probe, faces, grid) for name, method in methods.items()
            }
        images = (255 * faces.pixels.permute(0, 2, 3, 1)).round().byte().numpy()
        return Compared(images, found)

    def _pixels(self, cuts: Sequence[FaceCut]) -> Tensor:
        return torch.stack([self._transform(cut.crop, 0) for cut in cuts])

    def _evidence(self, pixels: Tensor) -> Evidence:
        with torch.no_grad():
            return self._probe.evidence(pixels)

    def _with_evidence(
        self, pixels: Tensor, cuts: Sequence[FaceCut], evidence: Evidence
    ) -> list[FaceScore]:
        found = self._explained(_faces(pixels, cuts), evidence)
        rows = zip(evidence.logit.double(), found.mass, found.region, found.pixel, strict=True)
        return [
            FaceScore(float(logit), mass.numpy(), region.numpy(), heat.numpy())
            for logit, mass, region, heat in rows
        ]

    def _explained(self, faces: Faces, evidence: Evidence) -> Explanation:
        if self._explainer is None:
            own = Attribution(contribution(evidence), "node", "additive")
            return views(own, faces.regions, evidence.grid, Cost(Passes(), 0.0))
        return explain(self._explainer, self._probe, faces, view_grid(evidence.grid))


def _faces(pixels: Tensor, cuts: Sequence[FaceCut]) -> Faces:
    regions = torch.stack([_regions(cut, pixels.shape[-1]) for cut in cuts])
    return Faces(pixels, regions, torch.zeros(len(pixels), dtype=torch.int64))


def _regions(cut: FaceCut, size_px: int) -> Tensor:
    """Return the regions of a face: by its landmarks, else those of the average face."""
    if cut.landmarks is None:
        return _average_regions(size_px)
    return region_masks(torch.tensor(cut.landmarks) * (size_px / len(cut.crop)), size_px)


@cache
def _average_regions(size_px: int) -> Tensor:
    return region_masks(None, size_px)
