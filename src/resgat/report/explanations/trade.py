"""What a method costs against how well it does: the chart, and the key to its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from resgat.explain.stats.summary import CONTROLS, SummaryRow
from resgat.report.explanations.content import ExplanationReport, Price
from resgat.report.explanations.panels import columns, panels, remark
from resgat.report.html.blocks import scrolling
from resgat.report.html.frame import Frame
from resgat.report.html.markup import Markup, breakable, element, join
from resgat.report.html.scales import linear, logarithmic
from resgat.report.html.wording import number

#: Where a point's number may stand: half-widths to the right of it, and pixels below it.
_PLACES = ((0, -9), (1, 4), (-1, 4), (0, 17), (1, -7), (-1, -7), (1, 15), (-1, 15))

#: Half the sizes of a point and of a digit.
_DOT_PX, _DIGIT_PX, _TEXT_PX = 5.0, 3.6, 4.5


class Point(NamedTuple):
    """A method's cost and quality."""

    row: SummaryRow
    price: Price
    quality: float


class _Box(NamedTuple):
    """A place that is taken: its middle, and half its sides."""

    x: float
    y: float
    half_width: float
    half_height: float

    def gap(self, other: _Box) -> float:
        """Return how far two places are apart; below 0 they overlap."""
        across = abs(self.x - other.x) - self.half_width - other.half_width
        down = abs(self.y - other.y) - self.half_height - other.half_height
        return max(across, down)


def trade(report: ExplanationReport) -> Markup:
    """Draw the methods' prices against the first primary metric on the main track."""
    column = columns(report)[0]
    main = next(panel for panel in panels(report) if panel.is_main)
    points = priced(main.of(column.metric), report.prices)
    if not points:
        return element("p", "No method has both a price and a score.", class_="note")
    best = {point.row.method for point in front(points)}
    figure = element("figure", _chart(points, best, column.label, report.plain_ms))
    return element("div", figure, _key(points, best, column.label), class_="grid wide")


def priced(rows: Sequence[SummaryRow], prices: Mapping[str, Price]) -> list[Point]:
    """Return the methods that have a score and a positive price, the cheapest first."""
    found = [
        Point(row, prices[row.method], row.mean)
        for row in rows
        if row.mean is not None and row.method in prices and prices[row.method].ms > 0
    ]
    return sorted(found, key=lambda point: (point.price.ms, point.row.method))


def front(points: Sequence[Point]) -> list[Point]:
    """Return the methods that none is both cheaper and better than, the cheapest first.

    Controls are no candidates.
    """
    kept: list[Point] = []
    for point in sorted(points, key=lambda p: (p.price.ms, -_worth(p))):
        if point.row.method in CONTROLS:
            continue
        if not kept or _worth(point) > _worth(kept[-1]):
            kept.append(point)
    return kept


def _worth(point: Point) -> float:
    return -point.quality if point.row.better == "lower" else point.quality


def _chart(points: Sequence[Point], best: set[str], label: str, plain: float | None) -> Markup:
    prices = [point.price.ms for point in points] + ([plain] if plain else [])
    across = logarithmic(prices)
    up = linear(
        [value for point in points for value in (point.quality, point.row.low)] + [1.0, 0.0]
    )
    frame = Frame(across, up, "milliseconds per image (each step: ten times)", label)
    marks: list[Markup] = []
    if plain:
        ends = {"x1": frame.x(plain), "x2": frame.x(plain), "y1": frame.y(up.low)}
        marks.append(element("line", **ends, y2=frame.y(up.high), class_="chance"))
    edge = [point for point in points if point.row.method in best]
    for left, right in pairwise(edge):
        marks.append(_step(frame, left, right))
    marks += [_dot(frame, point, best) for point in points]
    marks += _numbers(frame, points)
    alt = "; ".join(
        f"{p.row.method}: {number(p.price.ms)} ms, {label} {number(p.quality)}" for p in points
    )
    return join((frame.draw(*marks, alt=f"Cost against quality. {alt}"), _note(label, plain)))


def _note(label: str, plain: float | None) -> Markup:
    text = f"Up: {label}. Filled, and bold beside: no method is both cheaper and better."
    if plain:
        text += f" Dashed: one plain pass through the detector, {number(plain)} ms."
    return element("figcaption", text)


def _step(frame: Frame, left: Point, right: Point) -> Markup:
    path = (
        f"M{frame.x(left.price.ms)} {frame.y(left.quality)}"
        f"H{frame.x(right.price.ms)}V{frame.y(right.quality)}"
    )
    return element("path", d=path, class_="own", style="fill:none;opacity:.55")


def _dot(frame: Frame, point: Point, best: set[str]) -> Markup:
    style = "own" if point.row.method in best else "dull"
    title = element("title", f"{point.row.method}: {number(point.price.ms)} ms")
    x, y = frame.x(point.price.ms), frame.y(point.quality)
    return element("circle", title, cx=x, cy=y, r=4.5, stroke_width=2, class_=style)


def _numbers(frame: Frame, points: Sequence[Point]) -> list[Markup]:
    """Write each point's number where it covers no other one, as far as there is room."""
    dots = [(frame.x(p.price.ms), frame.y(p.quality)) for p in points]
    taken = [_Box(x, y, _DOT_PX, _DOT_PX) for x, y in dots]
    texts = []
    for place, (x, y) in enumerate(dots, start=1):
        half = _DIGIT_PX * len(str(place))
        spots = [
            _Box(x + side * (half + _DOT_PX + 2), y + down - _TEXT_PX, half, _TEXT_PX)
            for side, down in _PLACES
        ]
        room = [min(spot.gap(other) for other in taken) for spot in spots]
        best = next((k for k, gap in enumerate(room) if gap >= 0), room.index(max(room)))
        spot = spots[best]
        taken.append(spot)
        where = {"x": round(spot.x, 1), "y": round(spot.y + _TEXT_PX, 1), "text_anchor": "middle"}
        texts.append(element("text", place, **where, class_="name"))
    return texts


def _weight(point: Point, best: set[str]) -> str | None:
    return None if point.row.method in best else "light"


def _key(points: Sequence[Point], best: set[str], label: str) -> Markup:
    names = ("", "method", "ms", "passes", label)
    head = [
        element("th", name, scope="col", class_="num" if place > 1 else None)
        for place, name in enumerate(names)
    ]
    rows = [
        element(
            "tr",
            element("td", place, class_="num"),
            element("th", breakable(point.row.method), scope="row", class_=_weight(point, best)),
            element("td", number(point.price.ms), class_="num"),
            element("td", f"{point.price.forwards:,.4g}", class_="num"),
            element("td", number(point.quality), class_="num"),
            class_="grey" if remark(point.row) else None,
        )
        for place, point in enumerate(points, start=1)
    ]
    table = element("table", element("thead", element("tr", *head)), element("tbody", *rows))
    return scrolling(table, "Cost and quality of each method")
