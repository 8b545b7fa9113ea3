"""What holds a page together: one file that needs no other, no script and no network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from resgat.report.html.markup import Markup, element
from resgat.report.html.style import STYLE


class Section(NamedTuple):
    """A part of a page.

    Attributes:
        anchor: Its address on the page.
        title: Its heading.
        lead: What it shows; may be "".
        body: What it shows it with.
    """

    anchor: str
    title: str
    lead: str
    body: Markup


def render(title: str, opening: Markup, sections: Sequence[Section], footer: str) -> str:
    """Return a page as HTML.

    It asks for nothing from anywhere: the style is inside, charts are SVG, pictures ``data:``
    addresses, and there is no script. Every text is escaped.

    Args:
        title: Of the page.
        opening: What stands above the contents.
        sections: In their order.
        footer: One line.
    """
    contents = [element("li", element("a", s.title, href=f"#{s.anchor}")) for s in sections]
    header = element(
        "header",
        element("h1", title),
        opening,
        element("nav", element("ul", *contents), aria_label="Contents"),
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", Markup(STYLE)),
    )
    main = element("main", *map(_section, sections))
    body = element("body", header, main, element("footer", footer))
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _section(section: Section) -> Markup:
    lead = element("p", section.lead, class_="note") if section.lead else ""
    heading = element("h2", section.title)
    return element("section", heading, lead, section.body, id=section.anchor)
