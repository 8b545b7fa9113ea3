"""The picture of an image's verdict: its faces, their evidence, and what to make of it."""

from __future__ import annotations

import textwrap

from matplotlib.figure import Figure

from resgat.data.cropping import Pixels
from resgat.explain.inches import axes_at, write_at
from resgat.inference.stream import Predicted
from resgat.inference.verdict import most_fake
from resgat.report.prediction.drawing import (
    QUIET,
    draw_region_bars,
    hue,
    painted,
    show_boxes,
)
from resgat.report.prediction.words import CAVEAT, file_words, short_name, verdict_words

_EDGE, _GAP, _HEAD, _FACE, _LABELS, _BARS = 0.2, 0.15, 0.62, 1.75, 0.85, 1.5
_WIDTH = 7.9

_NOTE = f"Red: what raised the logit of fake. Bars: each region's share of that. {CAVEAT}"


def image_figure(frame: Pixels, predicted: Predicted, name: str) -> Figure:
    """Draw an image with its faces, and for each face the crop, its evidence and its regions.

    Args:
        frame: The image.
        predicted: What was said of it.
        name: Of the image.
    """
    said = predicted.prediction
    shown = most_fake(said.tracks)
    whole = _whole_height(frame)
    foot = 0.5
    height = _HEAD + whole + _GAP + len(shown) * (_FACE + 0.42) + foot
    figure = Figure(figsize=(_WIDTH, height), dpi=150, facecolor="white")
    write_at(figure, _EDGE, height - 0.1, short_name(name), size=9, color=QUIET)
    colour = hue(said.verdict) if said.verdict else QUIET
    write_at(figure, _EDGE, height - 0.28, file_words(said), size=12.5, weight="bold", color=colour)
    bottom = height - _HEAD - whole
    axes = axes_at(figure, _EDGE, bottom, _WIDTH - 2 * _EDGE, whole)
    boxes = [
        (track.faces[0].box_xyxy, hue(track.verdict), str(track.track)) for track in said.tracks
    ]
    show_boxes(axes, frame, boxes)
    axes.set_anchor("W")
    cuts = [predicted.cuts[at][0] for at in shown]
    scores = [predicted.scores[at][0] for at in shown]
    heats = painted(cuts, scores)
    for place, at in enumerate(shown):
        top = bottom - _GAP - place * (_FACE + 0.42)
        track = said.tracks[at]
        text = f"face {track.track}: {verdict_words(track.verdict)}"
        write_at(figure, _EDGE, top, text, size=9, weight="bold", color=hue(track.verdict))
        low = top - 0.24 - _FACE
        axes_at(figure, _EDGE, low, _FACE, _FACE).imshow(cuts[place].crop)
        heat = axes_at(figure, _EDGE + _FACE + _GAP, low, _FACE, _FACE)
        heat.imshow(heats[place])
        left = _EDGE + 2 * (_FACE + _GAP) + _LABELS
        draw_region_bars(axes_at(figure, left, low, _BARS + 0.6, _FACE), scores[place], size=8)
    write_at(figure, _EDGE, foot - 0.08, textwrap.fill(_NOTE, 118), size=7.5, color=QUIET)
    return figure


def _whole_height(frame: Pixels) -> float:
    """Return how high the whole image is drawn, in inches: as wide as the page, but no tower."""
    height, width = frame.shape[:2]
    return min((_WIDTH - 2 * _EDGE) * float(height / width), 4.0)
