"""What a run said of its test crops is read, or refused with what is wrong with it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from resgat.errors import RunFolderError
from resgat.run.predicted import read_predicted

Write = Callable[..., Path]
Rows = list[dict[str, Any]]

KEY = ["crop_id", "split", "logit", "identity_group", "video_id"]
REMEDY = r"\. Evaluate the checkpoint again, or leave this run out$"


def with_first(**changed: Any) -> Callable[[Rows], Rows]:
    """Return what changes the first row."""
    return lambda rows: [rows[0] | changed, *rows[1:]]


def test_crops_of_the_split_and_their_videos_are_read(write_run: Write) -> None:
    tables = read_predicted(write_run("run"), "test")
    assert tables["frame"]["logit"].to_pylist() == [0, 1, 2, 1, 2, 3]
    assert tables["video"]["video_id"].to_pylist() == ["v0", "v1"]
    assert tables["video"]["logit"].to_pylist() == [1, 2]


def test_a_table_without_a_test_crop_is_refused(write_run: Write) -> None:
    said = (
        r"run/predictions.parquet holds no crop of the run's test split 'unseen'; "
        rf"the splits there: 'test', 'val'{REMEDY}"
    )
    with pytest.raises(RunFolderError, match=said):
        read_predicted(write_run("run"), "unseen")


@pytest.mark.parametrize("column", [*KEY, "label", "dataset", "method", "compression"])
def test_a_table_without_a_column_is_broken(write_run: Write, column: str) -> None:
    run = write_run("run")
    path = run / "predictions.parquet"
    pq.write_table(pq.read_table(path).drop_columns(column), path)
    with pytest.raises(
        RunFolderError, match=rf"predictions.parquet is broken: .*{column}.*{REMEDY}"
    ):
        read_predicted(run, "test")


@pytest.mark.parametrize("column", KEY)
def test_a_gap_in_what_decides_is_refused(write_run: Write, column: str) -> None:
    run = write_run("run", change=with_first(**{column: None}))
    with pytest.raises(RunFolderError, match=f": 1 of 12 rows have no {column}{REMEDY}"):
        read_predicted(run, "test")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: [*rows, rows[0]], f": crop v1/2 is there 2 times{REMEDY}"),
        (with_first(logit=float("nan")), ": 1 of 6 logits are not finite; .*Leave this run out$"),
        (with_first(label=2), rf": label: expected 0 \(real\) or 1 \(fake\), got 2{REMEDY}"),
        (with_first(label=0), f" is broken: v1: expected one label per video, got both.*{REMEDY}"),
        (lambda rows: [row | {"logit": "high"} for row in rows], f" is broken: .*high.*{REMEDY}"),
    ],
)
def test_values_that_no_evaluation_writes_are_refused(
    write_run: Write, change: Callable[[Rows], Rows], said: str
) -> None:
    run = write_run("run", change=change)
    with pytest.raises(RunFolderError, match=f"predictions.parquet{said}"):
        read_predicted(run, "test")


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_file_that_was_cut_off_is_broken(write_run: Write, share: float) -> None:
    path = write_run("run") / "predictions.parquet"
    os.truncate(path, int(share * path.stat().st_size))
    with pytest.raises(RunFolderError, match=f"predictions.parquet is broken: .*{REMEDY}"):
        read_predicted(path.parent, "test")
