"""One panel for each corruption, and what is in it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from resgat.report.robustness import plot_robustness
from resgat.robustness.curves import AreaRow, LevelRow


def curve(name: str, low: float | None = 0.02) -> tuple[list[LevelRow], AreaRow]:
    aucs = [0.95, 0.9, 0.85, 0.8, 0.7, 0.6]
    rows = [
        LevelRow(
            name, level, "quality", level * 10.0 if level else None, "video", auc,
            None if low is None else auc - low, None if low is None else auc + low, 0.8, 9, "",
        )
        for level, auc in enumerate(aucs)
    ]  # fmt: skip
    return rows, AreaRow(name, "video", 0.805, 0.7, 0.9, 0.145, 0.1, 0.2, "")


def drawn(*curves: tuple[list[LevelRow], AreaRow]) -> Any:
    return plot_robustness(
        [row for rows, _ in curves for row in rows], [area for _, area in curves]
    )


def test_a_panel_shows_curve_band_chance_and_mean() -> None:
    figure = drawn(curve("crop_shift"))
    axes = figure.axes[0]
    chance, line = axes.lines
    assert list(chance.get_ydata()) == [0.5, 0.5]
    assert list(line.get_ydata()) == [0.95, 0.9, 0.85, 0.8, 0.7, 0.6]
    band = axes.collections[0].get_paths()[0].get_extents()
    assert (band.y0, band.y1) == pytest.approx((0.58, 0.97))
    assert axes.get_title(loc="left") == "crop shift\nmean 0.805, drop 0.145"
    assert [tick.get_text() for tick in axes.get_xticklabels()] == [
        "clean", "10", "20", "30", "40", "50",
    ]  # fmt: skip
    assert axes.get_xlabel() == "quality"
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["chance", "95 % over identity groups", "AUC"]


def test_panels_share_their_scale_and_no_band_is_cut_off() -> None:
    figure = drawn(curve("jpeg"), curve("blur", 0.4), *[curve(f"c{n}") for n in range(3)])
    limits = {axes.get_ylim() for axes in figure.axes}
    assert len(limits) == 1
    low, high = limits.pop()
    assert low < 0.2
    assert high > 1
    assert [axes.get_visible() for axes in figure.axes] == [True] * 5 + [False] * 3


def test_a_curve_without_an_interval_has_no_band() -> None:
    assert not drawn(curve("jpeg", None)).axes[0].collections


def test_a_corruption_without_an_auc_says_why() -> None:
    rows, area = curve("jpeg", None)
    rows = [replace(row, auc=None) for row in rows]
    reason = "needs both classes, got fake rows only"
    axes = drawn((rows, replace(area, area=None, drop=None, reason=reason))).axes[0]
    assert " ".join(axes.texts[0].get_text().split()) == f"No curve: {reason}"


def test_the_frame_level_may_be_drawn_instead() -> None:
    rows, area = curve("jpeg")
    frames = [replace(row, pooling="frame", auc=0.7) for row in rows]
    levels, areas = [*rows, *frames], [area, replace(area, pooling="frame")]
    figure = plot_robustness(levels, areas, pooling="frame")
    assert set(np.asarray(figure.axes[0].lines[1].get_ydata())) == {0.7}
    assert figure.get_supylabel() == "AUC (frame level)"
