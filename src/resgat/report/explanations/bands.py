"""Curves with their bands: one chart for each kind of curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from resgat.explain.stats.summary import CONTROLS
from resgat.report.explanations.content import Curve, ExplanationReport
from resgat.report.explanations.panels import panels
from resgat.report.html.frame import Frame
from resgat.report.html.markup import Markup, element
from resgat.report.html.scales import linear
from resgat.report.html.wording import counted, number

#: How many methods have a colour; more cannot be told apart.
NUM_COLOURS = 6

#: Controls that are named; the others are among the thin grey lines.
_NAMED = ("center", "random_smooth", "oracle_node")

#: Dashes that tell the controls apart, and the coloured lines where colour is not seen.
_DASHES = ("none", "7 3", "2 3", "9 3 2 3", "4 2", "12 4")


def bands(report: ExplanationReport) -> Markup:
    """Draw the report's curves."""
    ranks = next(panel for panel in panels(report) if panel.is_main).methods
    charts = [_chart(name, _by_rank(found, ranks)) for name, found in report.curves.items()]
    return element("div", *charts, class_="grid")


def _by_rank(found: Mapping[str, Curve], ranks: Sequence[str]) -> dict[str, Curve]:
    """Return curves in the order of the verdict table; unknown ones last, as they came."""
    order = {name: place for place, name in enumerate(ranks)}
    return dict(sorted(found.items(), key=lambda item: order.get(item[0], len(order))))


def _chart(title: str, found: Mapping[str, Curve]) -> Markup:
    own = [name for name in found if name not in CONTROLS]
    shown = own[:NUM_COLOURS]
    controls = [name for name in _NAMED if name in found]
    rest = [name for name in found if name not in shown and name not in controls]
    reach = [float(v) for curve in found.values() for v in (*curve.low, *curve.high)]
    x = [float(value) for curve in found.values() for value in curve.x]
    frame = Frame(linear(x), linear(reach), "share of the pixels", title)
    marks = [_line(frame, found[name], "var(--rule)", "none") for name in rest]
    marks += [
        _line(frame, found[name], "var(--quiet)", _DASHES[1 + place])
        for place, name in enumerate(controls)
    ]
    marks += [_band(frame, found[name], _colour(place)) for place, name in enumerate(shown)]
    marks += [
        _line(frame, found[name], _colour(place), _DASHES[place])
        for place, name in enumerate(shown)
    ]
    return element(
        "figure",
        element("h3", title),
        frame.draw(*marks, alt=_alt(title, found)),
        _key(shown, controls, len(rest)),
    )


def _colour(place: int) -> str:
    return f"var(--line-{place + 1})"


def _line(frame: Frame, curve: Curve, colour: str, dashes: str) -> Markup:
    style = f"stroke:{colour};stroke-dasharray:{dashes}"
    return element(
        "polyline", points=_points(frame, curve.x, curve.mean), style=style, class_="curve"
    )


def _band(frame: Frame, curve: Curve, colour: str) -> Markup:
    there = _points(frame, curve.x, curve.high)
    back = _points(frame, curve.x[::-1], curve.low[::-1])
    style = f"fill:{colour};opacity:.16"
    return element("polygon", points=f"{there} {back}", style=style)


def _points(frame: Frame, x: np.ndarray, y: np.ndarray) -> str:
    return " ".join(f"{frame.x(float(a))},{frame.y(float(b))}" for a, b in zip(x, y, strict=True))


def _key(shown: Sequence[str], controls: Sequence[str], num_rest: int) -> Markup:
    signs = [(name, _colour(place), _DASHES[place]) for place, name in enumerate(shown)]
    signs += [(name, "var(--quiet)", _DASHES[1 + place]) for place, name in enumerate(controls)]
    if num_rest:
        signs.append((f"{counted(num_rest, 'other method')}", "var(--rule)", "none"))
    return element("ul", *(_entry(*sign) for sign in signs), class_="key")


def _entry(name: str, colour: str, dashes: str) -> Markup:
    style = f"stroke:{colour};stroke-dasharray:{dashes}"
    line = element("line", x1=0, x2=24, y1=6, y2=6, style=style, class_="curve")
    return element("li", element("svg", line, width=24, height=12, aria_hidden="true"), name)


def _alt(title: str, found: Mapping[str, Curve]) -> str:
    ends = (
        f"{name} from {number(float(curve.mean[0]))} to {number(float(curve.mean[-1]))}"
        for name, curve in found.items()
    )
    return f"{title}. {'; '.join(ends)}"
