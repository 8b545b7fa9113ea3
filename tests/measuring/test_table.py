import numpy as np
import pytest

from resgat.explain.stats.scores import SCORES_SCHEMA, check_scores
from resgat.measuring.method import Measured, Price
from resgat.measuring.subjects import Subjects
from resgat.measuring.table import Judged, score_table
from resgat.measuring.verified import Verified


@pytest.fixture
def judged(subjects: Subjects) -> Judged:
    some = subjects.at(subjects.spread(12))
    prob = np.linspace(0, 1, 12)
    return Judged("toy", 3, some, Verified(prob, 1 - prob, prob > 0.5))


def measured(scores: dict[str, np.ndarray]) -> Measured:
    empty = np.zeros((12, 0), np.float32)
    null = {name: 0 * values for name, values in scores.items()}
    price = Price(1, 1, 0, 0, 0)
    return Measured(scores, null, {}, np.arange(12) == 2, empty, empty, empty, price)


def test_every_number_has_a_row_with_what_is_known_of_its_face(judged: Judged) -> None:
    values = np.arange(12) / 12
    table = score_table(judged, "contrib", measured({"hit": values}))
    check_scores(table)
    assert table.schema.equals(SCORES_SCHEMA)
    own = table.filter(np.array([m == "contrib" for m in table["method"].to_pylist()])).to_pylist()
    by_crop = {row["crop_id"]: row for row in own}
    for place in range(12):
        crop_id = judged.subjects.index.value("crop_id", int(judged.subjects.position[place]))
        row = by_crop[crop_id]
        assert row["value"] == values[place]
        assert row["prob"] == judged.verified.prob[place]
        assert row["is_verified"] == (place > 5)
        assert row["track"] == judged.subjects.track[place]
        assert row["is_degenerate"] == (place == 2)
        assert (row["model"], row["train_seed"]) == ("toy", 3)
    assert set(table["method"].to_pylist()) == {"contrib", "permuted/contrib"}


def test_what_is_undefined_on_a_whole_track_has_no_rows_there(judged: Judged) -> None:
    tracks = np.asarray(judged.subjects.track)
    values = np.where(tracks == "A", 1.0, np.nan)
    values[np.flatnonzero(tracks == "A")[0]] = np.nan
    table = score_table(judged, "contrib", measured({"hit": values}))
    own = [row for row in table.to_pylist() if row["method"] == "contrib"]
    assert {row["track"] for row in own} == {"A"}
    assert len(own) == (tracks == "A").sum()


def test_without_a_number_there_is_an_empty_table(judged: Judged) -> None:
    table = score_table(judged, "contrib", measured({}))
    assert len(table) == 0
    assert table.schema.equals(SCORES_SCHEMA)
