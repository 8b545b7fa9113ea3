"""The parts of the page that are text: claims, checks, traps, facts, and how to read it all."""

from __future__ import annotations

from resgat.measuring.verified import FAKE_FROM, REAL_UPTO
from resgat.report.explanations.content import ExplanationReport
from resgat.report.explanations.panels import NOT_BETTER
from resgat.report.html.blocks import fact_list, folded, scrolling
from resgat.report.html.markup import Markup, element, join

_HOW_TO_READ = (
    (
        "The question",
        "An explanation gives every part of a face a value: positive where it speaks for "
        "“fake”, negative where it speaks for “real”. This page asks of each method whether those "
        "values point at what was truly altered, and whether the detector's verdict truly hangs "
        "on them.",
    ),
    (
        "Intervals",
        "Square brackets hold 95 % bootstrap intervals over groups of people, not over images: two "
        "frames of one video are no two witnesses. Several training seeds are drawn, too, and two "
        "tell so little of how trainings differ that intervals are wide. Where differences are "
        "compared, both methods saw the same images.",
    ),
    (
        "Controls",
        "random, random_smooth, center, uniform, face_prior, srm_energy and degree_null draw maps "
        "without looking at the detector; the tables have those that this run asked for. Faces "
        "are centred, so a spot in the middle does well; only what a method adds to that is worth "
        "anything. oracle_node is told the truth and shows the best that the node grid allows.",
    ),
    (
        f"“{NOT_BETTER}”",
        "A method is printed so, in grey, unless the intervals of its differences from "
        "random_smooth, from center and from its own maps of other images, as far as this run "
        "scored them, all lie on the better side. A map that says nothing (constant or not finite) "
        "counts as chance and is never left out. Under robustness a map that never looks at the "
        "picture is perfect: these columns describe, and decide nothing.",
    ),
    (
        "Verified set",
        f"On planted data an altered face counts if P(fake) is at least {FAKE_FROM}, and at most "
        f"{REAL_UPTO} for its unaltered twin: elsewhere there is no right answer to name. An "
        f"unaltered face (track D) counts if P(fake) is at most {REAL_UPTO}. On other data a fake "
        "counts if the detector finds it at its own threshold. How many these are stands beside "
        "every table; a weak detector has few.",
    ),
    (
        "Colours of the pictures",
        "Red speaks for “fake”, blue for “real”, grey for neither; yellow is the outline of what "
        "was truly altered. Each map is divided by its mean strength, and one scale holds for all "
        "maps of a face: evidence that is spread thin looks pale.",
    ),
)


def claims(report: ExplanationReport) -> Markup:
    """List the headline's claims, each with whether it holds, in words and in colour."""
    items = [
        element("li", _holds(claim.holds, "holds", "does not hold"), element("span", claim.text))
        for claim in report.claims
    ]
    return element("ul", *items, class_="claims")


def sanity(report: ExplanationReport) -> Markup:
    """Lay out the checks."""
    rows = [
        element(
            "tr",
            element("th", check.text, scope="row"),
            element("td", check.value, class_="num"),
            element("td", _holds(check.holds, "passed", "failed")),
        )
        for check in report.sanity
    ]
    head = element(
        "tr",
        element("th", "check", scope="col"),
        element("th", "found", scope="col", class_="num"),
        element("th", "verdict", scope="col"),
    )
    table = element("table", element("thead", head), element("tbody", *rows))
    return scrolling(table, "Sanity checks")


def pitfalls(report: ExplanationReport) -> Markup:
    """List the traps that this run met."""
    return element("ul", *(element("li", text) for text in report.pitfalls))


def facts(report: ExplanationReport) -> Markup:
    """List what was run on what."""
    return fact_list(report.facts)


def config(report: ExplanationReport) -> Markup:
    """Show the configuration, folded."""
    return folded("The resolved configuration", element("pre", report.config))


def how_to_read() -> Markup:
    """Explain the page."""
    return join(
        part for title, text in _HOW_TO_READ for part in (element("h3", title), element("p", text))
    )


def _holds(holds: bool | None, yes: str, no: str) -> Markup:
    if holds is None:
        return element("span", "? not established", class_="open")
    sign, style = ("\N{CHECK MARK}", "holds") if holds else ("\N{BALLOT X}", "fails")
    return element("span", f"{sign} {yes if holds else no}", class_=style)
