"""Which region was planted against which one a method names."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from resgat.explain.stats.information import LEAST_IMAGES
from resgat.report.explanations.content import ExplanationReport
from resgat.report.explanations.panels import panels
from resgat.report.html.blocks import folded
from resgat.report.html.markup import Markup, element, join
from resgat.report.html.wording import REGION_WORDS, counted, percent

#: So many are shown at once; more are folded.
_SHOWN = 6

#: From here on the cell is too dark for dark text.
_HOT = 0.85


def confusions(report: ExplanationReport) -> Markup:
    """Lay out one table for each method, in the order of the verdict table."""
    ranks = next(panel for panel in panels(report) if panel.is_main).methods
    order = {name: place for place, name in enumerate(ranks)}
    names = sorted(report.confusion, key=lambda name: order.get(name, len(order)))
    tables = [confusion_table(name, report.confusion[name]) for name in names]
    parts = [element("div", *tables[:_SHOWN], class_="grid")]
    if tables[_SHOWN:]:
        rest = element("div", *tables[_SHOWN:], class_="grid")
        parts.append(folded(counted(len(tables) - _SHOWN, "more method"), rest))
    return join(parts)


def confusion_table(method: str, counts: NDArray[np.floating[Any]]) -> Markup:
    """Lay out the shares of each planted region; a region that was never planted has none.

    Fewer answers than bits are told of are shown as counts: a share of a handful looks certain.

    Shape:
        counts: (8, 8), row = planted, column = named
    """
    total, hits = float(counts.sum()), float(np.trace(counts))
    is_few = total < LEAST_IMAGES
    right = f"{hits:g} of {total:g}" if is_few else percent(hits / total)
    heads = [element("th", element("span", name), scope="col") for name in REGION_WORDS]
    title = element("h3", method, " ", element("small", f"right: {right}", class_="note"))
    rows = [_row(place, counts[place], is_few=is_few) for place in range(len(REGION_WORDS))]
    table = element(
        "table",
        element("col", class_="names"),
        element(
            "thead",
            element("tr", element("td", "named \N{RIGHTWARDS ARROW}", class_="corner"), *heads),
        ),
        element("tbody", *rows),
        class_="confusion",
        aria_label=f"{method}: planted region (row) against named region (column), in "
        f"{'answers' if is_few else 'percent'}",
    )
    return element("figure", title, table)


def _row(place: int, counts: NDArray[np.floating[Any]], *, is_few: bool) -> Markup:
    total = float(counts.sum())
    shares = counts / total if total else np.zeros_like(counts, dtype=float)
    cells = [
        _cell(float(share), float(count), is_true=column == place, is_few=is_few)
        for column, (share, count) in enumerate(zip(shares, counts, strict=True))
    ]
    return element("tr", element("th", REGION_WORDS[place], scope="row"), *cells)


def _cell(share: float, count: float, *, is_true: bool, is_few: bool) -> Markup:
    classes = " ".join(
        name for name, applies in (("true", is_true), ("hot", share >= _HOT)) if applies
    )
    text = f"{count:.2g}" if is_few else f"{100 * share:.0f}"
    text = text if share >= 0.005 else ""
    return element(
        "td", text, class_=classes or None, style=f"--share:{share:.3f}", title=f"{count:g} images"
    )
