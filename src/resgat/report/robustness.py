"""The figure of a detector's AUC under each corruption."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from resgat.report.plots import BLUE, GREY
from resgat.robustness.curves import AreaRow, LevelRow

_COLUMNS = 4
_CHANCE = 0.5


def plot_robustness(
    levels: Sequence[LevelRow], areas: Sequence[AreaRow], *, pooling: str = "video"
) -> Figure:
    """Draw one small panel per corruption: AUC over the levels, its 95 % band, and chance.

    Args:
        levels: As ``judge`` returns them.
        areas: As ``judge`` returns them.
        pooling: video or frame.
    """
    shown = [row for row in areas if row.pooling == pooling]
    columns = min(_COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    size = (max(4.0, 0.6 + 2.6 * columns), 0.7 + 2.6 * rows)
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    for axes, area in zip(panels, shown, strict=False):
        curve = [r for r in levels if (r.corruption, r.pooling) == (area.corruption, pooling)]
        _draw(axes, curve, area)
    for axes in panels[len(shown) :]:
        axes.set_visible(False)
    panels[0].set_ylim(min(0.45, _lowest(levels, pooling)), 1.01)
    figure.supylabel(f"AUC ({pooling} level)", fontsize=10)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return figure


def _draw(axes: Axes, curve: Sequence[LevelRow], area: AreaRow) -> None:
    at = [row.level for row in curve]
    axes.axhline(_CHANCE, color=GREY, linestyle="--", linewidth=1.2, label="chance")
    axes.set_xticks(at, [_tick(row) for row in curve], fontsize=8)
    axes.set(xlabel=curve[0].parameter, xlim=(-0.3, len(curve) - 0.7))
    axes.tick_params(axis="y", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    name = area.corruption.replace("_", " ")
    if area.area is None:
        axes.set_title(name, fontsize=10, loc="left")
        text = textwrap.fill(f"No curve: {area.reason}", 28)
        axes.text(0.5, 0.5, text, ha="center", transform=axes.transAxes, fontsize=8)
        return
    title = f"{name}\nmean {area.area:.3f}, drop {area.drop:.3f}"
    axes.set_title(title, fontsize=10, loc="left")
    if all(row.auc_low is not None for row in curve):
        ends: Any = [[getattr(row, name) for row in curve] for name in ("auc_low", "auc_high")]
        axes.fill_between(
            at, *ends, color=BLUE, alpha=0.18, linewidth=0, label="95 % over identity groups"
        )
    aucs: Any = [row.auc for row in curve]
    axes.plot(
        at, aucs, color=BLUE, linewidth=1.8, marker="o", markersize=4, clip_on=False, label="AUC"
    )


def _tick(row: LevelRow) -> str:
    return "clean" if row.value is None else f"{row.value:g}"


def _lowest(levels: Sequence[LevelRow], pooling: str) -> float:
    """Return the lowest end of a band."""
    ends = [end for row in levels if row.pooling == pooling for end in (row.auc, row.auc_low)]
    return min((end for end in ends if end is not None), default=_CHANCE) - 0.03
