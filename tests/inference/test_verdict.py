import math

import numpy as np
import pytest

from resgat.inference.result import FacePrediction
from resgat.inference.verdict import Judge, judge, judge_tracks, most_fake, most_suspicious
from resgat.metrics.inputs import sigmoid
from resgat.metrics.venn_abers import thinned
from resgat.types import REGIONS

JUDGE = Judge(0.6, None, None)
ROWS: dict[str, list[float]] = {"logit": [-2.0, -1.0, 1.0, 2.0], "label": [0, 0, 1, 1]}


def prob(logit: float) -> float:
    return float(sigmoid(np.array([logit]))[0])


def face(logit: float, frame: int = 0, **regions: float) -> FacePrediction:
    shares = dict.fromkeys(REGIONS, 0.0) | regions if regions else None
    return FacePrediction(frame, None, (0, 0, 9, 9), None, logit, prob(logit), shares)


@pytest.mark.parametrize(("logit", "label"), [(math.log(1.6), "fake"), (math.log(1.4), "real")])
def test_the_threshold_of_val_decides(logit: float, label: str) -> None:
    """Probabilities of 0.615 and 0.583 against 0.6."""
    said = JUDGE.verdict(logit)
    assert said.label == label
    assert said.prob == pytest.approx(prob(logit), abs=1e-12)
    assert (said.calibrated_prob, said.low, said.high, said.is_in_doubt) == (None,) * 4


def test_a_temperature_calibrates_and_val_gives_the_interval() -> None:
    said = Judge(0.5, 2.0, thinned(ROWS["logit"], ROWS["label"])).verdict(3.0)
    assert said.calibrated_prob == pytest.approx(prob(1.5))
    assert said.low == pytest.approx(2 / 3)
    assert said.high == 1.0
    assert said.is_in_doubt is False


def test_an_interval_that_reaches_to_the_other_side_is_doubt() -> None:
    by = Judge(0.5, None, thinned(ROWS["logit"], ROWS["label"]))
    assert by.verdict(0.1).is_in_doubt is True
    assert by.verdict(-0.1).is_in_doubt is True
    assert by.verdict(-3.0).is_in_doubt is False


def test_a_label_against_its_own_interval_is_in_doubt() -> None:
    """A threshold far from one half calls fake what val says is rather real."""
    said = Judge(0.01, None, thinned(ROWS["logit"], ROWS["label"])).verdict(-3.0)
    assert said.high == pytest.approx(1 / 3)
    assert (said.label, said.is_in_doubt) == ("fake", True)


def test_the_facts_of_a_checkpoint_make_a_judge_of_each_level() -> None:
    facts = {
        "thresholds": {"video": 0.3, "frame": None},
        "temperatures": {"video": 1.5, "frame": None},
        "calibration": {"video": ROWS, "frame": {"logit": [1.0], "label": [1]}},
    }
    video, frame = judge(facts, "video"), judge(facts, "frame")
    assert (video.threshold_prob, video.temperature) == (0.3, 1.5)
    assert video.val is not None
    assert video.val.logit.tolist() == ROWS["logit"]
    assert frame == Judge(0.5, None, None)


def test_older_checkpoints_give_no_interval() -> None:
    assert judge({"thresholds": {"video": 0.3}}, "video") == Judge(0.3, None, None)


def test_a_track_is_the_mean_of_its_logits_and_a_brief_one_does_not_decide() -> None:
    long = [face(-2.0, at) for at in range(8)]
    tracks = judge_tracks([long, [face(1.0), face(4.0)], [face(9.0)]], JUDGE)
    assert [track.verdict.logit for track in tracks] == [-2.0, 2.5, 9.0]
    assert [track.is_brief for track in tracks] == [False, False, True]
    assert [track.track for track in tracks] == [1, 2, 3]
    assert most_suspicious(tracks) is tracks[1]


def test_regions_of_a_track_are_weighed_by_the_probability() -> None:
    faces = [face(math.log(3), mouth=0.8), face(-math.log(3), mouth=0.4, nose=0.6)]
    (track,) = judge_tracks([faces], JUDGE)
    assert track.regions is not None
    assert track.regions["mouth"] == pytest.approx(0.75 * 0.8 + 0.25 * 0.4)
    assert track.regions["nose"] == pytest.approx(0.25 * 0.6)
    assert judge_tracks([[face(0.0)]], JUDGE)[0].regions is None


def test_of_a_crowd_the_most_fake_are_shown_those_first() -> None:
    tracks = judge_tracks([[face(float(logit))] for logit in (0, 3, -1, 2, 1, -2, -3)], JUDGE)
    assert most_fake(tracks) == [1, 3, 4, 0, 2, 5]
    assert most_fake(tracks, 2) == [1, 3]
    assert most_fake(()) == []


def test_who_decides_is_shown_whatever_brief_ones_look_like() -> None:
    tracks = judge_tracks(
        [[face(0.0)] * 9, *[[face(float(logit))] for logit in range(1, 9)]], JUDGE
    )
    assert [track.is_brief for track in tracks] == [False] + [True] * 8
    assert most_fake(tracks) == [0, 8, 7, 6, 5, 4]
    assert most_suspicious(tracks) is tracks[0]
