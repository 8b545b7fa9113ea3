"""A detector in a user's own Python, and what a prediction says of the detector that made it."""

from pathlib import Path
from typing import Any

import pytest

import resgat
from resgat.data.detector import HaarDetector
from resgat.errors import ConfigError
from resgat.files import file_sha256
from resgat.inference.faces import FaceSettings
from resgat.run.predicting import Wishes, build_predictor, model_facts, wishes_of
from resgat.run.trained import load_trained

SAID: dict[str, Any] = {
    "faces": "crop",
    "detector": None,
    "margin": None,
    "frames": 7,
    "allow_other_crop_spec": False,
    "method": "own",
    "explain": {
        "catalogue": {"uniform": {"_target_": "resgat.explain.methods.controls.UniformMap"}}
    },
    "device": "cpu",
    "batch_size": 5,
}


@pytest.fixture
def crop(data_home: Path) -> Path:
    """A crop of the test split."""
    return min(data_home.rglob("test*/*_0.png"))


def test_three_lines_of_python(best: Path, crop: Path) -> None:
    detector = resgat.load(best, faces=FaceSettings("crop"))
    said = resgat.predict(detector, crop)
    assert said.verdict is not None
    assert said.verdict.label in ("fake", "real")
    assert resgat.predict(detector, crop.with_name("gone.png")).reason == "no such file"


def test_the_choice_of_faces_may_be_said_as_a_word(best: Path, crop: Path) -> None:
    said = resgat.predict(resgat.load(best, faces="crop"), crop)
    settings = FaceSettings("crop")
    assert said == resgat.predict(resgat.load(best, faces=settings), crop)
    with pytest.raises(ConfigError, match="faces: this model was trained on crops that preproc"):
        resgat.load(best, faces="auto")
    with pytest.raises(ConfigError, match=r"faces: expected one of auto, crop; got 'crops'\."):
        resgat.load(best, faces="crops")  # type: ignore[arg-type]


def test_the_package_gives_nothing_else() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'train'"):
        _ = resgat.train


def test_a_command_s_settings_are_wishes() -> None:
    said = wishes_of(SAID)
    assert said == Wishes(
        FaceSettings("crop", frames=7), "own", SAID["explain"]["catalogue"], "cpu", 5
    )
    detector = {"_target_": "resgat.data.detector.HaarDetector"}
    assert isinstance(wishes_of(SAID | {"detector": detector}).faces.detector, HaarDetector)


def test_a_prediction_says_which_detector_made_it(best: Path) -> None:
    trained = load_trained(best)
    said = model_facts(trained)
    assert said["path"] == str(best)
    assert said["sha256"] == file_sha256(best)
    assert said["config"] == trained.facts["config"]["model"]
    assert said["crop_spec"] == trained.facts["crop_spec"]
    assert set(said) == {"path", "sha256", "config", "corpus", "crop_spec", "code"}


def test_what_is_found_does_not_hang_on_the_batch(best: Path, crop: Path) -> None:
    one, many = (
        build_predictor(load_trained(best), Wishes(FaceSettings("crop"), batch_size=size))
        for size in (1, 8)
    )
    paths = [crop] * 3
    alone, together = (
        [found.prediction for found in by.stream(paths, num_workers=0, timeout_s=60)]
        for by in (one, many)
    )
    assert len(alone) == len(together) == 3
    for left, right in zip(alone, together, strict=True):
        assert left.verdict is not None
        assert right.verdict is not None
        assert left.verdict.logit == pytest.approx(right.verdict.logit, abs=1e-5)


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        (Wishes(FaceSettings("crop"), batch_size=0), "batch_size: expected a number in"),
        (
            Wishes(FaceSettings("crop"), "gradcamm", {"gradcam": {}}),
            r"method: expected one of own, gradcam; got 'gradcamm'\. Did you mean 'gradcam'",
        ),
    ],
)
def test_a_wish_that_cannot_be_met_is_named(best: Path, wishes: Wishes, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_predictor(load_trained(best), wishes)
