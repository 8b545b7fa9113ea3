"""Pictures of explanations as PNG: rows of faces under several methods, or one face alone.

Figures are built without pyplot, so nothing global changes and nothing has to be closed.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from resgat.checks import check_choice, check_range
from resgat.errors import ConfigError
from resgat.explain.blend import FAKE_HUE, REAL_HUE
from resgat.explain.inches import axes_at, write_at
from resgat.report.explanations.outline import RIM, YELLOW, outlines
from resgat.report.explanations.picture import Picture, painted, without_unit
from resgat.report.html.wording import REGION_WORDS
from resgat.report.plots import save_figure
from resgat.types import FAKE

_INK, _QUIET, _RIGHT, _WRONG = "#222222", "#707070", "#1a9850", "#d73027"

# Sizes in inches.
_FACE, _GAP, _TEXT, _BARS, _EDGE, _HEAD, _FOOT = 1.5, 0.12, 1.3, 0.92, 0.2, 0.5, 0.55
_BIG, _BIG_LABELS, _BIG_BARS = 2.6, 0.95, 1.7

_NOTE = (
    "Red speaks for fake, blue for real; yellow: outline of what was truly altered. Each map is "
    "divided by its mean strength, and one scale holds for all maps of a face. Bars: each region's "
    "share of the method's evidence. Left and right are the image's."
)


def gallery_png(path: Path, pictures: Sequence[Picture], *, threshold_prob: float | None) -> None:
    """Write a gallery, whole or not at all; see :func:`gallery_figure`."""
    save_figure(gallery_figure(pictures, threshold_prob=threshold_prob), path)


def single_png(path: Path, picture: Picture, method: str, sentence: str) -> None:
    """Write the picture of one face, whole or not at all; see :func:`single_figure`."""
    save_figure(single_figure(picture, method, sentence), path)


def gallery_figure(pictures: Sequence[Picture], *, threshold_prob: float | None) -> Figure:
    """Draw a row for each face: verdict, face, and each method's map above its region bars.

    Args:
        pictures: Top to bottom, all with the same methods.
        threshold_prob: P(fake) from which a face is called fake; None where none could be chosen:
            then no face is called anything, and the figure says so.

    Raises:
        ConfigError: There is no picture, the methods differ, or the threshold is no probability.
    """
    if threshold_prob is not None:
        check_range("threshold_prob", float(threshold_prob), low=0, high=1)
    methods = _methods(pictures)
    width = 2 * _EDGE + _TEXT + (len(methods) + 1) * (_FACE + _GAP)
    step = _FACE + _BARS + _GAP
    height = _HEAD + len(pictures) * step + _FOOT
    figure = Figure(figsize=(width, height), dpi=150, facecolor="white")
    reach = max(_reach(picture) for picture in pictures)
    for row, picture in enumerate(pictures):
        bottom = height - _HEAD - row * step - _FACE
        _draw_row(figure, bottom, picture, reach, threshold_prob)
    for place, name in enumerate(["face", *methods]):
        write_at(figure, _left(place), height - 0.2, name, size=9.5, weight="bold", color=_INK)
    note = textwrap.fill(f"{_NOTE} {_threshold_note(threshold_prob)}", int(width * 15.5))
    write_at(figure, _EDGE, _FOOT - 0.1, note, size=7, color=_QUIET, linespacing=1.3)
    return figure


def single_figure(picture: Picture, method: str, sentence: str) -> Figure:
    """Draw one face, one method's map and region bars, and a sentence below.

    Args:
        picture: The face; its other methods are not shown, and do not change the scale.
        method: One of the picture's.
        sentence: As :func:`~resgat.report.explanations.sentence.sentence` says it.

    Raises:
        ConfigError: The picture has no such method.
    """
    check_choice("method", method, picture.maps)
    alone = Picture(
        picture.image,
        picture.prob,
        picture.label,
        picture.caption,
        {method: picture.maps[method]},
        {method: picture.regions[method]},
        picture.mask,
    )
    width = 2 * _EDGE + 2 * (_BIG + _GAP) + _BIG_LABELS + _BIG_BARS
    text = textwrap.fill(sentence, int(width * 11.5))
    below = 0.35 + 0.2 * (text.count("\n") + 1)
    figure = Figure(figsize=(width, _BIG + below + 0.45), dpi=150, facecolor="white")
    left = _EDGE + _BIG + _GAP
    _show(axes_at(figure, _EDGE, below, _BIG, _BIG), picture.image, picture.mask)
    _show(axes_at(figure, left, below, _BIG, _BIG), painted(alone)[method], picture.mask)
    bars = axes_at(figure, left + _BIG + _BIG_LABELS + _GAP, below, _BIG_BARS, _BIG)
    shares = _draw_bars(bars, picture.regions[method], _reach(alone), size=9)
    _name_regions(bars, size=9)
    if shares.max() > 0:
        bars.get_yticklabels()[int(shares.argmax())].set_fontweight("bold")
    top = below + _BIG + 0.3
    for place, heading in (
        (_EDGE, picture.caption),
        (left, method),
        (left + _BIG + _GAP, "regions"),
    ):
        short = textwrap.shorten(heading, 34, placeholder="\N{HORIZONTAL ELLIPSIS}")
        write_at(figure, place, top, short, size=10, weight="bold", color=_INK)
    write_at(figure, _EDGE, below - 0.15, text, size=10, color=_INK, linespacing=1.35)
    return figure


def _methods(pictures: Sequence[Picture]) -> list[str]:
    if not pictures:
        msg = "gallery: expected at least one picture, got none; explain at least one image"
        raise ConfigError(msg)
    methods = list(pictures[0].maps)
    for picture in pictures:
        if list(picture.maps) != methods:
            msg = (
                f"gallery: expected the same methods in every row, got {methods} and "
                f"{list(picture.maps)} for {picture.caption}"
            )
            raise ConfigError(msg)
    return methods


def _threshold_note(threshold: float | None) -> str:
    if threshold is None:
        return "Val gave no threshold: no verdict."
    return f"Called fake from P(fake) = {threshold:.2f}, chosen on val."


def _draw_row(
    figure: Figure, bottom: float, picture: Picture, reach: float, threshold: float | None
) -> None:
    _draw_text(axes_at(figure, _EDGE, bottom, _TEXT - 0.1, _FACE), picture, threshold)
    _show(axes_at(figure, _left(0), bottom, _FACE, _FACE), picture.image, picture.mask)
    for place, (method, image) in enumerate(painted(picture).items(), start=1):
        _show(axes_at(figure, _left(place), bottom, _FACE, _FACE), image, picture.mask)
        bars = axes_at(figure, _left(place), bottom - _BARS + 0.12, _FACE, _BARS - 0.17)
        shares = _draw_bars(bars, picture.regions[method], reach, size=6.5)
        _name_top(bars, shares)
        if place == 1:
            _name_regions(bars, size=6.5)


def _verdict(picture: Picture, threshold: float | None) -> tuple[str, str]:
    """Return what the detector called the face and whether that is right, and its colour."""
    if threshold is None:
        return "no threshold", _QUIET
    is_called_fake = picture.prob >= threshold
    verdict = f"called {'fake' if is_called_fake else 'real'}"
    if picture.label is None:
        return verdict, _INK
    is_right = is_called_fake == (picture.label == FAKE)
    return f"{verdict}: {'right' if is_right else 'wrong'}", _RIGHT if is_right else _WRONG


def _draw_text(axes: Any, picture: Picture, threshold: float | None) -> None:
    """Write the truth, P(fake), whether the call is right, and which face this is."""
    truth = "" if picture.label is None else "FAKE" if picture.label == FAKE else "REAL"
    verdict, colour = _verdict(picture, threshold)
    caption = "\n".join(textwrap.wrap(picture.caption, 20)[:4])
    lines = (
        (0.98, truth, {"size": 11, "weight": "bold", "color": _INK}),
        (0.80, f"P(fake) = {picture.prob:.2f}", {"size": 9, "color": _INK}),
        (0.66, verdict, {"size": 8.5, "weight": "bold", "color": colour}),
        (0.48, caption, {"size": 7.5, "color": _QUIET}),
    )
    for y, text, style in lines:
        axes.text(0, y, text, va="top", transform=axes.transAxes, **style)


def _show(axes: Any, image: NDArray[np.uint8], mask: NDArray[np.bool_] | None) -> None:
    """Draw a picture and, where there is a truth, its outline."""
    axes.imshow(image)
    for line in [] if mask is None else outlines(mask):
        closed = np.concatenate([line, line[:1]])
        stroke = [withStroke(linewidth=2.2, foreground=RIM)]
        axes.plot(*closed.T, color=YELLOW, linewidth=1.1, path_effects=stroke)


def _draw_bars(
    axes: Any, values: NDArray[Any], reach: float, *, size: float
) -> NDArray[np.float64]:
    """Draw each region's share of the method's evidence, and return the shares."""
    shares = _shares(values)
    places = np.arange(len(shares))
    hues = [FAKE_HUE if share > 0 else REAL_HUE for share in shares]
    axes.barh(places, shares, color=hues, height=0.74)
    axes.axvline(0, color=_INK, linewidth=0.7)
    axes.set(xlim=(-reach, reach), ylim=(len(shares) - 0.4, -0.6))
    if not shares.any():
        axes.text(0.5, 0.5, "says nothing", size=size, color=_QUIET, ha="center", va="center",
                  transform=axes.transAxes, backgroundcolor="white")  # fmt: skip
    return shares


def _name_regions(axes: Any, *, size: float) -> None:
    axes.set_yticks(range(len(REGION_WORDS)), REGION_WORDS, size=size, color=_INK)
    axes.tick_params(length=0, pad=3)


def _name_top(axes: Any, shares: NDArray[np.float64]) -> None:
    """Write the name of the region with the most evidence for "fake" beside its bar."""
    top = int(shares.argmax())
    if shares[top] > 0:
        name = f"{REGION_WORDS[top]} "
        axes.text(0, top, name, size=7, weight="bold", color=_INK, ha="right", va="center_baseline")


def _shares(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return signed values as shares of the sum of their sizes."""
    return without_unit(values) / len(values)


def _reach(picture: Picture) -> float:
    """Return the largest share of a region, or 1 where nothing is said."""
    shares = [float(np.abs(_shares(values)).max()) for values in picture.regions.values()]
    return 1.06 * max(shares) or 1.0


def _left(place: int) -> float:
    """Return where a column begins, in inches."""
    return _EDGE + _TEXT + place * (_FACE + _GAP)
