"""What pictures say, read back from the figures; how they look is looked at."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from matplotlib.figure import Figure

from resgat.inference.cutting import FaceCut
from resgat.inference.result import (
    FacePrediction,
    FilePrediction,
    TrackPrediction,
    Verdict,
)
from resgat.inference.scoring import FaceScore
from resgat.inference.stream import NO_FACE, Predicted
from resgat.report.prediction.annotated import annotated, at_frame, write_annotated
from resgat.report.prediction.drawing import DOUBT_HUE, hue, painted
from resgat.report.prediction.image import image_figure
from resgat.report.prediction.timeline import timeline_figure
from resgat.types import REGIONS

FAKE = Verdict("fake", 0.9, 2.2, 0.5, 0.8, 0.6, 1.0, False)
REAL = Verdict("real", 0.2, -1.4, 0.5, None, None, None, None)
DOUBT = replace(FAKE, low=0.3, is_in_doubt=True)
MOUTH = dict.fromkeys(REGIONS, 0.0) | {"mouth": 0.7}

Make = Callable[..., Predicted]


def face(
    frame: int, left: float = 4.0, prob: float = 0.9, rate: float | None = 10
) -> FacePrediction:
    time_s = None if rate is None else frame / rate
    return FacePrediction(frame, time_s, (left, 8, left + 20, 30), None, 2.2, prob, MOUTH)


@pytest.fixture
def make() -> Make:
    """Make a prediction of tracks of a verdict and a number of faces each."""

    def predicted(kind: str, *tracks: tuple[Verdict, int], heat: bool = True) -> Predicted:
        found = tuple(
            TrackPrediction(
                at + 1, False, verdict, MOUTH if heat else None,
                tuple(face(3 * idx) for idx in range(num)),
            )
            for at, (verdict, num) in enumerate(tracks)
        )  # fmt: skip
        crop = np.full((16, 16, 3), 90, np.uint8)
        mass = np.array(list(MOUTH.values()), np.float32) if heat else None
        hot = np.zeros((8, 8), np.float32)
        hot[4:, :4] = 1
        cuts = tuple(
            tuple(FaceCut(0, (4, 8, 24, 30), (0, 0, 9, 9), None, None, crop) for _ in track.faces)
            for track in found
        )
        score = FaceScore(2.2, mass, mass, hot if heat else None)
        scores = tuple(tuple(score for _ in track.faces) for track in found)
        status = "scored" if found else "no_face"
        verdict = found[0].verdict if found else None
        reason = None if found else NO_FACE
        said = FilePrediction(Path("a.mp4"), kind, status, reason, verdict, found)  # type: ignore[arg-type]
        return Predicted(said, cuts, scores)

    return predicted


def words(figure: Figure) -> str:
    texts = [text.get_text() for text in figure.texts]
    for axes in figure.axes:
        texts += [text.get_text() for text in axes.texts]
        legend = axes.get_legend()
        texts += [text.get_text() for text in legend.get_texts()] if legend else []
    return "\n".join(texts)


def test_an_image_is_drawn_with_each_face_its_regions_and_what_lies_outside(make: Make) -> None:
    frame = np.full((48, 64, 3), 120, np.uint8)
    figure = image_figure(frame, make("image", (FAKE, 1), (REAL, 1)), "a.png")
    said = words(figure)
    assert "fake, P(fake) = 0.90; calibrated 0.80, doubt 0.60 to 1.00" in said
    assert "face 2: real, P(fake) = 0.20" in said
    assert "70 %" in said
    assert "30 %" in said  # outside
    assert "no proof" in said
    whole = figure.axes[0]
    assert [text.get_text() for text in whole.texts] == ["1", "2"]


def test_an_image_without_a_face_says_so(make: Make) -> None:
    figure = image_figure(np.full((48, 64, 3), 120, np.uint8), make("image"), "a.png")
    assert NO_FACE in words(figure)
    assert len(figure.axes) == 1


def test_a_crowd_is_drawn_up_to_the_six_most_fake(make: Make) -> None:
    frame = np.full((48, 64, 3), 120, np.uint8)
    figure = image_figure(frame, make("image", *[(REAL, 1)] * 6, (FAKE, 1), (REAL, 1)), "a.png")
    said = [line for line in words(figure).splitlines() if line.startswith("face ")]
    assert len(said) == 6
    assert said[0].startswith("face 7: fake")


def test_a_timeline_has_a_curve_for_each_person_and_the_regions_of_the_deciding_one(
    make: Make,
) -> None:
    figure = timeline_figure(make("video", (FAKE, 5), (REAL, 3)), "a.mp4")
    said = words(figure)
    assert "person 1: fake, P(fake) = 0.90" in said
    assert "person 2: real, P(fake) = 0.20" in said
    assert "where the positive evidence lies: mouth 70 %, outside the regions 30 %" in said
    # Where val could choose none, it is one half.
    assert figure.axes[0].get_xlabel() == "time in s; dashed: the threshold"
    curve = figure.axes[0].lines[1]
    assert list(curve.get_xdata()) == pytest.approx([0, 0.3, 0.6, 0.9, 1.2])  # type: ignore[arg-type]
    assert list(curve.get_ydata()) == pytest.approx([0.9] * 5)  # type: ignore[arg-type]


def test_of_a_crowd_the_curve_of_the_one_who_decides_is_drawn(make: Make) -> None:
    figure = timeline_figure(make("video", *[(REAL, 3)] * 7, (FAKE, 2)), "a.mp4")
    said = [line for line in words(figure).splitlines() if line.startswith("person ")]
    assert len(said) == 6
    assert said[0].startswith("person 8: fake")


@pytest.mark.parametrize("kind", ["image", "video"])
def test_a_long_name_keeps_its_beginning_and_its_end(make: Make, kind: str) -> None:
    said, name = make(kind, (FAKE, 1)), f"/begin{'x' * 200}\nend.mp4"
    frame = np.full((48, 64, 3), 120, np.uint8)
    figure = timeline_figure(said, name) if kind == "video" else image_figure(frame, said, name)
    (line,) = [line for line in words(figure).splitlines() if line.startswith("/begin")]
    assert line.endswith(r"xxx\nend.mp4")
    assert len(line) < 100


@pytest.mark.parametrize("num", [1, 2])
def test_a_timeline_of_few_faces_and_without_evidence_can_be_drawn(make: Make, num: int) -> None:
    for heat in (True, False):
        figure = timeline_figure(make("video", (REAL, num), heat=heat), "a.mp4")
        figure.canvas.draw()
        assert ("where the positive evidence lies" in words(figure)) is heat


def test_heat_is_laid_over_its_own_quarter(make: Make) -> None:
    one = make("image", (FAKE, 1))
    (picture,) = painted(one.cuts[0], one.scores[0])
    red = picture[..., 0].astype(int) - picture[..., 2]
    assert red[8:, :8].min() > 80
    assert abs(red[:8]).max() < 5
    plain = make("image", (FAKE, 1), heat=False)
    np.testing.assert_array_equal(painted(plain.cuts[0], plain.scores[0])[0], plain.cuts[0][0].crop)


def test_doubt_has_a_colour_of_its_own() -> None:
    assert hue(DOUBT) == DOUBT_HUE
    assert len({hue(FAKE), hue(REAL), hue(DOUBT)}) == 3


def test_between_two_frames_a_box_moves_evenly_and_beyond_them_there_is_none() -> None:
    faces = [face(10, 0.0, 0.2), face(20, 20.0, 0.8)]
    assert at_frame(faces, 9) is None
    assert at_frame(faces, 21) is None
    assert at_frame(faces, 20) == ((20.0, 8, 40.0, 30), 0.8)
    box, prob = at_frame(faces, 15) or ((0, 0, 0, 0), 0)
    assert box == (10.0, 8.0, 30.0, 30.0)
    assert prob == pytest.approx(0.5)


def test_a_frame_is_drawn_on_at_its_scale(make: Make) -> None:
    tracks = make("video", (FAKE, 2)).prediction.tracks
    frame = np.zeros((60, 80, 3), np.uint8)
    drawn = annotated(frame, 1, tracks, (160, 120))
    assert drawn.shape == (120, 160, 3)
    assert drawn[16:60, 7:9].max() > 200  # the box's left side, at twice its place
    assert not annotated(frame, 40, tracks, (160, 120)).any()


@pytest.mark.parametrize(
    ("num", "texts"), [(1, ["P(fake) 0.90"]), (2, ["1: P(fake) 0.90", "2: P(fake) 0.90"])]
)
def test_where_there_are_several_people_they_are_numbered(
    make: Make, monkeypatch: pytest.MonkeyPatch, num: int, texts: list[str]
) -> None:
    written: list[str] = []
    monkeypatch.setattr(cv2, "putText", lambda _, text, *__: written.append(text))
    tracks = make("image", *[(FAKE, 1)] * num).prediction.tracks
    annotated(np.zeros((60, 80, 3), np.uint8), 0, tracks, (80, 60))
    assert written == texts


def test_an_annotated_video_has_the_frames_and_the_rate_of_its_source(
    make: Make, tmp_path: Path
) -> None:
    source = tmp_path / "a.avi"
    writer = cv2.VideoWriter(str(source), cv2.VideoWriter.fourcc(*"FFV1"), 12.5, (65, 49))
    for _ in range(7):
        writer.write(np.full((49, 65, 3), 120, np.uint8))
    writer.release()
    said = replace(make("video", (FAKE, 2)).prediction, path=source)
    write_annotated(tmp_path / "out.mp4", said)
    capture = cv2.VideoCapture(str(tmp_path / "out.mp4"))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(12.5)
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 7
    _, frame = capture.read()
    assert frame.shape == (48, 64, 3)
    assert frame[..., 2].max() > 200
