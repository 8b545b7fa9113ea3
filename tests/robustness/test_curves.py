"""Numbers of a detector that is known to get worse."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from resgat.metrics.resample import Resampled
from resgat.report.metrics_json import OperatingPoint, summarise
from resgat.robustness import curves
from resgat.robustness.corruptions import Jpeg
from resgat.robustness.curves import judge

JPEG = Jpeg([90, 70, 50, 30, 10])
THRESHOLDS = {"video": 0.5, "frame": 0.5}


def table(logit: Any, label: Any, group: Any) -> pa.Table:
    """Two frames of each video, the logits being the videos'."""
    videos = len(label)
    twice = [number for number in range(videos) for _ in range(2)]
    return pa.table(
        {
            "video_id": [f"v{number:03d}" for number in twice],
            "crop_id": [f"v{number:03d}/{place % 2}" for place, number in enumerate(twice)],
            "dataset": ["d"] * len(twice),
            "method": ["m"] * len(twice),
            "compression": ["c"] * len(twice),
            "identity_group": [f"g{group[number]}" for number in twice],
            "label": pa.array([label[number] for number in twice], pa.int8()),
            "logit": pa.array([logit[number] for number in twice], pa.float64()),
            "prob": pa.array([1 / (1 + np.exp(-logit[number])) for number in twice], pa.float64()),
            "split": ["test"] * len(twice),
        }
    )


@pytest.fixture
def tables() -> list[pa.Table]:
    """Sixty videos of twenty groups; noise on their logits grows with the level."""
    rng = np.random.default_rng(0)
    label = np.arange(60) % 2
    signal, noise = 3.0 * label - 1.5, rng.normal(size=60)
    return [table(signal + level * noise, label, np.arange(60) // 3) for level in range(1, 7)]


def test_aucs_and_their_area_by_hand() -> None:
    """Four videos; one more pair of them is the wrong way round at each of three levels."""
    label = [0, 0, 1, 1]
    right, one_wrong = [-2.0, -1.0, 1.0, 2.0], [-2.0, 1.5, 1.0, 2.0]
    half = [-2.0, 3.0, 1.0, 2.0]
    logits = [right, right, one_wrong, one_wrong, half, half]
    rows, areas = judge("jpeg", JPEG, [table(x, label, range(4)) for x in logits], THRESHOLDS)
    videos = [row for row in rows if row.pooling == "video"]
    assert [row.auc for row in videos] == [1, 1, 0.75, 0.75, 0.5, 0.5]
    assert [row.level for row in videos] == [0, 1, 2, 3, 4, 5]
    assert [row.value for row in videos] == [None, 90, 70, 50, 30, 10]
    assert [row.balanced_accuracy for row in videos] == [1, 1, 0.75, 0.75, 0.75, 0.75]
    assert {(row.corruption, row.parameter, row.n) for row in videos} == {("jpeg", "quality", 4)}
    assert {row.n for row in rows if row.pooling == "frame"} == {8}
    expected = (1 / 2 + 1 + 0.75 + 0.75 + 0.5 + 0.5 / 2) / 5
    assert areas[0].area == pytest.approx(expected)
    assert areas[0].drop == pytest.approx(1 - expected)
    aucs: Any = [row.auc for row in videos]
    assert areas[0].area == pytest.approx(np.trapezoid(aucs) / 5)


def test_each_level_is_measured_as_everywhere_else(tables: list[pa.Table]) -> None:
    rows, _ = judge("jpeg", JPEG, tables, THRESHOLDS, draws=200)
    points = {level: OperatingPoint(0.5, None) for level in ("video", "frame")}
    for row in rows:
        expected = summarise(tables[row.level], points, draws=200)[row.pooling]
        assert row.auc == expected["auc"]
        assert [row.auc_low, row.auc_high] == expected["auc_ci"]
        assert row.balanced_accuracy == expected["balanced_accuracy"]
        assert (row.n, row.reason) == (expected["n"], "")


def test_the_drop_is_paired(tables: list[pa.Table]) -> None:
    """Its interval is narrower than one from levels resampled apart, and does not reach zero."""
    rows, areas = judge("jpeg", JPEG, tables, THRESHOLDS, draws=500)
    video: Any = areas[0]
    clean: Any = rows[0]
    assert video.area_low < video.area < video.area_high
    assert 0 < video.drop_low < video.drop < video.drop_high
    apart = (clean.auc_high - clean.auc_low) + (video.area_high - video.area_low)
    assert video.drop_high - video.drop_low < apart


def test_a_detector_that_no_corruption_touches_loses_nothing(tables: list[pa.Table]) -> None:
    _, areas = judge("jpeg", JPEG, tables[2:3] * 6, THRESHOLDS, draws=50)
    for row in areas:
        assert (row.drop, row.drop_low, row.drop_high) == pytest.approx((0, 0, 0), abs=1e-12)


def test_one_class_has_no_auc_and_says_why() -> None:
    one = table([1.0, 2.0], [1, 1], range(2))
    rows, areas = judge("jpeg", JPEG, [one] * 6, THRESHOLDS)
    reason = "needs both classes, got fake rows only"
    assert {(row.auc, row.auc_low, row.balanced_accuracy, row.reason) for row in rows} == {
        (None, None, None, reason)
    }
    assert {(row.area, row.drop, row.drop_low, row.reason) for row in areas} == {
        (None, None, None, reason)
    }


def test_too_few_groups_have_no_interval_and_say_why() -> None:
    two = table([-1.0, 1.0], [0, 1], [0, 0])
    rows, areas = judge("jpeg", JPEG, [two] * 6, THRESHOLDS)
    assert {(row.auc, row.auc_low) for row in rows} == {(1.0, None)}
    assert {(row.area, row.area_low, row.drop, row.drop_low) for row in areas} == {
        (1.0, None, 0.0, None)
    }
    reasons = {row.reason for row in rows} | {row.reason for row in areas}
    assert all("fewer than two identity groups" in reason for reason in reasons)


def test_an_interval_that_cannot_be_had_says_why(
    tables: list[pa.Table], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Level 0 has an interval; of the area no resample has a value."""
    mean = curves._mean

    def valueless(curve: Any) -> Resampled:
        whole = mean(curve)
        return Resampled(whole.estimate, np.full_like(whole.drawn, np.nan), whole.left_out)

    monkeypatch.setattr(curves, "_mean", valueless)
    rows, areas = judge("jpeg", JPEG, tables, THRESHOLDS, draws=50)
    assert rows[0].auc_low is not None
    for area in areas:
        assert area.area is not None
        assert (area.area_low, area.area_high, area.drop_low, area.drop_high) == (None,) * 4
        assert area.reason == (
            "fewer than half of the resamples of identity groups have an AUC at every level"
        )


def test_a_level_without_an_auc_leaves_no_area_and_says_why(tables: list[pa.Table]) -> None:
    fakes = tables[3].filter(pc.equal(tables[3]["label"], 1))
    _, areas = judge("jpeg", JPEG, [*tables[:3], fakes, *tables[4:]], THRESHOLDS, draws=50)
    for area in areas:
        assert (area.area, area.drop) == (None, None)
        assert area.reason == "needs both classes, got fake rows only"


def test_without_a_threshold_there_is_an_auc_and_a_reason(tables: list[pa.Table]) -> None:
    rows, areas = judge("jpeg", JPEG, tables, {"video": None}, draws=50)
    assert {row.balanced_accuracy for row in rows} == {None}
    assert {row.reason for row in rows} == {"no threshold was chosen"}
    assert [row.pooling for row in areas] == ["video"]
    assert areas[0].reason == ""
