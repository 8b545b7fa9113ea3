"""The picture of the study: which method names the altered region of which model."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from experiments.planted_evidence.rows import Result
from experiments.planted_evidence.tables import METHODS

_CHANCE = 1 / 8


def figure(rows: Sequence[Result], models: Sequence[str]) -> Figure | None:
    """Draw Hit@1 on track A: a panel for each model that can be judged, a line for each method."""
    found = {
        (row.model, row.method): row
        for row in rows
        if (row.track, row.metric, row.subjects) == ("A", "region_hit", "verified")
        and row.mean is not None
    }
    models = [model for model in models if any(model == judged for judged, _ in found)]
    if not models:
        return None
    drawn = Figure(figsize=(3.1 * len(models) + 1.2, 4.2), layout="constrained")
    panels = drawn.subplots(1, len(models), sharex=True, sharey=True, squeeze=False)[0]
    for axes, model in zip(panels, models, strict=True):
        axes.axvline(_CHANCE, color="#707070", linestyle="--", linewidth=1)
        for place, method in enumerate(METHODS):
            row = found.get((model, method))
            if row is None:
                continue
            color = "#0072B2" if method in METHODS[:2] else "#D55E00"
            color = color if method in METHODS[:9] else "#707070"
            if row.low is not None:
                axes.plot((row.low, row.high), (place, place), color=color, linewidth=2)
            axes.plot(row.mean, place, "o", color=color, markersize=6)
        axes.set_title(model, fontsize=10)
        axes.set_xlim(-0.02, 1.02)
        axes.grid(axis="x", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_yticks(range(len(METHODS)), METHODS)
    panels[0].invert_yaxis()
    drawn.supxlabel(
        "altered region named first, track A, verified set (dashed: chance)", fontsize=9
    )
    return drawn
