import io
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from resgat.errors import ConfigError
from resgat.explain.blend import overlay
from resgat.explain.render import gallery_figure, item_figure

MakeItem = Callable[..., Any]
GREEN, RED = to_rgba("#1a9850"), to_rgba("#d73027")


def texts(figure: Figure) -> list[str]:
    own = [text.get_text() for text in figure.texts]
    return own + [text.get_text() for axes in figure.axes for text in axes.texts]


def frames(figure: Figure) -> list[Any]:
    """The colours of the frames round the faces, top to bottom."""
    framed = [axes for axes in figure.axes if axes.spines["left"].get_visible()]
    return [axes.spines["left"].get_edgecolor() for axes in framed]


def pictures(figure: Figure) -> list[Any]:
    return [axes.images[0].get_array() for axes in figure.axes if axes.images]


def drawn(figure: Figure) -> Any:
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return canvas


def test_verdicts_of_all_four_kinds(make_item: MakeItem) -> None:
    cases = [(1, 0.9), (1, 0.2), (0, 0.1), (0, 0.7)]
    figure = gallery_figure(
        [make_item(label=label, prob=prob) for label, prob in cases], threshold_prob=0.5
    )
    assert frames(figure) == [GREEN, RED, GREEN, RED]
    verdicts = [text for text in texts(figure) if text.startswith("called ")]
    assert verdicts == [
        "called fake: right",
        "called real: wrong",
        "called real: right",
        "called fake: wrong",
    ]
    assert "P(fake) = 0.90" in texts(figure)


def test_the_threshold_decides_the_verdict(make_item: MakeItem) -> None:
    figure = gallery_figure([make_item(label=1, prob=0.4)], threshold_prob=0.3)
    assert frames(figure) == [GREEN]


def test_without_a_threshold_no_face_is_called_anything(make_item: MakeItem) -> None:
    figure = gallery_figure([make_item(label=1, prob=0.9)], threshold_prob=None)
    assert frames(figure) == [to_rgba("#707070")]
    said = texts(figure)
    assert not [text for text in said if text.startswith("called ")]
    assert "no threshold" in said
    assert any(text.endswith("Val gave no threshold: no verdict.") for text in said)
    assert "P(fake) = 0.90" in said


def test_one_scale_per_column_over_all_faces(make_item: MakeItem) -> None:
    strong = np.full((32, 32), 4.0, np.float32)
    items = [make_item(contribution=strong), make_item(contribution=strong / 4)]
    maps = pictures(gallery_figure(items, threshold_prob=0.5))
    for item, row in zip(items, (maps[:5], maps[5:10]), strict=True):
        expected = overlay(item.image, item.contribution, signed=True, scale=4.0)
        np.testing.assert_array_equal(row[2], expected)
        np.testing.assert_array_equal(row[0], item.image)


def test_what_is_missing_is_said(make_item: MakeItem) -> None:
    item = make_item(attention=None, contribution=None, contrast=None, mask=None)
    said = texts(item_figure(item, threshold_prob=0.5))
    assert {"no attention", "no contribution", "no contrast", "no mask"} <= set(said)


@pytest.mark.parametrize("value", [False, True])
def test_masks_without_or_all_outline_are_drawn_without_a_warning(
    make_item: MakeItem, value: float
) -> None:
    drawn(item_figure(make_item(mask=np.full((32, 32), value)), threshold_prob=0.5))


@pytest.mark.parametrize("fill", [0.0, np.nan])
def test_maps_that_say_nothing_are_drawn_plain(make_item: MakeItem, fill: float) -> None:
    blank = np.full((32, 32), fill, np.float32)
    density = np.full(8, fill, np.float32)
    item = make_item(attention=blank, contribution=blank, contrast=blank, region_density=density)
    drawn(item_figure(item, threshold_prob=0.5))


def test_bars_share_one_range_and_name_the_top_region(
    make_item: MakeItem,
) -> None:
    peak = np.array([0, 0, 0, 2.0, 0, 0, -1.0, 0])
    figure = gallery_figure(
        [make_item(region_density=peak), make_item(region_density=peak / 10)], threshold_prob=0.5
    )
    bars = [axes for axes in figure.axes if axes.patches]
    assert len(bars) == 2
    assert bars[0].get_xlim() == bars[1].get_xlim()
    low, high = bars[0].get_xlim()
    assert low < -1
    assert high > 2
    bold = [
        label.get_text() for label in bars[0].get_yticklabels() if label.get_fontweight() == "bold"
    ]
    assert bold == ["mouth"]


@pytest.mark.parametrize("threshold", [0.5, None])
def test_no_text_overlaps_another_or_leaves_the_page(
    make_item: MakeItem, threshold: float | None
) -> None:
    long = make_item(
        method="FaceShifterWithALongName",
        crop_id="dfdc/fake/none/aaaaaaaaaa_bbbbbbbbbbbbbb/000123/10",
    )
    figure = gallery_figure([long, make_item(label=0, method="original")], threshold_prob=threshold)
    renderer = drawn(figure).get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.texts]
    for axes in figure.axes:
        shown = [*axes.texts, *axes.get_xticklabels(), *axes.get_yticklabels()]
        low, high = sorted(axes.get_xlim())
        shown = [
            text
            for text in shown
            if text.get_text() and (text in axes.texts or low <= text.get_position()[0] <= high)
        ]
        boxes += [text.get_window_extent(renderer) for text in shown if text.get_visible()]
    page = figure.bbox
    for box in boxes:
        assert page.x0 <= box.x0
        assert box.x1 <= page.x1
        assert page.y0 <= box.y0
        assert box.y1 <= page.y1
    for place, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[place + 1 :])


def test_a_figure_is_saved_without_global_state(make_item: MakeItem) -> None:
    before = "matplotlib.pyplot" in sys.modules
    buffer = io.BytesIO()
    item_figure(make_item(), threshold_prob=0.5).savefig(buffer, format="png", dpi=40)
    assert buffer.getvalue().startswith(b"\x89PNG")
    assert ("matplotlib.pyplot" in sys.modules) == before


def test_an_empty_gallery_is_refused() -> None:
    with pytest.raises(ConfigError, match="expected at least one face, got none"):
        gallery_figure([], threshold_prob=0.5)


def test_a_threshold_that_is_no_probability_is_refused(
    make_item: MakeItem,
) -> None:
    with pytest.raises(ConfigError, match="threshold_prob: expected a number"):
        gallery_figure([make_item()], threshold_prob=2.0)
