"""One file, judged and compared; the detector is the finished run's."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import resgat
from resgat.app.examine import Examiner
from resgat.app.limits import LimitedCutter, Limits
from resgat.data.detector import HaarDetector
from resgat.explain.methods.contribution import Contribution
from resgat.explain.methods.controls import UniformMap
from resgat.inference.faces import FaceSettings
from tests.app.conftest import write_image


@pytest.fixture(scope="module")
def examiner(best: Path) -> Examiner:
    detector = resgat.load(best, faces=FaceSettings(detector=HaarDetector(), frames=4))
    limited = replace(detector, cutter=LimitedCutter(detector.cutter, Limits(1, 60, 1)))
    return Examiner(limited, {"contrib": Contribution(), "uniform": UniformMap()}, timeout_s=60)


def test_an_image_is_judged_as_predict_judges_it_and_drawn(
    examiner: Examiner, best: Path, image: Path
) -> None:
    found = examiner.examine(image, "mine.png")
    same = resgat.predict(resgat.load(best, faces=FaceSettings(detector=HaarDetector())), image)
    assert found.predicted.prediction == replace(same, path=Path("mine.png"))
    assert len(same.tracks) == 2
    assert found.timeline is None
    assert found.frame is not None
    assert found.frame.shape == (240, 420, 3)
    left, top, *_ = (round(side) for side in same.tracks[0].faces[0].box_xyxy)
    assert np.ptp(found.frame[top + 60, left]) > 100  # its frame, in colour


def test_a_clip_gets_a_timeline(examiner: Examiner, clip: Path) -> None:
    found = examiner.examine(clip, "a $strange$ name.avi")
    assert found.predicted.prediction.kind == "video"
    assert found.frame is None
    assert found.timeline is not None
    assert found.timeline.startswith(b"\x89PNG")


def test_no_face_is_no_number(examiner: Examiner, tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.png", np.full((64, 64, 3), 120, np.uint8))
    found = examiner.examine(path, "a.png")
    assert (found.predicted.prediction.status, found.predicted.prediction.verdict) == (
        "no_face",
        None,
    )
    assert found.frame is not None
    assert examiner.compare(found.predicted) == []


def test_what_is_refused_has_its_reason(examiner: Examiner, tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.png", np.full((1100, 1000, 3), 120, np.uint8))
    said = examiner.examine(path, "a.png").predicted.prediction
    assert (said.status, said.kind) == ("failed", None)
    assert said.reason is not None
    assert said.reason.startswith("1000 x 1100 px are 1.1 megapixels")


def test_each_person_is_compared_by_every_method_the_most_fake_first(
    examiner: Examiner, image: Path
) -> None:
    found = examiner.examine(image, "a.png").predicted
    first, second = examiner.compare(found)
    tracks = {track.track: track for track in found.prediction.tracks}
    assert tracks[first.track].verdict.logit >= tracks[second.track].verdict.logit
    for face in (first, second):
        assert list(face.picture.maps) == ["contrib", "uniform"]
        assert face.picture.prob == tracks[face.track].faces[0].prob
        assert face.shares["uniform"] is None  # a map that says nothing
        shares = face.shares["contrib"]
        assert shares is not None
        assert sum(shares) == pytest.approx(1)
        own = tracks[face.track].regions
        assert own is not None
        assert shares[:-1] == pytest.approx(list(own.values()), abs=1e-5)


def test_of_a_clip_the_most_fake_face_of_each_is_compared(
    examiner: Examiner, clip: Path, scene: Callable[[int], np.ndarray]
) -> None:
    found = examiner.examine(clip, "a.avi").predicted
    for face in examiner.compare(found):
        track = next(t for t in found.prediction.tracks if t.track == face.track)
        assert face.picture.prob == max(one.prob for one in track.faces)
