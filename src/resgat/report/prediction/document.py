"""``predictions.json`` and ``predictions.csv``."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from resgat.data.naming import on_one_line
from resgat.inference.result import SCHEMA, FilePrediction, TrackPrediction
from resgat.report.html.wording import DASH
from resgat.report.prediction.words import file_words, region_words
from resgat.types import REGIONS

_VERDICT = (
    "label", "prob", "logit", "threshold_prob", "calibrated_prob", "low", "high", "is_in_doubt",
)  # fmt: skip
COLUMNS = (
    "path", "kind", "status", "reason", "track", "is_brief", "num_faces", *_VERDICT, *REGIONS,
)  # fmt: skip


def document(
    predictions: Sequence[FilePrediction],
    *,
    model: Mapping[str, Any],
    limits: Sequence[str],
    is_complete: bool,
) -> dict[str, Any]:
    """Return what ``predictions.json`` holds; docs/predicting.md says what each field means."""
    return {
        "schema": SCHEMA,
        "is_complete": is_complete,
        "model": dict(model),
        "limits": list(limits),
        "files": [prediction.to_dict() for prediction in predictions],
    }


def predictions_csv(predictions: Sequence[FilePrediction]) -> str:
    """Return a row for each person of each file, and one for each file without a person.

    A row is a line, whatever a file is called.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for prediction in predictions:
        for track in prediction.tracks or (None,):
            writer.writerow(_row(prediction, track))
    return text.getvalue()


def _row(prediction: FilePrediction, track: TrackPrediction | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "path": _inert(on_one_line(str(prediction.path))),
        "kind": prediction.kind,
        "status": prediction.status,
        "reason": prediction.reason,
    }
    if track is not None:
        row |= {"track": track.track, "is_brief": track.is_brief, "num_faces": len(track.faces)}
        row |= {name: getattr(track.verdict, name) for name in _VERDICT}
        row |= dict(track.regions or {})
    return row


def _inert(name: str) -> str:
    """Keep a spreadsheet from taking a file's name for a formula."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@")) else name


def predictions_table(predictions: Sequence[FilePrediction]) -> Table:
    """Return the table for the terminal: a row for each file."""
    table = Table("file", "verdict", "faces", "evidence")
    for prediction in predictions:
        table.add_row(
            escape(on_one_line(prediction.path.name)),
            escape(file_words(prediction)),
            str(prediction.num_faces) if prediction.num_faces else DASH,
            _evidence(prediction),
        )
    return table


def _evidence(prediction: FilePrediction) -> str:
    deciding = [track for track in prediction.tracks if track.verdict is prediction.verdict]
    return region_words(deciding[0].regions) if deciding else DASH
