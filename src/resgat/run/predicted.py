"""A run's predictions of its test crops, checked before another command relies on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from resgat.errors import IndexSchemaError, RunFolderError
from resgat.report.table import video_table
from resgat.types import FAKE, REAL

PREDICTIONS_NAME = "predictions.parquet"
#: What runs must say alike of every crop, beside its id.
CROP_FACTS = ("label", "identity_group", "video_id", "method", "compression")

_KEY = ("crop_id", "split", "logit", "label", "identity_group", "video_id")
_COLUMNS = pa.schema(
    [
        *((name, pa.string()) for name in ("crop_id", "split", "identity_group", "video_id")),
        *((name, pa.string()) for name in ("dataset", "method", "compression")),
        ("label", pa.int64()),
        ("logit", pa.float64()),
    ]
)
_REMEDY = "Evaluate the checkpoint again, or leave this run out"


def read_predicted(run_dir: Path, split: str) -> dict[str, pa.Table]:
    """Read what a run said of its test split.

    Args:
        run_dir: Of the run.
        split: The name of its test split.

    Returns:
        Under "frame" a row for each crop, by ascending crop_id; under "video" one for each video,
        as :func:`~resgat.report.table.video_table` returns them.

    Raises:
        RunFolderError: The table is broken, or has no crops, crops twice, or values that no
            evaluation writes.
    """
    path = run_dir / PREDICTIONS_NAME
    table = _read(path)
    rows = table.filter(pc.equal(table["split"], split)).sort_by("crop_id")
    if not len(rows):
        there = ", ".join(map(repr, sorted(pc.unique(table["split"]).to_pylist()))) or "none"
        msg = (
            f"{path} holds no crop of the run's test split {split!r}; the splits there: {there}. "
            f"{_REMEDY}"
        )
        raise RunFolderError(msg)
    _check_rows(rows, path)
    try:
        return {"frame": rows, "video": video_table(rows)}
    except IndexSchemaError as error:  # a video with both labels
        raise RunFolderError(_broken(path, error)) from error


def _read(path: Path) -> pa.Table:
    """Read the columns that are needed, each of its type and without a gap in those that decide."""
    try:
        table = pq.read_table(path)
        found = table.select(_COLUMNS.names).cast(_COLUMNS)
    except (pa.ArrowException, KeyError, OSError) as error:
        raise RunFolderError(_broken(path, error)) from error
    for name in _KEY:
        if found[name].null_count:
            msg = f"{path}: {found[name].null_count} of {len(found)} rows have no {name}. {_REMEDY}"
            raise RunFolderError(msg)
    return found


def _check_rows(rows: pa.Table, path: Path) -> None:
    ids, logits = rows["crop_id"], rows["logit"].to_numpy()
    if len(pc.unique(ids)) < len(ids):
        twice = next(row for row in pc.value_counts(ids).to_pylist() if row["counts"] > 1)
        msg = f"{path}: crop {twice['values']} is there {twice['counts']} times. {_REMEDY}"
        raise RunFolderError(msg)
    if not np.isfinite(logits).all():
        msg = (
            f"{path}: {np.count_nonzero(~np.isfinite(logits))} of {len(logits)} logits are not "
            "finite; the detector is unusable (diverged, or overflowed in half precision). Leave "
            "this run out"
        )
        raise RunFolderError(msg)
    strange = set(pc.unique(rows["label"]).to_pylist()) - {REAL, FAKE}
    if strange:
        msg = f"{path}: label: expected 0 (real) or 1 (fake), got {min(strange)}. {_REMEDY}"
        raise RunFolderError(msg)


def _broken(path: Path, error: Exception) -> str:
    reason = " ".join(str(error).split()).removesuffix(".")
    return f"{path} is broken: {reason}. {_REMEDY}"
