"""What scaling costs, as tables and a figure, and how many hours whole corpora would take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

Row = Mapping[str, Any]

#: Factor -> its axis.
FACTORS = {
    "model": "Model",
    "precision": "Precision",
    "size_px": "Side of a face, px",
    "nodes": "Nodes of the graph",
    "batch_size": "Faces in a batch",
    "ranks": "Processes, a thread each",
    "workers": "Loader workers, no model",
    "frames": "Frames per video, preprocessing",
}
_FRAMES = 32
#: Corpus -> all its videos, and those of its train split: FaceForensics++ with four methods
#: (720 of 1,000 ids train), and DFDC's parts 0 to 34 of 50 with its 119,154 videos.
CORPORA = {"FaceForensics++": (5_000, 3_600), "DFDC": (119_154, 83_408)}


def cost_table(rows: Iterable[Row]) -> str:
    """Return a row for each case in Markdown."""
    lines = ["| | | faces a second | peak memory, GiB |", "|---|---|---|---|"]
    for row in rows:
        memory = f"{row['peak_gib']:.1f}" if "peak_gib" in row else ""
        name = FACTORS[row["factor"]].lower()
        lines.append(f"| {name} | {row['value']} | {row['faces_per_s']:.1f} | {memory} |")
    return "\n".join(lines)


def hours_table(rows: Sequence[Row]) -> str:
    """Return in Markdown how long whole corpora would take at the speeds of some cases.

    Raises:
        KeyError: A case that this rests on is not among the rows.
    """
    speed = {(row["factor"], row["value"]): row for row in rows}
    videos_per_s = speed["frames", str(_FRAMES)]["videos_per_s"]
    epochs = {
        "an epoch, float32": speed["model", "resgatv2"]["faces_per_s"],
        "an epoch, bf16": speed["precision", "bf16-mixed"]["faces_per_s"],
    }
    lines = [f"| {_FRAMES} frames a video, hours | {' | '.join(CORPORA)} |"]
    lines.append("|---" * (1 + len(CORPORA)) + "|")
    cut = [hours(all_videos, videos_per_s) for all_videos, _ in CORPORA.values()]
    lines.append(f"| preprocessing | {' | '.join(cut)} |")
    for name, faces_per_s in epochs.items():
        spent = [hours(train * _FRAMES, faces_per_s) for _, train in CORPORA.values()]
        lines.append(f"| {name} | {' | '.join(spent)} |")
    return "\n".join(lines)


def hours(count: float, per_s: float) -> str:
    """Return how many hours so many take.

    Example:
        >>> hours(7200, 2.0)
        '1.0'
    """
    spent = count / per_s / 3600
    return f"{spent:,.1f}" if spent < 10 else f"{spent:,.0f}"


def cost_figure(rows: Sequence[Row]) -> Figure:
    """Draw the speed of each factor's cases, a panel each."""
    factors = [name for name in FACTORS if any(row["factor"] == name for row in rows)]
    num_columns = min(4, len(factors))
    num_rows = -(-len(factors) // num_columns)
    figure = Figure(figsize=(3.2 * num_columns, 2.7 * num_rows), layout="constrained")
    panels = figure.subplots(num_rows, num_columns, squeeze=False).ravel()
    for axes in panels[len(factors) :]:
        axes.set_visible(False)
    for axes, factor in zip(panels, factors, strict=False):
        shown = [row for row in rows if row["factor"] == factor]
        names = [row["value"].replace("resgat", "").replace("_", "\n") for row in shown]
        bars = axes.bar(names, [row["faces_per_s"] for row in shown], color="#3b6ea5", width=0.6)
        axes.bar_label(bars, fmt="%.3g", fontsize=8, padding=2)
        axes.set(xlabel=FACTORS[factor], ylabel="Faces a second")
        axes.margins(y=0.15)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    return figure
