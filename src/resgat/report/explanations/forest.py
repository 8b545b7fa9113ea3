"""Forest plots: each method's mean and interval on one line, beside chance and the controls."""

from __future__ import annotations

from resgat.explain.stats.summary import CONTROLS, SummaryRow
from resgat.report.explanations.content import Column, ExplanationReport
from resgat.report.explanations.panels import DIRECTIONS, Panel, columns, panels, remark
from resgat.report.html.blocks import folded
from resgat.report.html.forest import Bar, key
from resgat.report.html.forest import forest as lines
from resgat.report.html.markup import Markup, element, join


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
    """Draw one metric."""
    rows = panel.of(column.metric)
    groups = {
        "": [_bar(row) for row in rows if row.method not in CONTROLS],
        "controls": [_bar(row) for row in rows if row.method in CONTROLS],
    }
    note = element("p", column.note, class_="note") if column.note else ""
    better = element("small", DIRECTIONS[rows[0].better], class_="note")
    title = element("h4", column.label, " ", better)
    plot = lines(groups, report.chance.get((panel.track, column.metric)))
    return element("figure", title, note, plot, class_="forest-plot")


def _bar(row: SummaryRow) -> Bar:
    words = remark(row)
    is_own = row.beats_controls or (row.better == "none" and row.method not in CONTROLS)
    return Bar(
        row.method,
        row.mean,
        row.low,
        row.high,
        row.permuted,
        is_dull=not is_own,
        is_grey=bool(words) or row.method in CONTROLS,
        words=words,
    )


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
    return key(signs)
