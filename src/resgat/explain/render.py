"""Draws explanations: one face, or a gallery. The only file here that knows matplotlib.

Takes NumPy arrays and no model. Figures are built without pyplot, so nothing global changes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from resgat.checks import check_range
from resgat.errors import ConfigError
from resgat.explain.blend import (
    DISPLAY_PERCENTILE,
    FAKE_HUE,
    REAL_HUE,
    overlay,
    shared_scale,
)
from resgat.explain.inches import axes_at, write_at
from resgat.explain.item import GalleryItem
from resgat.types import FAKE, REGIONS

__all__ = ["GalleryItem", "gallery_figure", "item_figure", "overlay"]

_RIGHT, _WRONG, _OUTLINE, _INK, _QUIET = "#1a9850", "#d73027", "#ffe000", "#222222", "#707070"

# Sizes of the gallery in inches.
_FACE, _GAP, _TEXT, _LABELS, _BARS = 1.6, 0.1, 1.35, 0.72, 1.5
_HEAD, _FOOT, _EDGE = 0.95, 0.9, 0.2


class _HeatColumn(NamedTuple):
    """A column of heat maps: the item's field, its heading, and whether its sign is a class."""

    field: str
    title: str
    note: str
    signed: bool


_HEAT_COLUMNS = (
    _HeatColumn("attention", "Attention", "above uniform, less\nnode degree; no class", False),
    _HeatColumn("contribution", "Contribution", "each node's share\nof the logit", True),
    _HeatColumn("contrast", "Contrast", "contribution less the\naverage real face's", True),
)
_REGION_LABELS = [name.replace("l_", "left ").replace("r_", "right ") for name in REGIONS]


def item_figure(item: GalleryItem, *, threshold_prob: float | None) -> Figure:
    """Draw the panel of one face; as :func:`gallery_figure`, with scales of its own."""
    return gallery_figure([item], threshold_prob=threshold_prob)


def gallery_figure(items: Sequence[GalleryItem], *, threshold_prob: float | None) -> Figure:
    """Draw one row per face: verdict, attention, contribution, contrast, true mask, regions.

    Each column of maps has one colour scale over all faces, shown below it, so that a weak map
    looks weak. The true mask is outlined on the maps as well.

    Args:
        items: The faces, top to bottom; eight or so make a page.
        threshold_prob: P(fake) from which a face is called fake; None where none could be chosen:
            then no face is called anything, and the page says so.

    Returns:
        A figure of its own; ``savefig`` writes it.

    Raises:
        ConfigError: There is no item, or the threshold is outside [0, 1].
    """
    if threshold_prob is not None:
        check_range("threshold_prob", threshold_prob, low=0, high=1)
    if not items:
        msg = "gallery: expected at least one face, got none; choose a split that has crops"
        raise ConfigError(msg)
    width = 2 * _EDGE + _TEXT + 5 * (_FACE + _GAP) + _LABELS + _BARS
    height = _HEAD + len(items) * (_FACE + _GAP) + _FOOT
    figure = Figure(figsize=(width, height), dpi=150, facecolor="white")
    scales = {
        column.field: shared_scale(
            [getattr(item, column.field) for item in items], signed=column.signed
        )
        for column in _HEAT_COLUMNS
    }
    bar_limits = _bar_limits(items)
    for row, item in enumerate(items):
        bottom = height - _HEAD - (row + 1) * (_FACE + _GAP) + _GAP
        _draw_row(figure, bottom, item, scales, threshold_prob)
        bars = axes_at(figure, _column_left(5) + _LABELS, bottom, _BARS, _FACE)
        _draw_bars(bars, item, bar_limits, last=row == len(items) - 1)
    _draw_head(figure, height, has_verdicts=threshold_prob is not None)
    _draw_foot(figure, scales, len(items), threshold_prob)
    return figure


def _draw_row(
    figure: Figure,
    bottom: float,
    item: GalleryItem,
    scales: dict[str, float],
    threshold: float | None,
) -> None:
    """Draw one face's verdict, maps and true mask."""
    call, colour = _verdict(item, threshold)
    _draw_text(axes_at(figure, _EDGE, bottom, _TEXT, _FACE), item, call, colour)
    face = axes_at(figure, _column_left(0), bottom, _FACE, _FACE)
    face.imshow(item.image)
    for spine in face.spines.values():
        spine.set(visible=True, edgecolor=colour, linewidth=2.5)
    for place, column in enumerate(_HEAT_COLUMNS, start=1):
        axes = axes_at(figure, _column_left(place), bottom, _FACE, _FACE)
        heat = getattr(item, column.field)
        if heat is None:
            _draw_absence(axes, f"no {column.field}")
            continue
        axes.imshow(overlay(item.image, heat, signed=column.signed, scale=scales[column.field]))
        _draw_outline(axes, item.mask, linewidth=0.9)
    truth = axes_at(figure, _column_left(4), bottom, _FACE, _FACE)
    if item.mask is None:
        _draw_absence(truth, "no mask")
        return
    truth.imshow(item.image)
    _draw_outline(truth, item.mask, linewidth=1.4)


def _verdict(item: GalleryItem, threshold: float | None) -> tuple[str, str]:
    """Return what the detector called the face and whether that is right, and its colour."""
    if threshold is None:
        return "no threshold", _QUIET
    called_fake = item.prob >= threshold
    is_right = called_fake == (item.label == FAKE)
    call = f"called {'fake' if called_fake else 'real'}: {'right' if is_right else 'wrong'}"
    return call, _RIGHT if is_right else _WRONG


def _draw_text(axes: Any, item: GalleryItem, call: str, colour: str) -> None:
    """Write the truth, the method, P(fake), and the verdict."""
    truth = "FAKE" if item.label == FAKE else "REAL"
    crop = "\n".join(textwrap.wrap(item.crop_id.replace("/", "/ "), 22)[:4]).replace("/ ", "/")
    lines = (
        (0.97, truth, {"size": 11, "weight": "bold", "color": _INK}),
        (0.81, textwrap.shorten(item.method, 18, placeholder="…"), {"size": 8.5, "color": _INK}),
        (0.64, f"P(fake) = {item.prob:.2f}", {"size": 9.5, "color": _INK}),
        (0.50, call, {"size": 8.5, "weight": "bold", "color": colour}),
        (0.30, crop, {"size": 6.5, "color": _QUIET}),
    )
    for y, text, style in lines:
        axes.text(0, y, text, va="top", transform=axes.transAxes, **style)


def _draw_bars(axes: Any, item: GalleryItem, limits: tuple[float, float], *, last: bool) -> None:
    """Draw the eight regions; the one with the most evidence for "fake" is named in bold."""
    density = np.nan_to_num(item.region_density, nan=0.0, posinf=0.0, neginf=0.0)
    hues = [FAKE_HUE if value > 0 else REAL_HUE for value in density]
    rows = np.arange(len(REGIONS))
    axes.barh(rows, density, color=hues, height=0.72)
    axes.axvline(0, color=_INK, linewidth=0.8)
    axes.set(xlim=limits, ylim=(len(REGIONS) - 0.4, -0.6))
    axes.set_yticks(rows, _REGION_LABELS, size=7.5, color=_INK)
    axes.tick_params(length=0, pad=3)
    if density.max() > 0:
        axes.get_yticklabels()[int(density.argmax())].set_fontweight("bold")
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.grid(axis="x", color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(axis="x", labelsize=7, labelcolor=_QUIET, labelbottom=last)


def _draw_head(figure: Figure, height: float, *, has_verdicts: bool) -> None:
    """Write the columns' headings."""
    headings = [
        ("Face", "frame: green = right,\nred = wrong" if has_verdicts else "not called\nanything"),
        *((column.title, column.note) for column in _HEAT_COLUMNS),
        ("True mask", "pixels that were\nreally altered"),
        ("Regions", "mean contribution in\neach part of the face"),
    ]
    lefts = [*(_column_left(place) for place in range(5)), _column_left(5) + _LABELS]
    for left, (title, note) in zip(lefts, headings, strict=True):
        write_at(figure, left, height - 0.28, title, size=11, weight="bold", color=_INK)
        write_at(figure, left, height - 0.5, note, size=7.5, color=_QUIET, linespacing=1.25)


def _draw_foot(
    figure: Figure, scales: dict[str, float], count: int, threshold: float | None
) -> None:
    """Draw each map column's colour scale, and say how to read the page."""
    for place, column in enumerate(_HEAT_COLUMNS, start=1):
        low = -1.0 if column.signed else 0.0
        strip = np.full((8, 256, 3), 160, np.uint8)
        ramp = np.tile(np.linspace(low, 1, 256), (8, 1))
        axes = axes_at(figure, _column_left(place), _FOOT - 0.3, _FACE, 0.1)
        axes.imshow(
            overlay(strip, ramp, signed=column.signed, scale=1.0),
            aspect="auto",
            extent=(low, 1, 0, 1),
        )
        _label_strip(axes, scales[column.field], signed=column.signed)
    called = "Val gave no threshold: no verdict."
    if threshold is not None:
        called = f"Called fake from P(fake) = {threshold:.2f}."
    faces = "this face" if count == 1 else f"all {count} faces"
    caption = (
        f"One colour scale per column over {faces}, full colour at the {DISPLAY_PERCENTILE}th "
        "percentile of what is drawn. Yellow: outline of the true mask. Left and right are "
        f"the image's. {called}"
    )
    write_at(figure, _EDGE, 0.3, caption, size=7.5, color=_QUIET)


def _label_strip(axes: Any, scale: float, *, signed: bool) -> None:
    """Write the heat at the ends of a colour scale, and the class where the sign is one."""
    names = {-1.0: f"real \N{MINUS SIGN}{scale:.2g}", 0.0: "0", 1.0: f"fake +{scale:.2g}"}
    if not signed:
        names = {0.0: "0", 1.0: f"+{scale:.2g}"}
    axes.set_xticks(list(names), list(names.values()), size=7, color=_QUIET)
    axes.tick_params(axis="x", length=0, pad=3)
    labels = axes.get_xticklabels()
    labels[0].set_horizontalalignment("left")
    labels[-1].set_horizontalalignment("right")


def _draw_outline(axes: Any, mask: NDArray[np.bool_] | None, linewidth: float) -> None:
    """Outline a mask; one that is empty has no outline."""
    if mask is None or not mask.any():
        return
    # A rim of False closes the line where the mask meets the image's edge.
    height, width = mask.shape
    x, y = np.arange(-1, width + 1), np.arange(-1, height + 1)
    lines = axes.contour(
        x.clip(-0.4, width - 0.6),
        y.clip(-0.4, height - 0.6),
        np.pad(mask.astype(np.float32), 1),
        levels=[0.5],
        colors=_OUTLINE,
        linewidths=linewidth,
    )
    lines.set(path_effects=[withStroke(linewidth=linewidth + 1.0, foreground="#00000090")])


def _draw_absence(axes: Any, text: str) -> None:
    """Say that there is nothing to draw here."""
    axes.set_facecolor("#f2f2f2")
    axes.text(
        0.5, 0.5, text, size=8.5, color=_QUIET, ha="center", va="center", transform=axes.transAxes
    )


def _column_left(place: int) -> float:
    """Return where the page's picture column begins, in inches."""
    return _EDGE + _TEXT + place * (_FACE + _GAP)


def _bar_limits(items: Sequence[GalleryItem]) -> tuple[float, float]:
    """Return the bars' common range; it holds 0."""
    values = np.concatenate([item.region_density for item in items])
    values = np.append(values[np.isfinite(values)], 0.0)
    low, high = float(values.min()), float(values.max())
    margin = 0.06 * (high - low) or 1.0
    return low - margin * (low < 0), high + margin * (high > 0 or low == 0)
