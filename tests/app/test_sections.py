"""What the page says, read back from its markup."""

import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from resgat.app.examine import ComparedFace, Examined
from resgat.app.sections import answer, comparison, limits_list, refused
from resgat.inference.result import FacePrediction, FilePrediction, TrackPrediction, Verdict
from resgat.inference.stream import NO_FACE, Predicted
from resgat.report.explanations.picture import Picture
from resgat.types import REGIONS

FAKE = Verdict("fake", 0.9, 2.2, 0.5, 0.83, 0.6, 1.0, False)
REAL = Verdict("real", 0.2, -1.4, 0.5, None, None, None, None)
MOUTH = dict.fromkeys(REGIONS, 0.0) | {"mouth": 0.7}
EVIL = "<img src=x onerror=alert(1)>.png"


class Reader(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def track(
    number: int, verdict: Verdict, *, num: int = 1, regions: dict[str, float] | None = MOUTH
) -> TrackPrediction:
    times = [None] if num == 1 else [idx / 2 for idx in range(num)]
    faces = tuple(
        FacePrediction(at, time, (0, 0, 9, 9), None, verdict.logit, verdict.prob, regions)
        for at, time in enumerate(times)
    )
    return TrackPrediction(number, False, verdict, regions, faces)


def prediction(*tracks: TrackPrediction, name: str = "a.png") -> FilePrediction:
    if not tracks:
        return FilePrediction(Path(name), "image", "no_face", NO_FACE, None, ())
    return FilePrediction(Path(name), "image", "scored", None, tracks[0].verdict, tracks)


def said(prediction: FilePrediction) -> str:
    return answer(Examined(Predicted(prediction), None, None), {"files": ["this"]})


def plain(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup))


def test_the_verdict_comes_first_with_its_calibration_and_its_doubt() -> None:
    words = plain(said(prediction(track(1, FAKE))))
    assert words.startswith(" a.png Fake ")
    assert "calibrated P(fake) 0.83" in words
    assert "interval of doubt 0.60 to 1.00" in words
    assert "P(fake) before calibration 0.90, called fake from 0.50" in words


def test_the_scale_shows_the_interval_where_it_is() -> None:
    markup = said(prediction(track(1, FAKE)))
    assert 'class="band" style="left:60.0%;width:40.0%"' in markup
    assert 'class="mark" style="left:83.0%"' in markup


def test_doubt_is_part_of_the_verdict() -> None:
    markup = said(prediction(track(1, replace(FAKE, low=0.3, is_in_doubt=True))))
    assert '<section class="said doubt"' in markup
    assert "Fake, in doubt" in markup


def test_a_checkpoint_without_calibration_says_so() -> None:
    markup = said(prediction(track(1, REAL)))
    words = plain(markup)
    assert "calibrated P(fake) none: val gave no temperature" in words
    assert "interval of doubt none: the checkpoint carries no scores of val" in words
    assert "of its ends is calibrated" not in words
    assert 'class="band"' not in markup


def test_no_face_is_no_half() -> None:
    words = plain(said(prediction()))
    assert "No face found" in words
    assert "nothing can be said about it." in words
    assert "0.5" not in words


def test_people_can_be_chosen_the_most_suspicious_first_and_those_left_out_are_counted() -> None:
    tracks = [track(at, replace(REAL, logit=-float(at))) for at in range(1, 9)]
    tracks[4] = replace(track(5, FAKE, num=3), is_brief=True)
    found = replace(prediction(*tracks), verdict=tracks[0].verdict)
    markup = said(found)
    assert re.findall(r'id="chosen-\d"[^>]*> (\d)', markup) == ["1", "5", "2", "3", "4", "6"]
    assert markup.count("checked") == 1
    words = plain(markup)
    assert "fake; brief, may be no face 0.83 0.60 to 1.00 0.0 to 1.0 s, in 3 frames" in words
    assert "real; decides" in words
    assert "2 more, who look less fake, are in the JSON." in words


def test_the_result_can_be_taken_along_under_a_harmless_name() -> None:
    markup = said(prediction(track(1, FAKE), name=EVIL))
    (coded,) = re.findall(r'href="data:application/json;base64,([^"]+)"', markup)
    assert json.loads(base64.b64decode(coded)) == {"files": ["this"]}
    (name,) = re.findall(r'download="([^"]+)"', markup)
    assert re.fullmatch(r"[\w .()+@=,-]+\.json", name)


@pytest.mark.parametrize("name", [EVIL, '"><script>alert(1)</script>.png', "' onload='x.png"])
def test_a_name_is_text_wherever_it_stands(name: str) -> None:
    frame = np.zeros((4, 4, 3), np.uint8)
    found = prediction(track(1, FAKE), name=name)
    for markup in (
        answer(Examined(Predicted(found), frame, None), {}),
        answer(Examined(Predicted(found), None, b"png"), {}),
        refused("it is broken", name),
    ):
        page = Reader(markup)
        assert not {"script", "iframe", "object"} & page.tags
        assert [attribute for attribute in page.attributes if attribute.startswith("on")] == []
        assert Path(name).name in page.text


def compared(number: int) -> ComparedFace:
    image = np.full((8, 8, 3), 90, np.uint8)
    heat, values = np.ones((8, 8), np.float32), np.ones(8, np.float32)
    picture = Picture(
        image, 0.9, None, "a", {"own": heat, "mute": heat}, {"own": values, "mute": values}
    )
    return ComparedFace(number, picture, {"own": [0, 0, 0, 0.7, 0, 0, 0, 0, 0.3], "mute": None})


def test_each_person_has_a_panel_with_bars_maps_and_shares() -> None:
    found = prediction(track(1, REAL), track(2, FAKE))
    markup = comparison(found, [compared(2), compared(1)])
    first, second = markup.split('class="panel panel-2"')
    assert "Evidence of person 2" in first
    assert "Evidence of person 1" in second
    words = plain(first)
    assert "mouth 70 %" in words
    assert "outside the regions 30 %" in words
    assert first.count("<img") == 3
    assert "mouth 70 % \N{EN DASH}" in words.partition("share of the evidence")[2]
    assert "<b>70 %</b>" in first


def test_a_model_without_evidence_and_without_methods_says_so() -> None:
    words = plain(comparison(prediction(track(1, FAKE, regions=None)), []))
    assert "This model yields no evidence of its own" in words
    assert "side by side" not in words
    assert comparison(prediction(), []) == ""


def test_what_cannot_be_known_is_listed() -> None:
    words = plain(limits_list(["It is no proof."]))
    assert words == " What this cannot know It is no proof. "
