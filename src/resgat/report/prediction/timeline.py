"""The picture of a video's verdict: probability and regions over time, and its most fake faces."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from resgat.explain.inches import axes_at, write_at
from resgat.inference.result import FacePrediction, TrackPrediction
from resgat.inference.stream import Predicted
from resgat.inference.verdict import most_fake, most_suspicious
from resgat.report.html.wording import REGION_WORDS
from resgat.report.prediction.drawing import INK, QUIET, hue, painted
from resgat.report.prediction.words import (
    CAVEAT,
    file_words,
    region_words,
    short_name,
    verdict_words,
)
from resgat.types import REGIONS

_WIDTH, _EDGE, _LEFT = 8.6, 0.2, 1.05
_CURVE, _STRIP, _FACE = 1.7, 1.35, 1.28
_NUM_FACES = 6
_NOTE = f"Red: what raised the logit of fake. Rows: each region's share of that. {CAVEAT}"


def timeline_figure(predicted: Predicted, name: str) -> Figure:
    """Draw P(fake) over time for each person, the regions of the one that decides, and faces.

    Args:
        predicted: What was said of a video with at least one face.
        name: Of the video.
    """
    said = predicted.prediction
    deciding = most_suspicious(said.tracks)
    has_regions = deciding.regions is not None
    height = 0.75 + _CURVE + 0.45 + (_STRIP + 0.72 if has_regions else 0) + 2 * _FACE + 0.85
    figure = Figure(figsize=(_WIDTH, height), dpi=150, facecolor="white")
    write_at(figure, _EDGE, height - 0.1, short_name(name), size=9, color=QUIET)
    colour = hue(said.verdict) if said.verdict else QUIET
    write_at(figure, _EDGE, height - 0.28, file_words(said), size=12.5, weight="bold", color=colour)
    bottom = height - 0.75 - _CURVE
    curve = axes_at(figure, _LEFT, bottom, _WIDTH - _LEFT - _EDGE, _CURVE)
    _draw_curves(curve, said.tracks, deciding)
    if has_regions:
        bottom -= 0.72 + _STRIP
        strip = axes_at(figure, _LEFT, bottom, _WIDTH - _LEFT - _EDGE, _STRIP)
        _draw_strip(strip, deciding.faces, curve.get_xlim())
        words = f"where the positive evidence lies: {region_words(deciding.regions)}"
        write_at(figure, _LEFT, bottom + _STRIP + 0.2, words, size=8, color=INK)
    bottom -= 0.45 if has_regions else 0.75
    at = said.tracks.index(deciding)
    _draw_faces(figure, bottom, predicted, at)
    write_at(figure, _EDGE, 0.42, textwrap.fill(_NOTE, 128), size=7.5, color=QUIET)
    return figure


def _times(faces: Sequence[FacePrediction]) -> list[float]:
    """Return when faces are seen, in seconds, or in frames where the frame rate is not known."""
    return [face.frame_idx if face.time_s is None else face.time_s for face in faces]


def _draw_curves(axes: Any, tracks: Sequence[TrackPrediction], deciding: TrackPrediction) -> None:
    axes.axhline(deciding.verdict.threshold_prob, color=QUIET, lw=1, ls="--")
    for track in (tracks[at] for at in most_fake(tracks)):
        is_main = track is deciding
        words = verdict_words(track.verdict).partition(";")[0]
        axes.plot(
            _times(track.faces), [face.prob for face in track.faces],
            color=hue(track.verdict), lw=1.8 if is_main else 1.0, alpha=1.0 if is_main else 0.55,
            marker="o", ms=3.5 if is_main else 2.2, clip_on=False,
            label=f"person {track.track}{', brief' if track.is_brief else ''}: {words}",
        )  # fmt: skip
    axes.set(ylim=(0, 1), yticks=[0, 0.5, 1])
    axes.set_ylabel("P(fake)", size=8)
    axes.tick_params(labelsize=8)
    axes.spines[["left", "bottom"]].set_visible(True)
    unit = "s" if tracks[0].faces[0].time_s is not None else "frames"
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
    axes.set_xlabel(f"time in {unit}; dashed: the threshold", size=8, labelpad=1)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, frameon=False, fontsize=7.5,
                borderaxespad=0.2)  # fmt: skip


def _draw_strip(axes: Any, faces: Sequence[FacePrediction], xlim: tuple[float, float]) -> None:
    """Draw a row for each region, as dark as its share at that time."""
    shares = np.array([[(face.regions or {}).get(name, 0.0) for name in REGIONS] for face in faces])
    times = np.array(_times(faces))
    edges = np.concatenate([times[:1], (times[1:] + times[:-1]) / 2, times[-1:]])
    if len(times) == 1 or edges[0] == edges[-1]:
        edges = np.array([xlim[0], xlim[1]])
        shares = shares[:1]
    axes.pcolormesh(
        edges, np.arange(len(REGIONS) + 1), shares.T, cmap="Reds", vmin=0,
        vmax=max(float(shares.max()), 1e-6), shading="flat",
    )  # fmt: skip
    axes.set(xlim=xlim, ylim=(len(REGIONS), 0))
    axes.set_yticks(np.arange(len(REGIONS)) + 0.5, REGION_WORDS, size=8, color=INK)
    axes.tick_params(length=0, pad=3)


def _draw_faces(figure: Figure, top: float, predicted: Predicted, track: int) -> None:
    """Draw the faces that look most fake, in order of time, above their evidence."""
    faces = predicted.prediction.tracks[track].faces
    ranked = sorted(range(len(faces)), key=lambda at: -faces[at].logit)[:_NUM_FACES]
    shown = sorted(ranked)
    cuts = [predicted.cuts[track][at] for at in shown]
    heats = painted(cuts, [predicted.scores[track][at] for at in shown])
    write_at(figure, _EDGE, top + 0.2, "the faces that look most fake", size=8, color=INK)
    for place, at in enumerate(shown):
        left = _EDGE + place * (_FACE + 0.1)
        axes_at(figure, left, top - _FACE, _FACE, _FACE).imshow(cuts[place].crop)
        axes_at(figure, left, top - 2 * _FACE - 0.06, _FACE, _FACE).imshow(heats[place])
        face = faces[at]
        when = f"frame {face.frame_idx}" if face.time_s is None else f"{face.time_s:.1f} s"
        words = f"{when}, {face.prob:.2f}"
        write_at(figure, left, top - 2 * _FACE - 0.08, words, size=7.5, color=QUIET)
