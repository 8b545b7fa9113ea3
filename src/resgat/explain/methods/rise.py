"""Show random parts of the face, and average what the network says over what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from resgat.checks import check_range
from resgat.explain.attribution import Attribution
from resgat.explain.faces import Faces
from resgat.explain.fills import Fill, check_fills_all, filled
from resgat.explain.probe import Probe


@dataclass(frozen=True)
class Rise:
    """``rise``: ``sum_m p(x shown through m) m / sum_m m``, in P(fake), less its mean.

    Args:
        num: Random masks for each face.
        cells: Cells along the side of a mask's coarse grid.
        keep: Chance that a cell is shown.
        fill: What takes the hidden pixels' place; not ``inpaint``.

    Source:
        Petsiuk, Das and Saenko 2018 (arXiv 1806.07421).
    """

    num: int = 1000
    cells: int = 7
    keep: float = 0.5
    fill: Fill = "blur"
    tier: ClassVar[int] = 3

    def __post_init__(self) -> None:
        check_range("num", self.num, low=2)
        check_range("cells", self.cells, low=1)
        check_range("keep", self.keep, low=0.01, high=0.99)
        check_fills_all(self.fill)

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return what seeing each pixel is worth (B, H, W), beside the average pixel.

        Raises:
            ConfigError: The fill cannot be had.
        """
        heats = [self._explain(probe, faces, row) for row in range(len(faces.pixels))]
        return Attribution(torch.stack(heats), "pixel", "density")

    def _explain(self, probe: Probe, faces: Faces, row: int) -> Tensor:
        generator = torch.Generator().manual_seed(int(faces.seed[row]))
        size_px = faces.pixels.shape[-1]
        shown = random_masks(self.num, self.cells, self.keep, size_px, generator)
        image = faces.pixels[row : row + 1].cpu()
        twin = None if faces.twin is None else faces.twin[row : row + 1].cpu()
        background = filled(image, torch.ones(1, size_px, size_px), self.fill, twin)
        heat = torch.zeros(size_px, size_px)
        for part in torch.split(shown, 64):  # all at once would take gigabytes
            mixed = background + part[:, None] * (image - background)
            heat += torch.einsum("m,mhw->hw", probe.prob(mixed).cpu(), part)
        heat = heat / shown.sum(0).clamp_min(1e-6)
        return heat - heat.mean()


def random_masks(
    num: int, cells: int, keep: float, size_px: int, generator: torch.Generator
) -> Tensor:
    """Return soft masks in [0, 1]: random coarse grids, enlarged and shifted, (num, H, W)."""
    coarse = (torch.rand(num, 1, cells + 1, cells + 1, generator=generator) < keep).float()
    cell_px = -(-size_px // cells)
    large = F.interpolate(coarse, size=(cells + 1) * cell_px, mode="bilinear", align_corners=False)
    starts = torch.randint(cell_px, (num, 2), generator=generator).tolist()
    return torch.stack(
        [
            mask[0, top : top + size_px, left : left + size_px]
            for mask, (top, left) in zip(large, starts, strict=True)
        ]
    )
