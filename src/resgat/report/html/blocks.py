"""The small parts that every page has: tables that scroll, folds, facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from resgat.report.html.markup import Markup, element


def folded(title: str, inner: Markup, *, is_open: bool = False) -> Markup:
    """Put a part behind a line that opens it."""
    return element("details", element("summary", title), inner, open=True if is_open else None)


def scrolling(table: Markup, label: str) -> Markup:
    """Let a wide table scroll by itself, by keyboard too."""
    return element("div", table, class_="scroll", tabindex=0, role="region", aria_label=label)


def grid_table(head: Sequence[object], rows: Iterable[Sequence[object]], label: str) -> Markup:
    """Lay out rows whose first cell names them and whose other cells are numbers.

    Args:
        head: Of each column; markup or text.
        rows: Cells in the order of the columns.
        label: For who cannot see the table.
    """
    first, *others = head
    heads = [element("th", first, scope="col")]
    heads += [element("th", one, scope="col", class_="num") for one in others]
    lines = [
        element(
            "tr",
            element("th", row[0], scope="row"),
            *(element("td", cell, class_="num") for cell in row[1:]),
        )
        for row in rows
    ]
    table = element(
        "table",
        element("thead", element("tr", *heads)),
        element("tbody", *lines),
        class_="verdict",
    )
    return scrolling(table, label)


def fact_list(facts: Iterable[tuple[str, str]]) -> Markup:
    """List what was run on what."""
    pairs = (part for key, value in facts for part in (element("dt", key), element("dd", value)))
    return element("dl", *pairs, class_="facts")
