"""The long table of scores: one row per image, method and metric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from resgat.errors import IndexSchemaError

#: Which way a metric is better; ``none`` for one that describes.
Better = Literal["higher", "lower", "none"]

#: ``permuted/contrib`` is what contrib's maps of other images score.
PERMUTED = "permuted/"

SCORES_SCHEMA = pa.schema(
    [
        ("model", pa.string()),
        ("train_seed", pa.int64()),
        ("crop_id", pa.string()),
        ("video_id", pa.string()),
        ("group", pa.string()),
        ("label", pa.int8()),
        ("prob", pa.float64()),
        ("is_verified", pa.bool_()),
        ("track", pa.string()),
        ("method", pa.string()),
        ("metric", pa.string()),
        ("value", pa.float64()),
        ("is_degenerate", pa.bool_()),
    ]
)


@dataclass(frozen=True, eq=False)
class Block:
    """The scores of one metric as numbers, for a bootstrap.

    Attributes:
        values: nan where a score is undefined or was not made, (seeds, images, methods).
        degenerate: How many maps of each method said nothing, (methods,).
        undefined: How many scores of each method are undefined, (methods,).
        methods: Names of the last axis, sorted.
        groups: The identity group of each image.
    """

    values: NDArray[np.float64]
    degenerate: NDArray[np.int64]
    undefined: NDArray[np.int64]
    methods: tuple[str, ...]
    groups: tuple[str, ...]


def check_scores(table: pa.Table) -> None:
    """Refuse a table that is none of scores.

    Raises:
        IndexSchemaError: A column is missing or of another type, or a score occurs twice.
    """
    for field in SCORES_SCHEMA:
        found = table.schema.field(field.name).type if field.name in table.schema.names else None
        if found != field.type:
            msg = f"scores: column {field.name}: expected {field.type}, got {found or 'none'}"
            raise IndexSchemaError(msg)
    keys = ["model", "train_seed", "crop_id", "track", "method", "metric"]
    counts = table.group_by(keys).aggregate([([], "count_all")])
    if len(counts) < len(table):
        twice = counts.filter(pc.greater(counts["count_all"], 1)).slice(0, 1).to_pylist()[0]
        named = ", ".join(f"{key} {twice[key]}" for key in keys)
        msg = f"scores: {named} occurs {twice['count_all']} times; expected once"
        raise IndexSchemaError(msg)


def block(rows: pa.Table) -> Block:
    """Lay the scores of one model, track and metric out by seed, image and method."""
    seeds, seed = _codes(rows["train_seed"])
    images, image = _codes(rows["crop_id"])
    methods, method = _codes(rows["method"])
    values = np.full((len(seeds), len(images), len(methods)), np.nan)
    scores = rows["value"].to_numpy()
    values[seed, image, method] = scores
    group = dict(zip(rows["crop_id"].to_pylist(), rows["group"].to_pylist(), strict=True))
    is_degenerate = rows["is_degenerate"].to_numpy(zero_copy_only=False)
    count = len(methods)
    return Block(
        values,
        np.bincount(method[is_degenerate], minlength=count),
        np.bincount(method[~np.isfinite(scores)], minlength=count),
        tuple(methods),
        tuple(group[name] for name in images),
    )


def _codes(column: pa.ChunkedArray) -> tuple[list[str], NDArray[np.int64]]:
    names, codes = np.unique(np.asarray(column.to_pylist()), return_inverse=True)
    return names.tolist(), codes.astype(np.int64)
