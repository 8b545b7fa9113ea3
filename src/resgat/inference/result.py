"""What a prediction says, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from resgat.data.geometry import Box
from resgat.data.naming import as_text

#: Of the documents that :meth:`FilePrediction.to_dict` goes into.
SCHEMA = 1

Label = Literal["fake", "real"]
Status = Literal["scored", "no_face", "failed"]


@dataclass(frozen=True)
class Verdict:
    """What the detector says, and how far that can be trusted.

    Attributes:
        label: "fake" if ``prob`` is at least ``threshold_prob``.
        prob: P(fake), the sigmoid of the logit.
        logit: Of a face; of a track the mean over its faces.
        threshold_prob: As chosen on the detector's val split.
        calibrated_prob: At the temperature chosen on val; None where none could be.
        low: Lower end of the interval of doubt (Venn-Abers); None where val was not stored.
        high: Its upper end.
        is_in_doubt: Whether the interval reaches beyond one half to the other label's side; None
            without an interval.
    """

    label: Label
    prob: float
    logit: float
    threshold_prob: float
    calibrated_prob: float | None
    low: float | None
    high: float | None
    is_in_doubt: bool | None


@dataclass(frozen=True)
class FacePrediction:
    """One face of one frame.

    Attributes:
        frame_idx: Of the frame; 0 in an image.
        time_s: Of the frame; None in an image, or where the frame rate is not known.
        box_xyxy: Of the face, in frame pixels.
        det_prob: Of the face detector; None where it has none.
        logit: The detector's.
        prob: Its sigmoid, P(fake).
        regions: Region -> its share of the positive evidence, the rest lies outside of all; None
            where no evidence was asked for.
    """

    frame_idx: int
    time_s: float | None
    box_xyxy: Box
    det_prob: float | None
    logit: float
    prob: float
    regions: Mapping[str, float] | None


@dataclass(frozen=True)
class TrackPrediction:
    """One person's face, followed through a file.

    Attributes:
        track: From 1, in the order of how long they are seen.
        is_brief: Seen in less than a quarter of the frames of the first track: it may be no face,
            and does not decide about the file.
        verdict: About the track.
        regions: Mean over its faces of their regions, weighed by P(fake); or None.
        faces: In order of time.
    """

    track: int
    is_brief: bool
    verdict: Verdict
    regions: Mapping[str, float] | None
    faces: tuple[FacePrediction, ...]


@dataclass(frozen=True)
class FilePrediction:
    """One image or video.

    Attributes:
        path: The file, as it was named.
        kind: "image" or "video"; None where that could not be told.
        status: "scored"; "no_face", about which nothing can be said; or "failed".
        reason: Why there is no verdict; None where there is one.
        verdict: That of the most suspicious track that is not brief; or None.
        tracks: All people in it.
    """

    path: Path
    kind: Literal["image", "video"] | None
    status: Status
    reason: str | None
    verdict: Verdict | None
    tracks: tuple[TrackPrediction, ...]

    @property
    def num_faces(self) -> int:
        """How many faces were scored."""
        return sum(len(track.faces) for track in self.tracks)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self) | {"path": as_text(str(self.path))}
