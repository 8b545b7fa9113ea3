import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sklearn.metrics import roc_auc_score

from resgat.metrics.calibration import fit_temperature
from resgat.metrics.threshold import choose_threshold
from resgat.report.metrics_json import (
    OperatingPoint,
    add_coverage,
    choose_points,
    summarise,
    write_metrics,
)
from resgat.report.table import video_table

POINTS = {"video": OperatingPoint(0.6, 1.5), "frame": OperatingPoint(0.4, None)}


def test_the_videos_behind_the_crops_come_before_them() -> None:
    summary = {"frame": {"auc": 0.5}, "coverage": {"videos": 3, "crops": 9}}
    counts = {"videos_asked": 6, "videos_found": 5, "videos_decoded": 4, "videos_with_face": 3}
    covered = add_coverage(summary, counts)
    assert covered == {"frame": {"auc": 0.5}, "coverage": {**counts, "videos": 3, "crops": 9}}
    assert list(covered["coverage"]) == [*counts, "videos", "crops"]
    unknown = add_coverage(summary, "no manifest")
    assert unknown["coverage"] == {**dict.fromkeys(counts), "videos": 3, "crops": 9}
    assert unknown["coverage_reason"] == "no manifest"


def test_levels_methods_and_coverage(frame_table: pa.Table) -> None:
    summary = summarise(frame_table, POINTS, draws=50)
    parts = ["by_method", "by_compression", "by_attribute"]
    assert list(summary) == ["video", "frame", *parts, "coverage"]
    assert list(summary["by_method"]) == ["Deepfakes", "FaceSwap"]
    assert summary["coverage"] == {"videos": 24, "crops": 72}
    assert (summary["video"]["n"], summary["frame"]["n"]) == (24, 72)
    assert summary["video"]["threshold_prob"] == 0.6
    assert summary["frame"]["threshold_prob"] == 0.4
    assert summary["video"]["aggregation"] == "sigmoid of the mean frame logit"
    assert list(summary["frame"])[:2] == ["auc", "auc_ci"]


def test_numbers_agree_with_another_package(frame_table: pa.Table) -> None:
    summary = summarise(frame_table, POINTS, draws=50)
    for level, table in (("video", video_table(frame_table)), ("frame", frame_table)):
        auc = roc_auc_score(table["label"].to_numpy(), table["logit"].to_numpy())
        assert summary[level]["auc"] == pytest.approx(auc, abs=1e-12)
        low, high = summary[level]["auc_ci"]
        assert low < auc < high


def test_a_method_is_measured_against_all_reals(frame_table: pa.Table) -> None:
    summary = summarise(frame_table, POINTS, draws=50)
    rows = [r for r in frame_table.to_pylist() if r["method"] in ("original", "FaceSwap")]
    auc = roc_auc_score([r["label"] for r in rows], [r["logit"] for r in rows])
    found = summary["by_method"]["FaceSwap"]["frame"]
    assert found["auc"] == pytest.approx(auc, abs=1e-12)
    assert (found["n"], found["n_fake"]) == (48, 24)
    assert found["threshold_prob"] == 0.4
    assert summary["by_method"]["FaceSwap"]["video"]["n"] == 16


def test_points_are_chosen_once_for_all_methods(frame_table: pa.Table) -> None:
    summary = summarise(frame_table, draws=10)
    videos = video_table(frame_table)
    chosen = choose_threshold(videos["prob"].to_numpy(), videos["label"].to_numpy())
    assert summary["video"]["threshold_prob"] == chosen
    assert summary["by_method"]["Deepfakes"]["video"]["threshold_prob"] == chosen
    fitted = fit_temperature(videos["logit"].to_numpy(), videos["label"].to_numpy())
    assert choose_points({"video": videos}) == {"video": OperatingPoint(chosen, fitted)}
    assert summary["by_method"]["FaceSwap"]["video"]["temperature"] == fitted


def test_a_compression_is_measured_by_itself(frame_table: pa.Table) -> None:
    names = pa.array(["c40" if k % 6 < 3 else "c23" for k in range(frame_table.num_rows)])
    place = frame_table.schema.get_field_index("compression")
    mixed = frame_table.set_column(place, "compression", names)
    assert summarise(frame_table, POINTS, draws=10)["by_compression"] == {}
    found = summarise(mixed, POINTS, draws=10)["by_compression"]
    assert list(found) == ["c23", "c40"]
    rows = [r for r in mixed.to_pylist() if r["compression"] == "c40"]
    auc = roc_auc_score([r["label"] for r in rows], [r["logit"] for r in rows])
    assert found["c40"]["frame"]["auc"] == pytest.approx(auc, abs=1e-12)
    assert found["c40"]["frame"]["n"] == len(rows)


def test_each_value_of_an_attribute_is_measured_by_itself(frame_table: pa.Table) -> None:
    group = frame_table["identity_group"].to_pylist()
    values = pa.array([{"id000": None, "id001": "f"}.get(name, "m") for name in group])
    summary = summarise(frame_table.append_column("attribute:gender", values), POINTS, draws=10)
    assert summarise(frame_table, POINTS, draws=10)["by_attribute"] == {}
    found = summary["by_attribute"]["gender"]
    assert list(found) == ["f", "m"]
    assert (found["f"]["video"]["n"], found["m"]["video"]["n"]) == (3, 18)
    rows = [r for r in frame_table.to_pylist() if r["identity_group"] not in ("id000", "id001")]
    auc = roc_auc_score([r["label"] for r in rows], [r["logit"] for r in rows])
    assert found["m"]["frame"]["auc"] == pytest.approx(auc, abs=1e-12)
    assert found["m"]["frame"]["threshold_prob"] == 0.4


def test_one_class_is_null_with_its_reason(frame_table: pa.Table) -> None:
    reals = frame_table.filter(pc.equal(frame_table["label"], 0))
    summary = summarise(reals)
    video = summary["video"]
    assert (video["auc"], video["auc_ci"], video["threshold_prob"]) == (None, None, None)
    assert "got real rows only" in video["auc_reason"]
    assert video["auc_ci_reason"] == video["auc_reason"]
    assert summary["by_method"] == {}


def test_an_empty_split_is_null_with_its_reason(frame_table: pa.Table) -> None:
    summary = summarise(frame_table.slice(0, 0))
    assert summary["frame"]["auc_reason"] == "no rows"
    assert summary["coverage"] == {"videos": 0, "crops": 0}


def test_one_group_has_no_interval(frame_table: pa.Table) -> None:
    one = frame_table.filter(pc.equal(frame_table["identity_group"], "id000"))
    found = summarise(one, POINTS)["frame"]
    assert found["auc"] is not None
    assert found["auc_ci"] is None
    assert "fewer than two identity groups" in found["auc_ci_reason"]


def test_order_of_rows_does_not_matter(frame_table: pa.Table) -> None:
    order = np.random.default_rng(1).permutation(frame_table.num_rows)
    shuffled = summarise(frame_table.take(pa.array(order)), draws=20)
    plain = summarise(frame_table, draws=20)
    assert shuffled["video"] == plain["video"]
    assert shuffled["frame"]["auc"] == plain["frame"]["auc"]
    assert shuffled["frame"]["auc_ci"] == plain["frame"]["auc_ci"]


def test_refusals(frame_table: pa.Table) -> None:
    with pytest.raises(ValueError, match=r"points: .* frame is missing"):
        summarise(frame_table, {"video": OperatingPoint(0.5, 1.0)})
    broken = frame_table.set_column(8, "logit", pa.array([float("nan")] * 72))
    with pytest.raises(ValueError, match="got 72 of 72 that are nan"):
        summarise(broken, POINTS)


def test_the_file_begins_with_its_schema(tmp_path: Path, frame_table: pa.Table) -> None:
    results = {"test": summarise(frame_table, POINTS, draws=10), "val": {}}
    write_metrics(tmp_path / "metrics.json", results)
    read = json.loads((tmp_path / "metrics.json").read_text())
    assert list(read) == ["schema", "test", "val"]
    assert read == {"schema": 2, **results}


def test_nan_becomes_null_with_a_reason(tmp_path: Path) -> None:
    results = {
        "test": {
            "auc": np.float64("nan"),
            "auc_ci": [0.5, float("inf")],
            "n": np.int64(3),
            "names": ["a"],
        }
    }
    write_metrics(tmp_path / "metrics.json", results)
    assert json.loads((tmp_path / "metrics.json").read_text())["test"] == {
        "auc": None,
        "auc_reason": "not a finite number: nan",
        "auc_ci": None,
        "auc_ci_reason": "not a finite number: [0.5, inf]",
        "n": 3,
        "names": ["a"],
    }
