"""How a number of the study is written in a table."""

from __future__ import annotations

from experiments.planted_evidence.rows import Result


def cell(row: Result | None) -> str:
    """Return a mean and its interval; - where there is none."""
    if row is None or row.mean is None:
        return "-"
    if row.low is None or row.high is None:
        return f"{row.mean:.2f}"
    return f"{row.mean:.2f} [{row.low:.2f}, {row.high:.2f}]"


def difference(row: Result) -> str:
    """Return a difference and its interval, with signs."""
    if row.mean is None:
        return "-"
    if row.low is None or row.high is None:
        return f"{row.mean:+.2f}"
    return f"{row.mean:+.2f} [{row.low:+.2f}, {row.high:+.2f}]"
