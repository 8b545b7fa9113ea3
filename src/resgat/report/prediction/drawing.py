"""What pictures of predictions share: colours, frames with boxes, faces with their evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from resgat.data.cropping import Pixels
from resgat.data.geometry import Box
from resgat.explain.blend import FAKE_HUE, REAL_HUE, overlay, shared_scale
from resgat.inference.cutting import FaceCut
from resgat.inference.result import Verdict
from resgat.inference.scoring import FaceScore
from resgat.report.html.wording import REGION_WORDS, percent

INK, QUIET, DOUBT_HUE = "#1a1a1a", "#666666", (0.62, 0.55, 0.10)
Colour = tuple[float, float, float]


def hue(verdict: Verdict) -> Colour:
    """Return the colour of a verdict: red for fake, blue for real, a third one in doubt."""
    if verdict.is_in_doubt:
        return DOUBT_HUE
    return FAKE_HUE if verdict.label == "fake" else REAL_HUE


def show_boxes(axes: Any, frame: Pixels, boxes: Sequence[tuple[Box, Colour, str]]) -> None:
    """Draw a frame with named boxes."""
    axes.imshow(frame)
    height, width = frame.shape[:2]
    for (left, top, right, bottom), colour, name in boxes:
        axes.add_patch(
            Rectangle((left, top), right - left, bottom - top, fill=False, ec="white", lw=3.2)
        )
        axes.add_patch(
            Rectangle((left, top), right - left, bottom - top, fill=False, ec=colour, lw=1.8)
        )
        axes.text(
            left + 0.01 * width, max(top, 0) + 0.012 * height, name, color="white", size=8,
            weight="bold", va="top", bbox={"facecolor": colour, "edgecolor": "none", "pad": 2},
        )  # fmt: skip
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))


def painted(cuts: Sequence[FaceCut], scores: Sequence[FaceScore]) -> list[Pixels]:
    """Lay the evidence of faces over their crops, on one scale for all of them.

    A face without evidence is returned as it is.
    """
    scale = shared_scale([score.heat for score in scores], signed=True)
    pictures = []
    for cut, score in zip(cuts, scores, strict=True):
        picture = cut.crop
        if score.heat is not None:
            heat = _fit(score.heat, picture)
            picture = overlay(picture, heat, signed=True, scale=scale)
        pictures.append(picture)
    return pictures


def _fit(heat: NDArray[np.float32], crop: Pixels) -> NDArray[np.float32]:
    """Carry heat from the network's input to the crop's own pixels, without blending cells."""
    height, width = crop.shape[:2]
    rows = np.arange(height) * len(heat) // height
    columns = np.arange(width) * len(heat) // width
    return heat[np.ix_(rows, columns)]


def draw_region_bars(axes: Any, score: FaceScore, *, size: float) -> None:
    """Draw each region's share of the positive evidence of a face, and what lies outside."""
    if score.mass is None:
        axes.text(0.5, 0.5, "no evidence\nwas asked for", ha="center", va="center", size=size,
                  color=QUIET, transform=axes.transAxes)  # fmt: skip
        return
    shares = np.append(score.mass, max(0.0, 1 - float(score.mass.sum())) * score.mass.any())
    places = np.arange(len(shares))
    axes.barh(places, shares, color=[FAKE_HUE] * len(score.mass) + [QUIET], height=0.72)
    axes.set(xlim=(0, 1), ylim=(len(places) - 0.4, -0.6))
    axes.axvline(0, color=INK, lw=0.7)
    for place, share in enumerate(shares.tolist()):
        if share >= 0.005:
            axes.text(share + 0.02, place, percent(share), va="center", size=size, color=INK)
    axes.set_yticks(places, [*REGION_WORDS, "outside"], size=size, color=INK)
    axes.tick_params(length=0, pad=3)
