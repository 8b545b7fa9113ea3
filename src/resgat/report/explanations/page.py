"""The report page of explanations: its sections and their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from resgat.report.explanations.bands import bands
from resgat.report.explanations.confusion import confusions
from resgat.report.explanations.content import REASONS, ExplanationReport
from resgat.report.explanations.forest import forests
from resgat.report.explanations.notes import claims, config, facts, how_to_read, pitfalls, sanity
from resgat.report.explanations.tables import pair_tables, verdict_tables
from resgat.report.explanations.tiles import gallery_tiles
from resgat.report.explanations.trade import trade
from resgat.report.html.markup import Markup, element
from resgat.report.html.shell import Section, render


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
        "Mean and 95 % interval; methods are ranked, and their names grey, by the first column. "
        "What does not beat its controls is grey.",
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
        "percent of the row, or answers where there are fewer than 200. The framed cells are "
        "right. Left and right are the image's.",
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
    """Return the page as HTML."""
    return render(
        report.title,
        claims(report) if report.claims else _absent(report, "verdicts"),
        [_filled(report, section) for section in _SECTIONS],
        "Written by resgat. Numbers in full: summary.csv, pairwise.csv.",
    )


def _filled(report: ExplanationReport, section: _Section) -> Section:
    if section.needs and not getattr(report, section.needs):
        return Section(section.anchor, section.title, "", _absent(report, section.reason))
    return Section(section.anchor, section.title, section.lead, section.draw(report))


def _absent(report: ExplanationReport, part: str) -> Markup:
    reason = report.missing.get(part, REASONS[part])
    return element("p", f"Left out: {reason}.", class_="note absent")
