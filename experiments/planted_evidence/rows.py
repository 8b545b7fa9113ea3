"""The numbers of the study, one in each row, and how they are kept as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

#: The paired difference of two methods, beside each of them.
DIFFERENCE = "contrib - shap_region"
#: Whose contribution is compared with whose map. Each model is sure of other faces, so beside the
#: two intervals stands the difference on the faces that both are sure of.
COMPARED = tuple(
    (ours, model, method)
    for ours in ("resgatv2", "resgatv2_supervised")
    for model, method in (
        (ours, "gradcam"),
        (ours, "gradcam_layer1"),
        ("resnet34", "gradcam"),
        ("resgatv2_paper34", "attn_received"),
    )
)


class Result(NamedTuple):
    """One number of the study.

    Attributes:
        model: Of ``study.MODELS``; or ``OURS - OTHER``, the difference of two on the same faces.
        seeds: The training seeds that it is of, such as ``0 1 2``.
        subjects: ``verified``, ``all``, ``OPERATOR, verified``, ``changed by 1 to 2 logits``,
            ``verified by both``, or ``test`` for the detector's own numbers.
        track: A to F; empty for the detector's own numbers.
        metric: ``region_hit``, ``auc``, ``verified_share``, ...
        method: Which explanation, or the difference of two, as :data:`DIFFERENCE`; empty for the
            detector's own numbers.
        n: Images.
    """

    model: str
    seeds: str
    subjects: str
    track: str
    metric: str
    method: str
    mean: float | None
    low: float | None
    high: float | None
    n: int


def results_csv(rows: Sequence[Result]) -> str:
    """Return rows as CSV; None is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Result._fields)
    writer.writerows([_plain(value) for value in row] for row in rows)
    return text.getvalue()


def read_results(text: str) -> list[Result]:
    """Read what :func:`results_csv` wrote."""
    kinds: dict[str, Callable[[str], Any]] = {
        "mean": number,
        "low": number,
        "high": number,
        "n": int,
    }
    return [
        Result(**{name: kinds.get(name, str)(value) for name, value in row.items()})
        for row in csv.DictReader(io.StringIO(text))
    ]


def merge(kept: Sequence[Result], found: Sequence[Result]) -> list[Result]:
    """Return what was found, and the rows that are kept of the models that were not, by model.

    A difference of two models goes if either was found: it was of another run of it.
    """
    new = {row.model for row in found}
    both = [*(row for row in kept if not new & set(row.model.split(" - "))), *found]
    return sorted(both, key=lambda row: row.model)


def number(text: str) -> float | None:
    """Read a cell of a CSV; an empty one is None."""
    return float(text) if text else None


def _plain(value: Any) -> Any:
    return "" if value is None else value
