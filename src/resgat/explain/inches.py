"""Placing things on a figure by inches, so that rows of any number look the same."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure


def axes_at(figure: Figure, left: float, bottom: float, width: float, height: float) -> Any:
    """Add axes at a place given in inches, without ticks or frame."""
    full_width, full_height = figure.get_size_inches()
    box = (left / full_width, bottom / full_height, width / full_width, height / full_height)
    axes = figure.add_axes(box)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return axes


def write_at(figure: Figure, left: float, top: float, text: str, **style: Any) -> None:
    """Write text below and to the right of a place given in inches; a dollar sign is one."""
    full_width, full_height = figure.get_size_inches()
    figure.text(left / full_width, top / full_height, text, va="top", parse_math=False, **style)
