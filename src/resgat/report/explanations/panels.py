"""Summary rows by model and track, the methods ranked, and what each row may claim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from resgat.explain.stats.summary import CONTROLS, SummaryRow
from resgat.report.explanations.content import Column, ExplanationReport

#: The track that is shown in full.
MAIN_TRACK = "A"

#: Which way a metric is better, in words.
DIRECTIONS = {"higher": "higher is better", "lower": "lower is better", "none": "describes only"}

NOT_BETTER = "not better than chance"


@dataclass(frozen=True)
class Panel:
    """One model on one track.

    Attributes:
        heading: Model and track in words.
        methods: Best first by the first column, then the controls, best first.
        rows: (metric, method) -> row.
        is_main: Whether it is shown in full.
    """

    model: str
    track: str
    heading: str
    methods: tuple[str, ...]
    rows: Mapping[tuple[str, str], SummaryRow]
    is_main: bool

    def of(self, metric: str) -> list[SummaryRow]:
        """Return the rows of a metric, in the order of the methods."""
        found = [self.rows.get((metric, method)) for method in self.methods]
        return [row for row in found if row is not None]


def panels(report: ExplanationReport) -> list[Panel]:
    """Group a report's rows: the models in their order, of each the main track first."""
    models = list(dict.fromkeys(row.model for row in report.summary))
    found: list[Panel] = []
    for model in models:
        tracks = sorted({row.track for row in report.summary if row.model == model})
        tracks.sort(key=lambda track: track != MAIN_TRACK)
        for track in tracks:
            rows = [row for row in report.summary if (row.model, row.track) == (model, track)]
            heading = _heading(model if len(models) > 1 else "", track, report.tracks)
            found.append(
                Panel(
                    model,
                    track,
                    heading,
                    ranked(rows, columns(report)[0].metric),
                    {(row.metric, row.method): row for row in rows},
                    is_main=track == tracks[0],
                )
            )
    return found


def columns(report: ExplanationReport) -> tuple[Column, ...]:
    """Return the primary metrics; all metrics where the report names none."""
    names = sorted({row.metric for row in report.summary})
    return report.columns or tuple(Column(name, name) for name in names)


def ranked(rows: Sequence[SummaryRow], metric: str) -> tuple[str, ...]:
    """Return the methods, best first by a metric; then the controls, which compete for nothing.

    A method without a value comes after those that have one; equal ones by name.
    """
    means = {row.method: _worth(row) for row in rows if row.metric == metric}
    names = {row.method for row in rows}
    worst = float("inf")
    return tuple(
        sorted(names, key=lambda name: (name in CONTROLS, means.get(name, worst), name)),
    )


def remark(row: SummaryRow) -> str:
    """Return why a row claims nothing; empty where it beats chance, or cannot be asked to."""
    if row.method in CONTROLS or row.better == "none" or row.beats_controls:
        return ""
    if row.unrelated is not None:  # the best map there is one that never looks at the picture
        return ""
    if row.mean is None:
        return "undefined"
    if row.low is None or row.high is None:
        return "no interval, so no claim"
    if row.permuted is None and row.diff_random is None and row.diff_center is None:
        return "no control beside it"
    return NOT_BETTER


def span(rows: Iterable[SummaryRow], name: str) -> str:
    """Return a count that rows share, or its range.

    Example:
        >>> span([], "n_images")
        '0'
    """
    counts = sorted({int(getattr(row, name)) for row in rows}) or [0]
    low, high = counts[0], counts[-1]
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _worth(row: SummaryRow) -> float:
    """Return a number that is smaller for a better row."""
    if row.mean is None:
        return float("inf")
    return row.mean if row.better == "lower" else -row.mean


def _heading(model: str, track: str, notes: Mapping[str, str]) -> str:
    name = f"Track {track}" if len(track) == 1 else track
    note = notes.get(track)
    text = f"{name}: {note}" if note else name
    return f"{model}, {text[0].lower() + text[1:]}" if model else text
