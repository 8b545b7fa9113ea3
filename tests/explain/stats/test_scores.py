from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from resgat.errors import IndexSchemaError
from resgat.explain.stats.scores import SCORES_SCHEMA, block, check_scores


def row(**changes: Any) -> dict[str, Any]:
    usual = {
        "model": "resgatv2",
        "train_seed": 0,
        "crop_id": "a",
        "video_id": "v",
        "group": "g",
        "label": 1,
        "prob": 0.9,
        "is_verified": True,
        "track": "A",
        "method": "contrib",
        "metric": "hit",
        "value": 1.0,
        "is_degenerate": False,
    }
    return usual | changes


def table(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), SCORES_SCHEMA)


def test_scores_are_laid_out_by_seed_image_and_method() -> None:
    found = block(
        table(
            row(crop_id="b", group="h", value=0.5),
            row(crop_id="a", method="gradcam", value=0.25, is_degenerate=True),
            row(crop_id="b", group="h", train_seed=1, value=float("nan")),
        )
    )
    assert found.methods == ("contrib", "gradcam")
    assert found.groups == ("g", "h")
    nan = np.nan
    expected = [[[nan, 0.25], [0.5, nan]], [[nan, nan], [nan, nan]]]
    np.testing.assert_array_equal(found.values, expected)
    assert found.degenerate.tolist() == [0, 1]
    assert found.undefined.tolist() == [1, 0]


def test_a_table_without_a_column_or_with_another_type_is_refused() -> None:
    scores = table(row())
    check_scores(scores)
    with pytest.raises(IndexSchemaError, match="scores: column value: expected double, got none"):
        check_scores(scores.drop_columns(["value"]))
    as_text = scores.set_column(7, "is_verified", pa.array(["yes"]))
    with pytest.raises(IndexSchemaError, match="column is_verified: expected bool, got string"):
        check_scores(as_text)


def test_a_score_that_occurs_twice_is_refused() -> None:
    with pytest.raises(IndexSchemaError, match=r"crop_id a, .* metric hit occurs 2 times"):
        check_scores(table(row(), row(value=0.0)))
