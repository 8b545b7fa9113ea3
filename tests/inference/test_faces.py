from typing import Any

import pytest

from resgat.data.claim import described
from resgat.data.cropping import CropSpec
from resgat.data.detector import Face, HaarDetector
from resgat.errors import CheckpointError, ConfigError, WeightsUnavailableError
from resgat.inference.cutting import FaceCutter, WholeFrameCutter
from resgat.inference.faces import FaceSettings, choose_cutter, recorded_detector
from tests.data.detectors import FixedDetector

SPEC = CropSpec(48, 1.4, HaarDetector().spec, frames_per_video=9)
FIXED = FixedDetector((Face((0, 0, 9, 9)),))


def facts_of(spec: CropSpec | None, **changes: Any) -> dict[str, Any]:
    crop = None
    if spec is not None:
        crop = {key: value for key, value in described(spec).items() if key != "hash"} | changes
    spec_hash = "drawn" if spec is None else spec.hash
    return {"crop_spec": spec_hash, "crop": crop, "config": {"data": {"size_px": 32}}}


def test_faces_are_found_as_in_training() -> None:
    cutter = choose_cutter(facts_of(SPEC), FaceSettings())
    assert isinstance(cutter, FaceCutter)
    assert cutter.spec == SPEC
    assert isinstance(cutter.detector, HaarDetector)


def test_the_number_of_frames_may_differ() -> None:
    for faces, cutter in (("auto", FaceCutter), ("crop", WholeFrameCutter)):
        found = choose_cutter(facts_of(SPEC), FaceSettings(faces, frames=3))  # type: ignore[arg-type]
        assert isinstance(found, cutter)
        frames = found.spec.frames_per_video if faces == "auto" else found.frames_per_video  # type: ignore[union-attr]
        assert frames == 3
    assert choose_cutter(facts_of(SPEC), FaceSettings("crop")) == WholeFrameCutter(9)
    assert choose_cutter(facts_of(None), FaceSettings("crop")) == WholeFrameCutter(32)


def test_another_detector_than_that_of_training_is_refused_unless_it_is_wanted() -> None:
    with pytest.raises(CheckpointError, match="cut by haar_frontalface_alt2, and this is fixed"):
        choose_cutter(facts_of(SPEC), FaceSettings(detector=FIXED))
    wanted = FaceSettings(detector=FIXED, allow_other_crop_spec=True)
    cutter = choose_cutter(facts_of(SPEC), wanted)
    assert isinstance(cutter, FaceCutter)
    assert cutter.detector is FIXED
    assert (cutter.spec.margin, cutter.spec.detector) == (1.4, FIXED.spec)
    same = choose_cutter(facts_of(SPEC), FaceSettings(detector=HaarDetector(), margin=1.4))
    assert isinstance(same, FaceCutter)
    assert same.spec == SPEC


def test_crops_that_were_not_cut_here_need_a_detector_or_face_crops() -> None:
    with pytest.raises(ConfigError, match="or name a face detector: detector=haar"):
        choose_cutter(facts_of(None), FaceSettings())
    cutter = choose_cutter(facts_of(None), FaceSettings(detector=FIXED, margin=1.7))
    assert isinstance(cutter, FaceCutter)
    assert (cutter.spec.size_px, cutter.spec.margin) == (32, 1.7)
    assert (cutter.spec.frames_per_video, cutter.spec.detector) == (32, FIXED.spec)
    cutter = choose_cutter(facts_of(None), FaceSettings(detector=FIXED))
    assert isinstance(cutter, FaceCutter)
    assert cutter.spec.margin == 1.3


def test_checkpoints_of_before_count_as_not_cut_here() -> None:
    facts = facts_of(SPEC)
    del facts["crop"]
    with pytest.raises(ConfigError, match="how to find faces for it is not known"):
        choose_cutter(facts, FaceSettings())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"extraction": 99, "margin": 1.5}, "cut by another version of resgat"),
        ({"turn_deg": 3}, "other fields than this version knows"),
    ],
)
def test_crops_of_another_version_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        choose_cutter(facts_of(SPEC, **changes), FaceSettings())


def test_a_detector_that_is_not_known_or_has_changed_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(CheckpointError, match="by the face detector 'mtcnn', which is not known"):
        recorded_detector({"name": "mtcnn"})
    with pytest.raises(CheckpointError, match="has other settings here than when"):
        recorded_detector({**HaarDetector().spec, "scale_factor": 1.2})
    monkeypatch.delenv("RESGAT_YUNET", raising=False)
    with pytest.raises(WeightsUnavailableError, match="RESGAT_YUNET"):
        recorded_detector({"name": "yunet", "min_prob": 0.9})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"faces": "croop"}, "Did you mean 'crop'"),
        ({"frames": 0}, r"frames: expected a number in"),
        ({"margin": 1.3}, r"margin: faces are cut as in training, with a margin of 1.4, got 1.3"),
        ({"faces": "crop", "margin": 1.4}, "margin: with faces=crop every picture is taken as it"),
        ({"faces": "crop", "detector": FIXED}, "detector: with faces=crop every picture is taken"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises((ConfigError, CheckpointError), match=message):
        choose_cutter(facts_of(SPEC), FaceSettings(**settings))
