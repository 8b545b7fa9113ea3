"""From the logits of faces to what is said of a person and of a file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from resgat.inference.result import FacePrediction, TrackPrediction, Verdict
from resgat.metrics.calibration import calibrated
from resgat.metrics.inputs import sigmoid
from resgat.metrics.venn_abers import ValRows, doubt_interval
from resgat.types import REGIONS

#: A track that is seen in a smaller share of the frames of the longest may be no face.
MIN_SHARE = 0.25

Level = Literal["frame", "video"]


@dataclass(frozen=True)
class Judge:
    """What a detector learned on val about its own logits, at one level.

    Attributes:
        threshold_prob: P(fake) from which a face, or a video, is called fake.
        temperature: Of its logits; or None.
        val: Its logits there; or None.
    """

    threshold_prob: float
    temperature: float | None
    val: ValRows | None

    def verdict(self, logit: float) -> Verdict:
        """Judge one logit."""
        prob = float(sigmoid(np.array([logit]))[0])
        label: Literal["fake", "real"] = "fake" if prob >= self.threshold_prob else "real"
        at_temperature = low = high = in_doubt = None
        if self.temperature is not None:
            at_temperature = float(sigmoid(calibrated([logit], self.temperature))[0])
        if self.val is not None:
            low, high = map(float, doubt_interval([logit], self.val)[0])
            in_doubt = low < 0.5 if label == "fake" else high > 0.5
        return Verdict(label, prob, logit, self.threshold_prob, at_temperature, low, high, in_doubt)


def judge(facts: Mapping[str, Any], level: Level) -> Judge:
    """Return what a checkpoint's facts say of a level.

    A threshold that val could not give, because it had one class only, is one half.
    """
    threshold = facts["thresholds"][level]
    rows = (facts.get("calibration") or {}).get(level)
    val = None
    if rows is not None and len(set(rows["label"])) == 2:
        val = ValRows(np.array(rows["logit"], np.float64), np.array(rows["label"], np.int64))
    temperature = (facts.get("temperatures") or {}).get(level)
    return Judge(0.5 if threshold is None else threshold, temperature, val)


def judge_tracks(
    tracks: Sequence[Sequence[FacePrediction]], by: Judge
) -> tuple[TrackPrediction, ...]:
    """Judge each person of a file by the mean of the logits of its faces."""
    longest = max((len(faces) for faces in tracks), default=0)
    return tuple(
        TrackPrediction(
            number,
            len(faces) < MIN_SHARE * longest,
            by.verdict(math.fsum(face.logit for face in faces) / len(faces)),
            _mean_regions(faces),
            tuple(faces),
        )
        for number, faces in enumerate(tracks, start=1)
    )


def most_suspicious(tracks: Sequence[TrackPrediction]) -> TrackPrediction:
    """Return the track that decides about a file: of those that are not brief, the most fake."""
    return max(
        (track for track in tracks if not track.is_brief), key=lambda track: track.verdict.logit
    )


def most_fake(tracks: Sequence[TrackPrediction], most: int = 6) -> list[int]:
    """Return where the tracks stand that look most fake: of a crowd, a few.

    The one that decides comes first, whatever those look like that are brief and may be no face.
    """
    deciding = most_suspicious(tracks) if tracks else None

    def rank(at: int) -> tuple[bool, float]:
        return tracks[at] is not deciding, -tracks[at].verdict.logit

    return sorted(range(len(tracks)), key=rank)[:most]


def _mean_regions(faces: Sequence[FacePrediction]) -> dict[str, float] | None:
    """Average over faces, those that look fake counting more: in others little evidence lies."""
    weighed = [(face.prob, face.regions) for face in faces if face.regions is not None]
    if not weighed:
        return None
    total = math.fsum(prob for prob, _ in weighed)
    if total == 0.0:
        return dict.fromkeys(REGIONS, 0.0)
    return {
        name: math.fsum(prob * regions[name] for prob, regions in weighed) / total
        for name in REGIONS
    }
