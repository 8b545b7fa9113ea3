from typing import Any

import pyarrow as pa
import pytest

from resgat.report.errors import Errors, worst_errors

#: crop, video, label, logit
ROWS = [
    ("r0/0", "r0", 0, 3.0),
    ("r0/1", "r0", 0, 4.0),
    ("r1/0", "r1", 0, 1.0),
    ("r2/0", "r2", 0, -1.0),
    ("f0/0", "f0", 1, -2.0),
    ("f1/0", "f1", 1, -3.0),
    ("f1/1", "f1", 1, 2.0),
    ("f2/0", "f2", 1, 0.0),
]


@pytest.fixture
def table() -> Any:
    names = ("crop_id", "video_id", "label", "logit")
    rows = [dict(zip(names, row, strict=True)) | {"prob": 0.5 + row[3] / 10} for row in ROWS]
    return pa.Table.from_pylist(rows)


def test_each_video_is_shown_once_by_its_worst_frame(table: pa.Table) -> None:
    assert worst_errors(table, 0.5, 5) == Errors(["r0/1", "r1/0"], ["f1/0", "f0/0"])


def test_no_more_are_shown_than_wanted(table: pa.Table) -> None:
    assert worst_errors(table, 0.5, 1) == Errors(["r0/1"], ["f1/0"])


def test_what_is_right_is_no_mistake(table: pa.Table) -> None:
    assert worst_errors(table, 0.95, 9).false_alarms == []
    assert worst_errors(table, 0.0, 9).misses == []
    assert worst_errors(table.slice(0, 0), 0.5, 9) == Errors([], [])


def test_order_of_rows_does_not_matter(table: pa.Table) -> None:
    backwards = table.take(pa.array(range(len(ROWS) - 1, -1, -1)))
    assert worst_errors(backwards, 0.5, 5) == worst_errors(table, 0.5, 5)
