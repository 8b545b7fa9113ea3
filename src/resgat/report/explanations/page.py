"""The report page: one file that needs no other, no script and no network."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from resgat.report.explanations.bands import bands
from resgat.report.explanations.confusion import confusions
from resgat.report.explanations.content import REASONS, ExplanationReport
from resgat.report.explanations.forest import forests
from resgat.report.explanations.markup import Markup, element, join
from resgat.report.explanations.notes import claims, config, facts, how_to_read, pitfalls, sanity
from resgat.report.explanations.style import STYLE
from resgat.report.explanations.tables import pair_tables, verdict_tables
from resgat.report.explanations.tiles import gallery_tiles
from resgat.report.explanations.trade import trade


class _Section(NamedTuple):
    """A part of the page.

    Attributes:
        anchor: Its address on the page.
        title: Its heading.
        lead: What it shows.
        draw: What draws it.
        needs: The field without which it is left out; "" if it needs none.
        reason: The key of :data:`REASONS` that says why; "" if it is never left out.
    """

    anchor: str
    title: str
    lead: str
    draw: Callable[[ExplanationReport], Markup]
    needs: str = ""
    reason: str = ""


_SECTIONS = (
    _Section(
        "verdicts",
        "Verdicts",
        "Mean and 95 % interval; methods are ranked by the first column. What does not beat its "
        "controls is grey.",
        verdict_tables,
    ),
    _Section(
        "forest",
        "Intervals beside chance",
        "The same numbers as lines: what touches the mark of its own maps of other images shows "
        "where evidence usually lies, not where it lies in this face.",
        forests,
    ),
    _Section(
        "pairs",
        "Is the best one truly better?",
        "Differences on the same images; positive means that the best method scores higher.",
        pair_tables,
        "pairs",
        "pairs",
    ),
    _Section(
        "cost",
        "Cost against quality",
        "What each method takes for one image.",
        trade,
        "prices",
        "costs",
    ),
    _Section(
        "curves",
        "Curves",
        "Mean over the images with 95 % bands; the six best methods have a colour.",
        bands,
        "curves",
        "curves",
    ),
    _Section(
        "confusion",
        "Altered and named region",
        "Each row is a region that was altered, each column the region that the method names; "
        "percent of the row. The framed cells are right. Left and right are the image's.",
        confusions,
        "confusion",
        "confusion",
    ),
    _Section(
        "gallery",
        "Gallery",
        "Red speaks for “fake”, blue for “real”; yellow outlines what was truly altered.",
        gallery_tiles,
        "gallery",
        "gallery",
    ),
    _Section(
        "sanity",
        "Sanity checks",
        "What must hold before any number above means anything.",
        sanity,
        "sanity",
        "sanity",
    ),
    _Section("pitfalls", "Pitfalls met", "", pitfalls, "pitfalls", "pitfalls"),
    _Section("facts", "The run", "", facts),
    _Section("config", "Configuration", "", config, "config", "config"),
    _Section("reading", "How to read this", "", lambda _: how_to_read()),
)


def render_page(report: ExplanationReport) -> str:
    """Return the page as HTML.

    It asks for nothing from anywhere: the style is inside, charts are SVG, pictures ``data:``
    addresses, and there is no script. Every text of the report is escaped.
    """
    contents = [element("li", element("a", s.title, href=f"#{s.anchor}")) for s in _SECTIONS]
    header = element(
        "header",
        element("h1", report.title),
        claims(report) if report.claims else _absent(report, "verdicts"),
        element("nav", element("ul", *contents), aria_label="Contents"),
    )
    main = element("main", *(_section(report, section) for section in _SECTIONS))
    footer = element("footer", "Written by resgat. Numbers in full: summary.csv, pairwise.csv.")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        element("title", report.title),
        element("style", Markup(STYLE)),
    )
    page = element("html", head, element("body", header, main, footer), lang="en")
    return f"<!DOCTYPE html>\n{page}\n"


def _section(report: ExplanationReport, section: _Section) -> Markup:
    is_there = not section.needs or bool(getattr(report, section.needs))
    lead = element("p", section.lead, class_="note") if section.lead else ""
    body = join((lead, section.draw(report))) if is_there else _absent(report, section.reason)
    return element("section", element("h2", section.title), body, id=section.anchor)


def _absent(report: ExplanationReport, part: str) -> Markup:
    reason = report.missing.get(part, REASONS[part])
    return element("p", f"Left out: {reason}.", class_="note absent")
