"""Forest plots: each method's mean and interval on one line, beside chance and the controls."""

from __future__ import annotations

from collections.abc import Sequence

from resgat.explain.stats.summary import CONTROLS, SummaryRow
from resgat.report.explanations.content import Column, ExplanationReport
from resgat.report.explanations.markup import Markup, breakable, element, join
from resgat.report.explanations.panels import DIRECTIONS, Panel, columns, panels, remark
from resgat.report.explanations.scales import Scale, linear, tick_text
from resgat.report.explanations.tables import folded
from resgat.report.explanations.wording import interval, number

_HEIGHT, _MIDDLE = 20, 10


def forests(report: ExplanationReport) -> Markup:
    """Draw the primary metrics of each main track; those of other tracks are folded."""
    parts = []
    for panel in panels(report):
        shown = [column for column in columns(report) if panel.of(column.metric)]
        plots = [forest(report, panel, column) for column in shown]
        grid = element("div", *plots, class_="grid wide")
        if panel.is_main:
            parts += [element("h3", panel.heading), grid]
        else:
            parts.append(folded(panel.heading, grid))
    return join((_key(), *parts))


def forest(report: ExplanationReport, panel: Panel, column: Column) -> Markup:
    """Draw one metric.

    Text is text and only the lines are drawn, so that it is as legible on a phone.
    """
    rows = panel.of(column.metric)
    chance = report.chance.get((panel.track, column.metric))
    values = [value for row in rows for value in (row.mean, row.low, row.high, row.permuted)]
    scale = linear([*values, chance])
    own = [row for row in rows if row.method not in CONTROLS]
    controls = [row for row in rows if row.method in CONTROLS]
    lines = [*_group("", own, scale, chance), *_group("controls", controls, scale, chance)]
    axis = [element("span"), _axis(scale), element("span")]
    note = element("p", column.note, class_="note") if column.note else ""
    better = element("small", DIRECTIONS[rows[0].better], class_="note")
    title = element("h4", column.label, " ", better)
    grid = element("div", *lines, *axis, class_="forest")
    return element("figure", title, note, grid, class_="forest-plot")


def _group(
    title: str, rows: Sequence[SummaryRow], scale: Scale, chance: float | None
) -> list[Markup]:
    head = [element("div", title, class_="part")] if title and rows else []
    return head + [cell for row in rows for cell in _line(row, scale, chance)]


def _line(row: SummaryRow, scale: Scale, chance: float | None) -> tuple[Markup, ...]:
    words = remark(row)
    grey = " grey" if words or row.method in CONTROLS else ""
    found = interval(row.low, row.high) if row.mean is not None else words
    value = element("b", number(row.mean))
    return (
        element("span", breakable(row.method), class_=f"label{grey}", title=words or None),
        _marks(row, scale, chance),
        element("span", value, " ", element("small", found), class_=f"value{grey}"),
    )


def _marks(row: SummaryRow, scale: Scale, chance: float | None) -> Markup:
    is_own = row.beats_controls or (row.better == "none" and row.method not in CONTROLS)
    style = "own" if is_own else "dull"
    marks: list[Markup] = [_upright(tick, scale, "rule") for tick in scale.ticks]
    if chance is not None:
        marks.append(_upright(chance, scale, "chance"))
    if row.low is not None and row.high is not None:
        ends = {"x1": _at(row.low, scale), "x2": _at(row.high, scale)}
        marks.append(element("line", **ends, y1=_MIDDLE, y2=_MIDDLE, class_=f"{style} bar"))
    if row.permuted is not None:
        place = _at(row.permuted, scale)
        marks.append(element("line", x1=place, x2=place, y1=4, y2=16, class_="permuted"))
    if row.mean is not None:
        marks.append(
            element(
                "circle", cx=_at(row.mean, scale), cy=_MIDDLE, r=4, stroke_width=2, class_=style
            )
        )
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


def _key() -> Markup:
    """Draw what the marks mean."""
    ring = {"cx": 12, "cy": 7, "r": 4, "stroke_width": 2}
    bar = {"x1": 2, "x2": 22, "y1": 7, "y2": 7}
    signs = {
        "mean and 95 % interval, beats its controls": (
            element("line", **bar, class_="own bar"),
            element("circle", **ring, class_="own"),
        ),
        "not better than chance, or a control": (
            element("line", **bar, class_="dull bar"),
            element("circle", **ring, class_="dull"),
        ),
        "the method's own maps of other images": (
            element("line", x1=12, x2=12, y1=1, y2=13, class_="permuted"),
        ),
        "chance": (element("line", x1=12, x2=12, y1=0, y2=14, class_="chance"),),
    }
    items = [
        element("li", element("svg", *sign, width=24, height=14, aria_hidden="true"), text)
        for text, sign in signs.items()
    ]
    return element("ul", *items, class_="key")
