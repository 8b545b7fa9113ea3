"""Forest plots: a value and its interval on each line, on one scale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from resgat.report.html.markup import Markup, breakable, element
from resgat.report.html.scales import Scale, linear, tick_text
from resgat.report.html.wording import interval, number

_HEIGHT, _MIDDLE = 20, 10


class Bar(NamedTuple):
    """One line.

    Attributes:
        label: What it is of.
        value: None where there is none.
        low, high: Ends of the interval; None where there is none.
        rival: Another value to mark on the line.
        is_dull: Whether the mark is hollow and grey: it claims nothing.
        is_grey: Whether its text is grey.
        words: Why it claims nothing.
    """

    label: str
    value: float | None
    low: float | None
    high: float | None
    rival: float | None = None
    is_dull: bool = False
    is_grey: bool = False
    words: str = ""


def forest(groups: Mapping[str, Sequence[Bar]], mark: float | None = None) -> Markup:
    """Draw groups of lines, one below the other; a group of the name "" has no heading.

    Text is text and only the lines are drawn, so that it is as legible on a phone.

    Args:
        groups: Heading -> lines.
        mark: Where an upright line shall be, such as at chance.
    """
    bars = [bar for group in groups.values() for bar in group]
    values = [value for bar in bars for value in (bar.value, bar.low, bar.high, bar.rival)]
    scale = linear([*values, mark])
    lines: list[Markup] = []
    for title, group in groups.items():
        if title and group:
            lines.append(element("div", title, class_="part"))
        lines += [cell for bar in group for cell in _line(bar, scale, mark)]
    return element("div", *lines, element("span"), _axis(scale), element("span"), class_="forest")


def key(signs: Mapping[str, Iterable[Markup]]) -> Markup:
    """Draw what the marks mean."""
    items = [
        element("li", element("svg", *marks, width=24, height=14, aria_hidden="true"), text)
        for text, marks in signs.items()
    ]
    return element("ul", *items, class_="key")


def _line(bar: Bar, scale: Scale, mark: float | None) -> tuple[Markup, ...]:
    grey = " grey" if bar.is_grey else ""
    found = interval(bar.low, bar.high) if bar.value is not None else bar.words
    return (
        element("span", breakable(bar.label), class_=f"label{grey}", title=bar.words or None),
        _marks(bar, scale, mark),
        element(
            "span",
            element("b", number(bar.value)),
            " ",
            element("small", found),
            class_=f"value{grey}",
        ),
    )


def _marks(bar: Bar, scale: Scale, mark: float | None) -> Markup:
    style = "dull" if bar.is_dull else "own"
    marks: list[Markup] = [_upright(tick, scale, "rule") for tick in scale.ticks]
    if mark is not None:
        marks.append(_upright(mark, scale, "chance"))
    if bar.low is not None and bar.high is not None:
        ends = {"x1": _at(bar.low, scale), "x2": _at(bar.high, scale)}
        marks.append(element("line", **ends, y1=_MIDDLE, y2=_MIDDLE, class_=f"{style} bar"))
    if bar.rival is not None:
        place = _at(bar.rival, scale)
        marks.append(element("line", x1=place, x2=place, y1=4, y2=16, class_="permuted"))
    if bar.value is not None:
        place = _at(bar.value, scale)
        marks.append(element("circle", cx=place, cy=_MIDDLE, r=4, stroke_width=2, class_=style))
    return element("svg", *marks, width="100%", height=_HEIGHT, aria_hidden="true")


def _axis(scale: Scale) -> Markup:
    texts = [
        element("text", tick_text(tick), x=_at(tick, scale), y=14, text_anchor="middle")
        for tick in scale.ticks[:: 2 if len(scale.ticks) > 5 else 1]
    ]
    return element("svg", *texts, width="100%", height=_HEIGHT, aria_hidden="true")


def _upright(value: float, scale: Scale, style: str) -> Markup:
    place = _at(value, scale)
    return element("line", x1=place, x2=place, y1=0, y2=_HEIGHT, class_=style)


def _at(value: float, scale: Scale) -> str:
    return f"{100 * scale(value):.2f}%"
