"""Predictions beside the facts of their crops, per frame and per video."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from resgat.data.index import CropIndex
from resgat.metrics.inputs import sigmoid
from resgat.metrics.pooling import pool_videos
from resgat.metrics.predictions import Predictions

_CROP_COLUMNS = (
    "crop_id",
    "video_id",
    "dataset",
    "method",
    "compression",
    "identity_group",
    "label",
    "frame_idx",
)
#: Begins the name of the column of an attribute.
ATTRIBUTE = "attribute:"
_VIDEO_COLUMNS = ("video_id", "dataset", "method", "compression", "identity_group", "label")


def prediction_table(
    predictions: Predictions,
    index: CropIndex,
    split: str,
    attributes: pa.Table | None = None,
) -> pa.Table:
    """Join logits to the crops they belong to.

    Args:
        predictions: As ``PredictionStore.compute`` returns them.
        index: All crops; position ``i`` is the crop of row number ``i``.
        split: Name of the split that was predicted.
        attributes: What else is known of all crops, as ``attributes_of`` returns it.

    Returns:
        One row per prediction, in its order: crop_id, video_id, dataset, method, compression,
        identity_group, label, frame_idx, logit, prob (of "fake"), split, and ``attribute:NAME`` for
        each attribute.

    Raises:
        ValueError: A row number lies outside the index, or a label differs from the index.
    """
    rows = predictions.row
    if rows.size and not 0 <= rows.min() <= rows.max() < len(index):
        msg = (
            f"predictions: expected rows below {len(index)}, the length of the index, "
            f"got {rows.min()} to {rows.max()}; they were made from another index"
        )
        raise ValueError(msg)
    table = index.take(_CROP_COLUMNS, rows)
    differing = np.flatnonzero(table["label"].to_numpy() != predictions.label)
    if differing.size:
        msg = (
            f"{table['crop_id'][int(differing[0])]}: its label differs between predictions and "
            "index; they were made from another index"
        )
        raise ValueError(msg)
    logit = predictions.logit.astype(np.float64)
    table = (
        table.append_column("logit", pa.array(logit))
        .append_column("prob", pa.array(sigmoid(logit)))
        .append_column("split", pa.repeat(split, len(rows)))
    )
    if attributes is None:
        return table
    for name in attributes.column_names:
        table = table.append_column(f"{ATTRIBUTE}{name}", attributes[name].take(pa.array(rows)))
    return table


def attribute_columns(table: pa.Table) -> dict[str, str]:
    """Return attribute -> its column in a table of predictions."""
    return {
        name.removeprefix(ATTRIBUTE): name
        for name in table.column_names
        if name.startswith(ATTRIBUTE)
    }


def video_table(frame_table: pa.Table) -> pa.Table:
    """Pool a frame table into one row per video, by ascending video_id.

    Args:
        frame_table: As ``prediction_table`` returns it.

    Returns:
        video_id, dataset, method, compression, identity_group, label, split, num_frames, logit
        (mean of the frames), prob (its sigmoid), and the attributes.

    Raises:
        IndexSchemaError: The frames of one video carry both labels.
        ValueError: A logit is not finite.
    """
    encoded = frame_table["video_id"].combine_chunks().dictionary_encode()
    video_idx = encoded.indices.to_numpy()
    video_ids = encoded.dictionary.to_pylist()
    logits = pool_videos(
        frame_table["logit"].to_numpy(),
        frame_table["label"].to_numpy(),
        video_idx,
        video_ids=video_ids,
    )
    _, first = np.unique(video_idx, return_index=True)
    return (
        frame_table.select([*_VIDEO_COLUMNS, "split", *attribute_columns(frame_table).values()])
        .take(pa.array(first))
        .append_column("num_frames", pa.array(logits.num_frames))
        .append_column("logit", pa.array(logits.logit))
        .append_column("prob", pa.array(sigmoid(logits.logit)))
        .sort_by("video_id")
    )
