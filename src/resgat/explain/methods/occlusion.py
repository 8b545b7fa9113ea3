"""Hide a part, and see what the logit loses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from resgat.checks import check_range
from resgat.explain.attribution import Attribution
from resgat.explain.faces import Faces
from resgat.explain.fills import Fill, check_fills_all, filled
from resgat.explain.probe import Probe


@dataclass(frozen=True)
class RegionOcclusion:
    """``occlusion``: the fall of the logit when one of the eight regions is hidden.

    Args:
        fill: What takes a hidden region's place.
    """

    fill: Fill = "blur"
    tier: ClassVar[int] = 2

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the fall for each region (B, 8).

        Raises:
            ConfigError: The fill cannot be had.
        """
        whole = probe.logit(faces.pixels)
        falls = [
            whole - _without(probe, faces, part, self.fill) for part in faces.regions.unbind(1)
        ]
        return Attribution(torch.stack(falls, dim=1), "region", "density")


@dataclass(frozen=True)
class WindowOcclusion:
    """``occlusion_window``: the fall of the logit when a square is hidden, over a grid of squares.

    A pixel's value is the mean over the squares that covered it.

    Args:
        window: Side of the square, as a share of the image's.
        stride: Step between squares, as a share of the image's side.
        fill: What takes a hidden square's place.

    Source:
        Zeiler and Fergus 2014 (arXiv 1311.2901).
    """

    window: float = 0.25
    stride: float = 0.125
    fill: Fill = "blur"
    tier: ClassVar[int] = 2

    def __post_init__(self) -> None:
        check_range("window", self.window, low=0.01, high=1)
        check_range("stride", self.stride, low=0.01, high=self.window)
        if self.window == 1:
            check_fills_all(self.fill)

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the mean fall over the squares that hide a pixel (B, H, W).

        Raises:
            ConfigError: The fill cannot be had.
        """
        whole = probe.logit(faces.pixels)
        size_px = faces.pixels.shape[-1]
        total = torch.zeros_like(faces.pixels[:, 0])
        covered = torch.zeros_like(faces.pixels[0, 0])
        for square in self._squares(size_px):
            fall = whole - _without(probe, faces, square.expand(len(whole), -1, -1), self.fill)
            total += fall[:, None, None].to(total) * square
            covered += square
        return Attribution(total / covered.clamp_min(1), "pixel", "density")

    def _squares(self, size_px: int) -> list[Tensor]:
        side = max(1, round(self.window * size_px))
        step = max(1, round(self.stride * size_px))
        # The last square ends at the rim, so that no pixel is left out.
        starts = sorted({*range(0, size_px - side, step), size_px - side})
        squares = []
        for top in starts:
            for left in starts:
                square = torch.zeros(size_px, size_px, dtype=torch.bool)
                square[top : top + side, left : left + side] = True
                squares.append(square)
        return squares


def _without(probe: Probe, faces: Faces, hidden: Tensor, fill: Fill) -> Tensor:
    return probe.logit(filled(faces.pixels, hidden, fill, faces.twin))
