import os
import select
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from resgat.inference.cutting import FaceCut, FaceCutter
from resgat.inference.scoring import FaceScore
from resgat.inference.stream import NO_FACE, Predicted, Predictor
from resgat.inference.verdict import Judge
from tests.data.detectors import TellingDetector, TroubleDetector
from tests.inference.conftest import LEFT, RIGHT

Write = Callable[..., Path]


@dataclass
class GreyScorer:
    """The logit of a crop is its grey level over 100; notes the sizes of the batches."""

    sizes: list[int] = field(default_factory=list)

    def score(self, cuts: Sequence[FaceCut]) -> list[FaceScore]:
        self.sizes.append(len(cuts))
        mass = np.full(8, 0.1, np.float32)
        return [FaceScore(float(cut.crop.mean()) / 100, mass, mass, None) for cut in cuts]


@pytest.fixture
def predictor(cutter: FaceCutter) -> Predictor:
    frame, video = Judge(0.5, None, None), Judge(0.9, None, None)
    return Predictor(cutter, GreyScorer(), frame, video, batch_size=5)  # type: ignore[arg-type]


def run(predictor: Predictor, paths: list[Path], num_workers: int = 0) -> dict[str, Predicted]:
    done = predictor.stream(paths, num_workers=num_workers, timeout_s=20)
    return {one.prediction.path.name: one for one in done}


def test_a_video_is_the_mean_of_its_frames_and_an_image_stands_for_itself(
    predictor: Predictor, write_video: Write, write_image: Write
) -> None:
    paths = [write_video("a.avi", [0, 40, 80, 120]), write_image("b.png", 200)]
    found = run(predictor, paths)
    video, image = found["a.avi"].prediction, found["b.png"].prediction
    assert video.verdict is not None
    assert image.verdict is not None
    assert video.verdict.logit == pytest.approx(0.6, abs=0.02)
    assert (video.verdict.threshold_prob, image.verdict.threshold_prob) == (0.9, 0.5)
    assert image.verdict.logit == pytest.approx(2.0)
    assert [len(track.faces) for track in video.tracks] == [4, 4]
    assert [face.time_s for face in video.tracks[0].faces] == pytest.approx([0, 0.1, 0.2, 0.3])
    assert [face.logit for face in video.tracks[0].faces] == pytest.approx(
        [0, 0.4, 0.8, 1.2], abs=0.03
    )
    assert video.tracks[0].faces[0].regions == pytest.approx(
        dict.fromkeys(video.tracks[0].faces[0].regions or {}, 0.1)
    )
    assert image.tracks[0].faces[0].time_s is None
    assert (video.num_faces, image.num_faces) == (8, 2)


def test_batches_are_full_whatever_the_files(
    predictor: Predictor, write_image: Write, write_video: Write
) -> None:
    paths = [*(write_image(f"{at}.png", at) for at in range(4)), write_video("v.avi", [9] * 4)]
    found = run(predictor, paths)
    assert list(found) == [path.name for path in paths]
    assert predictor.scorer.sizes == [5, 5, 5, 1]  # type: ignore[attr-defined]
    for at in range(4):
        assert found[f"{at}.png"].prediction.tracks[0].faces[0].logit == pytest.approx(at / 100)
    assert predictor.clock.num_faces == 16
    assert predictor.clock.decode_s > 0


def test_pictures_can_be_drawn_from_what_comes_out(
    predictor: Predictor, write_image: Write
) -> None:
    (found,) = run(predictor, [write_image("a.png", 70)]).values()
    assert [len(cuts) for cuts in found.cuts] == [len(scores) for scores in found.scores] == [1, 1]
    assert found.cuts[0][0].box_xyxy == RIGHT.box_xyxy


def test_a_broken_file_stops_no_other_and_no_face_is_no_verdict(
    predictor: Predictor, write_image: Write, tmp_path: Path
) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"xx")
    small = write_image("small.png", 70, (20, 20))
    found = run(predictor, [tmp_path / "broken.mp4", small, write_image("a.png", 70)])
    said = {name: one.prediction for name, one in found.items()}
    assert {name: one.status for name, one in said.items()} == {
        "broken.mp4": "failed",
        "small.png": "no_face",
        "a.png": "scored",
    }
    assert str(said["broken.mp4"].reason).startswith("expected a video, got 2 bytes")
    assert (said["small.png"].reason, said["small.png"].verdict) == (NO_FACE, None)


def test_a_worker_that_dies_on_a_file_takes_no_other_with_it(
    predictor: Predictor, cutter: FaceCutter, write_image: Write, tmp_path: Path
) -> None:
    red = np.zeros((48, 64, 3), np.uint8)
    red[..., 2] = 220
    cv2.imwrite(str(tmp_path / "red.png"), red)
    crashing = FaceCutter(cutter.spec, TroubleDetector((RIGHT, LEFT)))
    deadly = Predictor(crashing, predictor.scorer, predictor.image_judge, predictor.video_judge, 5)
    found = run(deadly, [tmp_path / "red.png", write_image("a.png", 70)], num_workers=1)
    assert found["a.png"].prediction.status == "scored"
    assert str(found["red.png"].prediction.reason).startswith("the worker process died on it")


def test_files_are_read_while_the_detector_works(
    predictor: Predictor, cutter: FaceCutter, write_image: Write, tmp_path: Path
) -> None:
    """The detector does not end its first batch before the last file has been seen."""
    os.mkfifo(tmp_path / "pipe")
    pipe = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    told: list[bool] = []

    @dataclass
    class PatientScorer(GreyScorer):
        def score(self, cuts: Sequence[FaceCut]) -> list[FaceScore]:
            told.append(bool(select.select([pipe], [], [], 60)[0]))
            return super().score(cuts)

    telling = FaceCutter(cutter.spec, TellingDetector(str(tmp_path / "pipe"), RIGHT, LEFT))
    scorer: Any = PatientScorer()
    patient = replace(predictor, cutter=telling, scorer=scorer, batch_size=2)
    levels = {"a.png": 70, "b.png": 70, "white.png": 250}
    found = run(patient, [write_image(*one) for one in levels.items()], num_workers=1)
    os.close(pipe)
    assert found.keys() == levels.keys()
    assert told[0]


def test_the_clock_tells_work_from_waiting(predictor: Predictor, write_video: Write) -> None:
    run(predictor, [write_video("v.avi", [9] * 4)])
    clock = predictor.clock
    assert clock.model_s > 0
    assert clock.wait_s >= clock.decode_s + clock.detect_s > 0  # it reads the files itself


def test_a_prediction_is_plain_values(predictor: Predictor, write_image: Write) -> None:
    (found,) = run(predictor, [write_image("a.png", 70)]).values()
    plain = found.prediction.to_dict()
    assert plain["path"].endswith("a.png")
    assert plain["tracks"][0]["faces"][0]["box_xyxy"] == RIGHT.box_xyxy
    assert plain["verdict"]["label"] == "fake"
