"""Maps that do not look at the model, or not at the image: what every method has to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from resgat.errors import ConfigError
from resgat.explain.attention import degree_null, mean_attention
from resgat.explain.attribution import Attribution
from resgat.explain.controls import center_map, oracle_maps, random_maps, smooth_random_maps
from resgat.explain.faces import Faces
from resgat.explain.footprint import pixel_to_node
from resgat.explain.probe import Probe

#: Side of the grid that controls without a model's nodes are drawn on.
_CELLS = 14


@dataclass(frozen=True)
class RandomMap:
    """``random``: white noise, a face's own."""

    tier: ClassVar[int] = 0

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return noise on a 14 x 14 grid, as pixels (B, H, W)."""
        maps = [random_maps(1, (_CELLS, _CELLS), seed) for seed in faces.seed.tolist()]
        return _on_pixels(torch.cat(maps), faces)


@dataclass(frozen=True)
class SmoothRandomMap:
    """``random_smooth``: noise with blobs as wide as those of a heat map."""

    tier: ClassVar[int] = 0

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return noise on a 14 x 14 grid, as pixels (B, H, W)."""
        maps = [smooth_random_maps(1, (_CELLS, _CELLS), seed) for seed in faces.seed.tolist()]
        return _on_pixels(torch.cat(maps), faces)


@dataclass(frozen=True)
class CenterMap:
    """``center``: a Gaussian at the middle of the crop, where faces are."""

    tier: ClassVar[int] = 0

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the same map for every face, (B, H, W)."""
        size_px = faces.pixels.shape[-1]
        heat = center_map((size_px, size_px)).view(1, size_px, size_px)
        return Attribution(heat.repeat(len(faces.pixels), 1, 1), "pixel", "density")


@dataclass(frozen=True)
class UniformMap:
    """``uniform``: the same everywhere; degenerate by definition, and so chance."""

    tier: ClassVar[int] = 0

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return ones (B, H, W)."""
        return Attribution(torch.ones_like(faces.pixels[:, 0]), "pixel", "density")


@dataclass(frozen=True)
class FacePrior:
    """``face_prior``: where the fakes of the training set are altered, on average."""

    tier: ClassVar[int] = 0

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the mean training mask for every face, (B, H, W).

        Raises:
            ConfigError: There are no training masks.
        """
        prior = probe.known.mean_mask
        if prior is None:
            msg = "face_prior needs the training set's masks, and there are none; choose another"
            raise ConfigError(msg)
        planes = prior[None, None].float()
        size = tuple(faces.pixels.shape[2:])
        heat = F.interpolate(planes, size=size, mode="bilinear", align_corners=False)[:, 0]
        return Attribution(heat.repeat(len(faces.pixels), 1, 1), "pixel", "density")


@dataclass(frozen=True)
class SrmEnergy:
    """``srm_energy``: energy of the noise residual, which finds forgeries without any detector.

    The grey image through the second-order kernel of the steganalysis rich model, squared, and
    averaged over a sixteenth of the side.

    Source:
        Fridrich and Kodovsky 2012 (IEEE TIFS 7), the kernel "SQUARE 3x3".
    """

    tier: ClassVar[int] = 0

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the residual's energy (B, H, W)."""
        kernel = torch.tensor([[-1.0, 2, -1], [2, -4, 2], [-1, 2, -1]])[None, None] / 4
        grey = faces.pixels.float().cpu().mean(1, keepdim=True)
        energy = F.conv2d(F.pad(grey, (1, 1, 1, 1), mode="reflect"), kernel) ** 2
        reach = max(1, grey.shape[-1] // 32)
        smooth = F.avg_pool2d(
            energy, 2 * reach + 1, stride=1, padding=reach, count_include_pad=False
        )
        return Attribution(smooth[:, 0], "pixel", "density")


@dataclass(frozen=True)
class DegreeNull:
    """``degree_null``: the published map of a model that attends to all neighbours alike."""

    tier: ClassVar[int] = 0

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the same map for every face, (B, N).

        Raises:
            ConfigError: The model has no graph layer.
        """
        evidence = probe.evidence(faces.pixels)
        _, edges = mean_attention(evidence)
        null = degree_null(edges, evidence.nodes.shape[1])
        return Attribution(null.repeat(len(evidence.nodes), 1), "node", "density")


@dataclass(frozen=True)
class OracleNode:
    """``oracle_node``: the true mask averaged over the model's nodes; the ceiling of its grid."""

    tier: ClassVar[int] = 0

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the altered share of each node (B, N).

        Raises:
            ConfigError: The true masks are unknown.
        """
        if faces.mask is None:
            msg = "oracle_node needs the true masks, and these faces have none; choose another"
            raise ConfigError(msg)
        grid = probe.evidence(faces.pixels).grid
        return Attribution(oracle_maps(pixel_to_node(faces.mask, grid)), "node", "density")


def _on_pixels(cells: Tensor, faces: Faces) -> Attribution:
    planes = cells.view(-1, 1, _CELLS, _CELLS)
    size = tuple(faces.pixels.shape[2:])
    heat = F.interpolate(planes, size=size, mode="bilinear", align_corners=False)
    return Attribution(heat[:, 0], "pixel", "density")
