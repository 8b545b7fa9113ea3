"""A number in a table of a page: with its interval, or a dash that says why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from resgat.report.html.markup import Markup, element, join
from resgat.report.html.wording import DASH, interval, number


def number_cell(
    value: float | None, ends: Sequence[float] | None, why: str | None = None
) -> Markup:
    """Write a number with its interval.

    Args:
        value: The number; None is a dash.
        ends: Both ends of its interval; None is said.
        why: There is no number; shown when pointed at.

    Example:
        >>> number_cell(0.9, (0.8, 0.95))
        '<b>0.900</b><small>[0.800, 0.950]</small>'
    """
    if value is None:
        return element("span", DASH, title=why)
    low, high = ends or (None, None)
    return join((element("b", number(value)), element("small", interval(low, high))))


def metric_cell(level: Mapping[str, Any], metric: str) -> Markup:
    """Write a metric as ``metrics.json`` holds it: the number, its interval or its reason."""
    return number_cell(level[metric], level[f"{metric}_ci"], level.get(f"{metric}_reason"))
