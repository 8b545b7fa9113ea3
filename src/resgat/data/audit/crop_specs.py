"""Can the class be told without looking at the face? By how the crops are cut or stored, say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from resgat.data.audit.verdict import Check, Verdict, listing
from resgat.types import FAKE, REAL

NAME = "crop_specs"

#: Balanced accuracy of a detector that knows nothing else, from which the mix is a leak.
_GIVEAWAY = 0.9

#: Values of fewer videos are taken together: of frames of any size, each video has its own.
_MIN_VIDEOS = 5

_RARE = "(rare)"

#: One row per crop, see :func:`check_crop_specs`.
Rows: TypeAlias = pa.Table


def check_crop_specs(attributes: Mapping[str, Rows]) -> Check:
    """Compare classes and splits by attributes that have nothing to do with the face.

    Where real and fake crops differ in size, format, compression or crop spec, a network learns
    that instead of the forgery, and the number it reaches says nothing.

    Args:
        attributes: Name such as ``"image_size"`` -> columns ``value``, ``label``, ``split``,
            ``video_id`` of the crops it is known of.
    """
    details = {name: _mix(rows) for name, rows in attributes.items()}
    mixed = {name: mix for name, mix in details.items() if mix["num_values"] > 1}
    if not mixed:
        values = [
            f"{name} {mix['values']['first'][0]['value']}"
            for name, mix in details.items()
            if mix["num_values"]
        ]
        return Check(NAME, Verdict.OK, f"one of each: {', '.join(values)}", details)
    told = [name for name, mix in mixed.items() if mix["balanced_accuracy"] >= _GIVEAWAY]
    named = ", ".join(_say(name, mix) for name, mix in mixed.items())
    if told:
        summary = f"{' and '.join(told)} alone tells real from fake: {named}"
        return Check(NAME, Verdict.LEAK, summary, details)
    return Check(NAME, Verdict.WARNING, f"several kinds of crops are mixed: {named}", details)


def _say(name: str, mix: Mapping[str, Any]) -> str:
    values = mix["values"]["first"]
    pairs = [f"{cell['value']} ({cell['real']} real, {cell['fake']} fake)" for cell in values[:3]]
    more = f" and {mix['num_values'] - 3} more" if mix["num_values"] > 3 else ""
    return f"{name} {', '.join(pairs)}{more}, balanced accuracy {mix['balanced_accuracy']:.2f}"


def _mix(rows: Rows) -> dict[str, Any]:
    """Count each value per class and split, the most frequent first."""
    counted = rows.group_by(["value", "label", "split"], use_threads=False)
    cells: dict[str, dict[str, Any]] = {}
    for row in counted.aggregate([([], "count_all")]).to_pylist():
        cell = cells.setdefault(
            row["value"], {"value": row["value"], "real": 0, "fake": 0, "splits": {}}
        )
        split = row["split"] or "none"
        cell["real" if row["label"] == REAL else "fake"] += row["count_all"]
        cell["splits"][split] = cell["splits"].get(split, 0) + row["count_all"]
    ordered = sorted(cells.values(), key=lambda cell: (-cell["real"] - cell["fake"], cell["value"]))
    for cell in ordered:
        cell["splits"] = dict(sorted(cell["splits"].items()))
    return {
        "num_values": len(ordered),
        "balanced_accuracy": _balanced_accuracy(rows),
        "values": listing(ordered),
    }


def _balanced_accuracy(rows: Rows) -> float:
    """Return what the best guess from the value alone reaches: 0.5 is chance, 1 is certainty.

    That is half of one plus the total variation distance between the two classes' distributions.
    """
    values = _without_rare(rows)
    labels = np.asarray(rows["label"].to_numpy())
    shares = []
    for label in (REAL, FAKE):
        counts = np.bincount(values[labels == label], minlength=values.max(initial=0) + 1)
        if not counts.sum():
            return 0.5
        shares.append(counts / counts.sum())
    return round(float(0.5 + np.abs(shares[0] - shares[1]).sum() / 4), 6)


def _without_rare(rows: Rows) -> NDArray[np.int64]:
    """Number the values of each crop, all those of few videos with one number."""
    videos = rows.group_by(["value"], use_threads=False).aggregate([("video_id", "count_distinct")])
    is_common = pc.greater_equal(videos["video_id_count_distinct"], _MIN_VIDEOS)
    common = videos["value"].filter(is_common)
    values = pc.if_else(pc.is_in(rows["value"], value_set=common), rows["value"], _RARE)
    codes = values.combine_chunks().dictionary_encode().indices
    return np.asarray(codes.to_numpy(), np.int64)


def attribute(values: Sequence[str], rows: Rows) -> Rows:
    """Put the values of some crops beside their label, split and video.

    Args:
        values: One for each row.
        rows: Columns ``label``, ``split``, ``video_id``.
    """
    return rows.append_column("value", pa.array(values, pa.string()))
