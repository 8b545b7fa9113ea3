from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import StepPatch

from resgat.errors import DatasetNotFoundError
from resgat.report.metrics_json import OperatingPoint, summarise
from resgat.report.plots import (
    figure_png,
    plot_calibration,
    plot_confusion,
    plot_history,
    plot_pr,
    plot_roc,
    plot_scores,
    save_figure,
)

POINTS = {level: OperatingPoint(0.5, 1.0) for level in ("video", "frame")}


@pytest.fixture
def level(frame_table: pa.Table) -> Any:
    return summarise(frame_table, POINTS, draws=20)["frame"]


@pytest.fixture
def one_class(frame_table: pa.Table) -> Any:
    table = frame_table.filter(pc.equal(frame_table["label"], 1))
    return table, summarise(table, POINTS)["frame"]


def legend(axes: Axes) -> list[str]:
    box = axes.get_legend()
    assert box is not None
    return [text.get_text() for text in box.get_texts()]


def curve(axes: Axes) -> Any:
    return next(line for line in axes.lines if "detector" in str(line.get_label()))


def test_roc_holds_curve_chance_and_interval(frame_table: pa.Table, level: dict[str, Any]) -> None:
    axes = plot_roc(frame_table, level).axes[0]
    low, high = level["auc_ci"]
    assert legend(axes) == [
        "chance, AUC 0.500",
        f"detector, AUC {level['auc']:.3f}\n95 % CI [{low:.3f}, {high:.3f}]",
    ]
    fpr, tpr = curve(axes).get_data()
    assert np.trapezoid(tpr, fpr) == pytest.approx(level["auc"], abs=1e-6)


def test_roc_without_an_interval(frame_table: pa.Table, level: dict[str, Any]) -> None:
    axes = plot_roc(frame_table, level | {"auc_ci": None}).axes[0]
    assert legend(axes)[1] == f"detector, AUC {level['auc']:.3f}"


def test_pr_holds_curve_and_chance(frame_table: pa.Table, level: dict[str, Any]) -> None:
    axes = plot_pr(frame_table, level).axes[0]
    assert legend(axes) == ["chance, AP 0.667", f"detector, AP {level['ap']:.3f}"]
    recall, precision = curve(axes).get_data()
    assert -np.sum(np.diff(recall) * precision[:-1]) == pytest.approx(level["ap"], abs=1e-6)


def test_one_class_says_why_there_is_no_curve(one_class: tuple[pa.Table, dict[str, Any]]) -> None:
    for plot in (plot_roc, plot_pr):
        (axes,) = plot(*one_class).axes
        assert any("got fake rows only" in text.get_text() for text in axes.texts)


def test_confusion_counts_add_up(frame_table: pa.Table) -> None:
    prob, label = frame_table["prob"].to_numpy(), frame_table["label"].to_numpy()
    (axes,) = plot_confusion(frame_table, 0.3).axes
    cells = [int(text.get_text().split("\n")[0]) for text in axes.texts]
    expected = [np.sum((label == y) & ((prob >= 0.3) == p)) for y in (0, 1) for p in (0, 1)]
    assert cells == expected
    assert axes.get_title() == "Confusion at threshold 0.300"


def test_confusion_of_one_class(one_class: tuple[pa.Table, dict[str, Any]]) -> None:
    (axes,) = plot_confusion(one_class[0], 0.5).axes
    assert axes.texts[0].get_text() == "0\n0.0%"


def test_history_averages_the_steps_of_an_epoch(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text(
        "epoch,step,train/loss,train/loss_step,val/loss,val/video_auc,lr\n"
        "0,1,0.8,0.9,,,1\n0,2,0.6,0.7,,,1\n0,2,,,0.5,0.75,\n1,4,0.4,0.3,,,1\n1,4,,,0.45,0.8,\n"
    )
    loss, auc = plot_history(path).axes
    found = {line.get_label(): np.array(line.get_data()) for line in (*loss.lines, *auc.lines)}
    assert set(found) == {"train/loss", "val/loss", "val/video_auc"}
    np.testing.assert_allclose(found["train/loss"], [[0.0, 1.0], [0.7, 0.4]])
    np.testing.assert_allclose(found["val/video_auc"], [[0.0, 1.0], [0.75, 0.8]])


def test_history_without_auc_is_one_panel(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,train/loss\n0,0.8\n")
    assert len(plot_history(path).axes) == 1


def test_history_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetNotFoundError, match=r"gone.csv: no such file"):
        plot_history(tmp_path / "gone.csv")
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,lr\n0,1\n")
    with pytest.raises(DatasetNotFoundError, match="expected columns such as train/loss"):
        plot_history(path)


def test_a_saved_figure_is_a_png(tmp_path: Path, frame_table: pa.Table) -> None:
    backend = matplotlib.get_backend()
    save_figure(plot_confusion(frame_table, 0.5), tmp_path / "plots" / "confusion.png")
    assert (tmp_path / "plots" / "confusion.png").read_bytes().startswith(b"\x89PNG")
    assert matplotlib.get_backend() == backend


def test_calibration_shows_both_curves_and_their_errors(frame_table: pa.Table, level: Any) -> None:
    figure = plot_calibration(frame_table, {**level, "temperature": 2.0})
    axes, counts = figure.axes
    assert legend(axes) == [
        "honest",
        f"as it is, ECE {level['ece']:.3f}",
        f"temperature 2.00, ECE {level['ece_calibrated']:.3f}",
    ]
    drawn = np.asarray(axes.lines[1].get_xydata())
    assert ((drawn >= 0) & (drawn <= 1)).all()
    (plain, _) = counts.patches
    assert isinstance(plain, StepPatch)
    assert sum(plain.get_data()[0]) == frame_table.num_rows


def test_calibration_by_hand() -> None:
    """Of four rows at P = 0.5 one is fake."""
    table = pa.table({"logit": [0.0] * 4, "label": [0, 0, 0, 1]})
    metrics = {"ece": 0.25, "temperature": None}
    axes, _ = plot_calibration(table, metrics).axes
    assert np.asarray(axes.lines[1].get_xydata()).tolist() == [[0.5, 0.25]]


def test_without_rows_there_is_no_calibration_curve(frame_table: pa.Table) -> None:
    nothing = frame_table.slice(0, 0)
    axes, _ = plot_calibration(nothing, summarise(nothing)["frame"]).axes
    assert any("No calibration curve: no rows" in text.get_text() for text in axes.texts)


def test_scores_show_both_classes_and_the_threshold(frame_table: pa.Table) -> None:
    axes = plot_scores(frame_table, 0.5).axes[0]
    assert legend(axes) == ["real", "fake", "threshold from val"]
    assert axes.lines[0].get_xdata() == [0, 0]
    reals = frame_table.filter(pc.equal(frame_table["label"], 0))
    assert legend(plot_scores(reals, None).axes[0]) == ["real"]


def test_a_figure_is_a_png(frame_table: pa.Table) -> None:
    assert figure_png(plot_scores(frame_table, 0.5)).startswith(b"\x89PNG")
