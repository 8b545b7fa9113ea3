from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib._pylab_helpers
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from resgat.errors import ConfigError
from resgat.report.explanations.gallery import (
    gallery_figure,
    gallery_png,
    single_figure,
    single_png,
)
from resgat.report.explanations.picture import Picture, painted

PNG = b"\x89PNG\r\n\x1a\n"


def texts(figure: Figure) -> list[str]:
    own = [text.get_text() for text in figure.texts]
    return own + [text.get_text() for axes in figure.axes for text in axes.texts]


def bars(figure: Figure) -> list[list[float]]:
    drawn: list[Any] = [axes.patches for axes in figure.axes]
    found = [[bar.get_width() for bar in patches] for patches in drawn]
    return [widths for widths in found if widths]


def test_methods_stand_above_their_maps(pictures: list[Picture]) -> None:
    figure = gallery_figure(pictures, threshold_prob=0.5)
    assert texts(figure)[:7] == ["face", *pictures[0].maps]
    shown = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    wanted = [image for one in pictures for image in (one.image, *painted(one).values())]
    assert len(shown) == len(wanted) == 28
    assert all((np.asarray(a) == b).all() for a, b in zip(shown, wanted, strict=True))


def test_bars_are_shares_of_the_methods_own_evidence(pictures: list[Picture]) -> None:
    found = bars(gallery_figure(pictures[:1], threshold_prob=0.5))
    for widths, values in zip(found, pictures[0].regions.values(), strict=True):
        total = np.abs(values).sum() or 1
        assert widths == pytest.approx(values / total)


def test_the_first_region_is_named_and_silence_is_too(pictures: list[Picture]) -> None:
    said = texts(gallery_figure(pictures[:1], threshold_prob=0.5))
    assert said.count("mouth ") >= 2
    assert said.count("says nothing") == 1


@pytest.mark.parametrize(
    ("prob", "label", "truth", "verdict", "colour"),
    [
        (0.4, 1, "FAKE", "called fake: right", "#1a9850"),
        (0.2, 1, "FAKE", "called real: wrong", "#d73027"),
        (0.2, 0, "REAL", "called real: right", "#1a9850"),
        (0.2, None, "", "called real", "#222222"),
    ],
)
def test_verdicts(
    pictures: list[Picture], prob: float, label: int, truth: str, verdict: str, colour: str
) -> None:
    one = replace(pictures[0], prob=prob, label=label)
    figure = gallery_figure([one], threshold_prob=0.3)
    written = {t.get_text(): t for axes in figure.axes for t in axes.texts}
    assert truth in written
    assert to_hex(written[verdict].get_color()) == colour
    assert f"P(fake) = {prob:.2f}" in written


@pytest.mark.parametrize(
    ("threshold", "note", "verdict"),
    [
        (0.37, "Called fake from P(fake) = 0.37, chosen on val.", "called fake: right"),
        (None, "Val gave no threshold: no verdict.", "no threshold"),
    ],
)
def test_it_is_told_from_where_on_a_face_is_called_fake(
    pictures: list[Picture], threshold: float | None, note: str, verdict: str
) -> None:
    said = [
        text.replace("\n", " ")
        for text in texts(gallery_figure(pictures[:1], threshold_prob=threshold))
    ]
    assert any(note in text for text in said)
    assert verdict in said


def test_the_truth_is_outlined_where_it_is_known(pictures: list[Picture]) -> None:
    def lines(one: Picture) -> int:
        figure = gallery_figure([one], threshold_prob=0.5)
        return sum(len(axes.lines) for axes in figure.axes if axes.images)

    assert lines(pictures[0]) >= 7
    assert lines(replace(pictures[0], mask=None)) == 0


def test_single_shows_one_method_and_the_sentence(pictures: list[Picture]) -> None:
    figure = single_figure(pictures[0], "gradcam", "fake, p = 0.97; " + "words " * 40)
    said = texts(figure)
    assert said[:3] == ["crop 3: mouth altered", "gradcam", "regions"]
    assert said[3].replace("\n", " ").startswith("fake, p = 0.97; words words")
    assert len(bars(figure)) == 1
    alone = replace(
        pictures[0],
        maps={"gradcam": pictures[0].maps["gradcam"]},
        regions={"gradcam": pictures[0].regions["gradcam"]},
    )
    shown = [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]
    assert (shown[1] == painted(alone)["gradcam"]).all()


def test_nothing_is_written_beyond_the_edge(pictures: list[Picture]) -> None:
    many = {f"attn_received_{k}": pictures[0].maps["contrib"] for k in range(2)}
    regions = dict.fromkeys(many, pictures[0].regions["contrib"])
    for figure in (
        gallery_figure(pictures, threshold_prob=0.5),
        gallery_figure([replace(pictures[0], maps=many, regions=regions)], threshold_prob=0.5),
        single_figure(pictures[0], "contrib", "word " * 60),
    ):
        figure.draw_without_rendering()
        width, height = figure.bbox.size
        for text in [*figure.texts, *(t for axes in figure.axes for t in axes.texts)]:
            box = text.get_window_extent()
            assert 0 <= box.x0 <= box.x1 <= width
            assert 0 <= box.y0 <= box.y1 <= height


def test_files_are_written_and_nothing_global_changes(
    pictures: list[Picture], tmp_path: Path
) -> None:
    before = dict(matplotlib.rcParams)
    gallery_png(tmp_path / "gallery" / "rows.png", pictures[:1], threshold_prob=None)
    single_png(tmp_path / "one.png", pictures[0], "contrib", "fake, p = 0.97")
    assert (tmp_path / "gallery" / "rows.png").read_bytes().startswith(PNG)
    assert (tmp_path / "one.png").read_bytes().startswith(PNG)
    assert dict(matplotlib.rcParams) == before
    assert not matplotlib._pylab_helpers.Gcf.get_all_fig_managers()
    assert sorted(path.name for path in tmp_path.rglob("*.png")) == ["one.png", "rows.png"]


def test_refusals(pictures: list[Picture]) -> None:
    def refused(message: str, *arguments: Any, **options: Any) -> None:
        with pytest.raises(ConfigError, match=message):
            gallery_figure(*arguments, **{"threshold_prob": 0.5, **options})

    one = {"ig": pictures[0].maps["contrib"]}
    other = replace(pictures[0], maps=one, regions={"ig": pictures[0].regions["contrib"]})
    refused("gallery: expected at least one picture, got none", [])
    refused("expected the same methods in every row", [pictures[0], other])
    refused(r"threshold_prob: expected a number in \[0, 1\]", pictures, threshold_prob=2)
    with pytest.raises(ConfigError, match=r"method: expected one of .* Did you mean 'contrib'"):
        single_figure(pictures[0], "contribs", "")
