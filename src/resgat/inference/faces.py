"""The cutter that finds faces in the way in which a detector's training crops were cut."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from resgat.checks import check_choice, check_range
from resgat.data.cropping import CropSpec
from resgat.data.detector import FaceDetector, HaarDetector, YuNetDetector
from resgat.errors import CheckpointError, ConfigError
from resgat.inference.cutting import Cutter, FaceCutter, WholeFrameCutter

FaceChoice = Literal["auto", "crop"]

#: Frames of a video that are looked at, and the margin of a crop, where training says nothing.
_FRAMES, _MARGIN = 32, 1.3


@dataclass(frozen=True)
class FaceSettings:
    """How faces are found.

    Attributes:
        faces: ``auto`` finds them as training did; ``crop`` takes every picture as a face crop.
        detector: In the place of the one of training; None takes that one.
        margin: Side of the crop over the longer side of the face box, where training says nothing;
            None takes 1.3.
        frames: Frames looked at in a video, spread evenly; None takes as many as training.
        allow_other_crop_spec: Accept crops that are cut differently from those of training.
    """

    faces: FaceChoice = "auto"
    detector: FaceDetector | None = None
    margin: float | None = None
    frames: int | None = None
    allow_other_crop_spec: bool = False


def choose_cutter(facts: Mapping[str, Any], settings: FaceSettings) -> Cutter:
    """Return what finds the faces for a detector.

    Args:
        facts: Of its checkpoint.
        settings: What the user wants.

    Raises:
        ConfigError: It is not known how to find faces for it, or a setting is out of range.
        CheckpointError: The crops would be cut differently from those of training.
    """
    check_choice("faces", settings.faces, get_args(FaceChoice))
    if settings.frames is not None:
        check_range("frames", settings.frames, low=1)
    known = facts.get("crop")
    if settings.faces == "crop":
        _refuse_unused(settings)
        frames = _FRAMES if known is None else known["frames_per_video"]
        return WholeFrameCutter(frames if settings.frames is None else settings.frames)
    spec, detector = _spec_and_detector(facts, settings, known)
    if settings.frames is not None:
        spec = replace(spec, frames_per_video=settings.frames)
    return FaceCutter(spec, detector)


def _refuse_unused(settings: FaceSettings) -> None:
    """Refuse settings that would decide nothing about face crops."""
    for name in ("detector", "margin"):
        if getattr(settings, name) is not None:
            msg = f"{name}: with faces=crop every picture is taken as it is; leave {name} out"
            raise ConfigError(msg)


def _spec_and_detector(
    facts: Mapping[str, Any], settings: FaceSettings, known: Mapping[str, Any] | None
) -> tuple[CropSpec, FaceDetector]:
    if known is None:
        return _unknown(facts, settings)
    spec = _recorded_spec(known, facts["crop_spec"])
    if settings.margin not in (None, spec.margin):
        msg = (
            f"margin: faces are cut as in training, with a margin of {spec.margin}, got "
            f"{settings.margin}; leave it out"
        )
        raise CheckpointError(msg)
    if settings.detector is None:
        return spec, recorded_detector(spec.detector)
    own = replace(spec, detector=settings.detector.spec)
    if own.hash != spec.hash and not settings.allow_other_crop_spec:
        msg = (
            f"detector: the training crops were cut by {spec.detector['name']}, and this is "
            f"{own.detector['name']} or has other settings; leave the detector out, or accept the "
            "difference with allow_other_crop_spec=true"
        )
        raise CheckpointError(msg)
    return own, settings.detector


def _unknown(facts: Mapping[str, Any], settings: FaceSettings) -> tuple[CropSpec, FaceDetector]:
    """Cut for a model whose crops were drawn, or cut by another program."""
    if settings.detector is None:
        msg = (
            "faces: this model was trained on crops that preprocess.py did not cut, so how to find "
            "faces for it is not known. Give face crops and add faces=crop, or name a face "
            "detector: detector=haar"
        )
        raise ConfigError(msg)
    size_px = facts["config"]["data"]["size_px"]
    margin = _MARGIN if settings.margin is None else settings.margin
    spec = CropSpec(size_px, margin, settings.detector.spec, frames_per_video=_FRAMES)
    return spec, settings.detector


def _recorded_spec(known: Mapping[str, Any], spec_hash: str) -> CropSpec:
    """Rebuild the crop spec of training.

    Raises:
        CheckpointError: This version cuts other crops under the same settings.
    """
    fields = {key: value for key, value in known.items() if key != "extraction"}
    try:
        spec = CropSpec(**fields)
    except TypeError as error:
        msg = f"the checkpoint's crop spec has other fields than this version knows ({error})"
        raise CheckpointError(msg) from error
    if spec.hash != spec_hash:
        msg = (
            f"the training crops were cut by another version of resgat (crop spec {spec_hash}, "
            f"here {spec.hash}); use that version, or give face crops and add faces=crop"
        )
        raise CheckpointError(msg)
    return spec


def recorded_detector(recorded: Mapping[str, Any]) -> FaceDetector:
    """Build the face detector that a crop spec names.

    Raises:
        CheckpointError: It is not known here, or has other settings here.
        WeightsUnavailableError: It needs a model file, which ``RESGAT_YUNET`` does not name.
    """
    name = recorded["name"]
    detector: FaceDetector
    if name == "haar_frontalface_alt2":
        detector = HaarDetector(recorded["min_face_share"])
    elif name == "yunet":
        detector = YuNetDetector(os.environ.get("RESGAT_YUNET"), recorded["min_prob"])
    else:
        msg = f"the training crops were cut by the face detector {name!r}, which is not known "
        msg += "here; give face crops and add faces=crop"
        raise CheckpointError(msg)
    if dict(detector.spec) != dict(recorded):
        msg = f"the face detector {name} has other settings here than when the training crops were "
        msg += "cut; use the version of resgat that cut them"
        raise CheckpointError(msg)
    return detector
