from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from resgat.data.index import CropIndex
from resgat.errors import IndexSchemaError
from resgat.metrics.predictions import Predictions
from resgat.report.table import attribute_columns, prediction_table, video_table


def test_columns_and_values(
    frame_table: pa.Table, predictions: Predictions, index_table: pa.Table
) -> None:
    assert frame_table.column_names == [
        *("crop_id", "video_id", "dataset", "method", "compression", "identity_group"),
        *("label", "frame_idx", "logit", "prob", "split"),
    ]
    assert frame_table["crop_id"].equals(index_table["crop_id"])
    np.testing.assert_array_equal(frame_table["logit"].to_numpy(), predictions.logit)
    np.testing.assert_allclose(
        frame_table["prob"].to_numpy(), 1 / (1 + np.exp(-predictions.logit.astype(float)))
    )
    assert set(frame_table["split"].to_pylist()) == {"test"}


def test_rows_are_looked_up_by_number(predictions: Predictions, index_table: pa.Table) -> None:
    some = predictions._replace(**{name: a[[5, 2]] for name, a in predictions._asdict().items()})
    table = prediction_table(some, CropIndex.whole(index_table, Path()), "val")
    crop_ids = index_table["crop_id"].to_pylist()
    assert table["crop_id"].to_pylist() == [crop_ids[5], crop_ids[2]]
    assert table["split"].to_pylist() == ["val", "val"]


def test_attributes_stand_beside_their_crops_and_videos(
    predictions: Predictions, index_table: pa.Table
) -> None:
    values = [("a", "b")[row // 3 % 2] for row in range(index_table.num_rows)]  # of the videos
    some = predictions._replace(**{name: a[[5, 2]] for name, a in predictions._asdict().items()})
    index = CropIndex.whole(index_table, Path())
    table = prediction_table(some, index, "test", pa.table({"gender": values}))
    assert table["attribute:gender"].to_pylist() == ["b", "a"]
    assert attribute_columns(table) == {"gender": "attribute:gender"}
    ids = index_table["video_id"].to_pylist()
    found = {row["video_id"]: row["attribute:gender"] for row in video_table(table).to_pylist()}
    assert found == {ids[5]: "b", ids[2]: "a"}


def test_no_predictions_are_an_empty_table(predictions: Predictions, index_table: pa.Table) -> None:
    none = predictions._replace(**{name: a[:0] for name, a in predictions._asdict().items()})
    frames = prediction_table(none, CropIndex.whole(index_table, Path()), "test")
    assert frames.num_rows == 0
    assert video_table(frames).num_rows == 0


@pytest.mark.parametrize("row", [-1, 10_000])
def test_a_row_outside_the_index_is_refused(
    predictions: Predictions, index_table: pa.Table, row: Any
) -> None:
    predictions.row[0] = row
    with pytest.raises(ValueError, match=r"expected rows below 72.* made from another index"):
        prediction_table(predictions, CropIndex.whole(index_table, Path()), "test")


def test_another_label_is_refused(predictions: Predictions, index_table: pa.Table) -> None:
    predictions.label[4] = 1 - predictions.label[4]
    with pytest.raises(ValueError, match="ffpp/Deepfakes/c23/000/1/0: its label differs"):
        prediction_table(predictions, CropIndex.whole(index_table, Path()), "test")


def test_two_methods_fakes_of_one_name_stay_two_videos(index_table: pa.Table) -> None:
    """``000_003`` is a file of every method of FaceForensics++."""
    ids = [f"ffpp/{method}/c23/000_003" for method in ("Deepfakes", "FaceSwap") for _ in range(3)]
    rows = index_table.filter(pc.equal(index_table["label"], 1)).slice(0, 6)
    place = rows.schema.get_field_index("video_id")
    rows = rows.set_column(place, "video_id", pa.array(ids))
    logit = np.array([1, 2, 3, -1, -2, -3], np.float32)
    some = Predictions(np.arange(6), np.arange(6) // 3, np.ones(6, np.int8), logit)
    videos = video_table(prediction_table(some, CropIndex.whole(rows, Path()), "test"))
    assert videos["video_id"].to_pylist() == [ids[0], ids[3]]
    assert videos["logit"].to_pylist() == [2, -2]


def test_videos_in_order_of_their_names(frame_table: pa.Table) -> None:
    videos = video_table(frame_table)
    assert videos.column_names == [
        *("video_id", "dataset", "method", "compression", "identity_group", "label", "split"),
        *("num_frames", "logit", "prob"),
    ]
    ids = videos["video_id"].to_pylist()
    assert ids == sorted(set(frame_table["video_id"].to_pylist()))
    assert set(videos["num_frames"].to_pylist()) == {3}


def test_each_video_keeps_its_own_facts_in_any_order_of_frames(frame_table: pa.Table) -> None:
    order = np.random.default_rng(0).permutation(frame_table.num_rows)
    assert video_table(frame_table.take(pa.array(order))).equals(video_table(frame_table))
    for video in video_table(frame_table).to_pylist():
        frames = [f for f in frame_table.to_pylist() if f["video_id"] == video["video_id"]]
        assert video["logit"] == pytest.approx(np.mean([f["logit"] for f in frames]))
        assert video["prob"] == pytest.approx(1 / (1 + np.exp(-video["logit"])))
        for name in ("method", "label", "identity_group"):
            assert {video[name]} == {f[name] for f in frames}


def test_a_chunked_table_is_the_same(frame_table: pa.Table) -> None:
    halves = pa.concat_tables([frame_table.slice(0, 31), frame_table.slice(31)])
    assert video_table(halves).equals(video_table(frame_table))


def test_a_video_with_two_labels_is_named(frame_table: pa.Table) -> None:
    label = frame_table["label"].to_numpy().copy()
    label[0] = 1
    mixed = frame_table.set_column(6, "label", pa.array(label))
    with pytest.raises(IndexSchemaError, match="ffpp/original/c23/000: expected one label"):
        video_table(mixed)
