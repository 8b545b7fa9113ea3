"""What is noted of one video when it is done or has failed: one line of the journal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from resgat.data.commit import fingerprint
from resgat.data.detector import Face
from resgat.data.encoding import crop_name, mask_name
from resgat.data.extract import Extraction
from resgat.data.geometry import Box, Points
from resgat.data.inputs import Inputs
from resgat.data.searching import Guide
from resgat.data.videos import VideoRecord

Status = Literal["done", "failed", "void"]


@dataclass(frozen=True)
class CropNote:
    """What was measured of one crop; what else the index says of it follows from its video.

    Attributes:
        bbox_xyxy: The crop's square in frame pixels.
        landmarks: Crop pixels; None where the detector has none, and the template serves.
    """

    frame_idx: int
    bbox_xyxy: Box
    det_prob: float | None
    landmarks: Points | None
    has_mask: bool


@dataclass(frozen=True)
class Entry:
    """One video's line.

    Attributes:
        inputs: What it was cut from, so that another file of the name is noticed.
        status: ``void`` takes back what earlier lines say: the video is about to be cut anew.
        reason: Why there is no crop; None if there are crops.
        is_decoded: Whether its frames could be read.
        guide: All faces of an original's frames, for fakes that are cut in a later run.
        generation: How often the video was cut anew; a later generation's line is the one that
            tells of the crops that are there.
    """

    video_id: str
    inputs: Inputs
    status: Status
    reason: str | None = None
    is_decoded: bool = False
    frames_asked: int = 0
    frames_decoded: int = 0
    frames_lost: int = 0
    frames_guided: int = 0
    crops: tuple[CropNote, ...] = ()
    guide: Guide | None = None
    generation: int = 0

    @property
    def files(self) -> str:
        """Fingerprint of the names of its crops and masks, as :func:`fingerprint` has it."""
        crops = [crop_name(note.frame_idx) for note in self.crops]
        masks = [mask_name(note.frame_idx) for note in self.crops if note.has_mask]
        return fingerprint([*crops, *masks])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    @property
    def found(self) -> str:
        """Fingerprint of ``guide``; "" where there is none."""
        if self.guide is None:
            return ""
        text = json.dumps(asdict(self.guide), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Entry:
        """Read back what :meth:`to_dict` gave and JSON stored.

        Raises:
            KeyError: A field is missing.
            TypeError: A field is of another type.
            ValueError: A field is of another form.
        """
        guide = values["guide"]
        return cls(
            **{
                **values,
                "inputs": Inputs.from_list(values["inputs"]),
                "crops": tuple(_crop_note(note) for note in values["crops"]),
                "guide": None if guide is None else _guide(guide),
            }
        )


def done(
    record: VideoRecord,
    inputs: Inputs,
    extraction: Extraction,
    *,
    keep_guide: bool,
    generation: int = 0,
) -> Entry:
    """Note a video that was read; without a face in it, it has failed.

    Args:
        record: The video.
        inputs: What it was cut from.
        extraction: What it gave.
        keep_guide: Whether fakes may want to know what was found.
        generation: How often the video was cut anew.
    """
    crops = tuple(
        CropNote(
            frame_idx=cut.frame_idx,
            bbox_xyxy=cut.placement.square,
            det_prob=cut.face.prob,
            landmarks=cut.face.landmarks and cut.placement.move(cut.face.landmarks),
            has_mask=cut.mask is not None,
        )
        for cut in extraction.cuts
    )
    num_decoded, num_lost = extraction.frames_decoded, extraction.frames_lost
    reason = None if crops else f"no face found in {num_decoded} frames"
    if not crops and num_lost:
        reason = f"{reason}, and {num_lost} cannot be decoded"
    return Entry(
        video_id=record.video_id,
        inputs=inputs,
        status="done" if crops else "failed",
        reason=reason,
        is_decoded=True,
        frames_asked=extraction.frames_asked,
        frames_decoded=num_decoded,
        frames_lost=num_lost,
        frames_guided=extraction.frames_guided,
        crops=crops,
        guide=extraction.guide if keep_guide else None,
        generation=generation,
    )


def failed(record: VideoRecord, inputs: Inputs, reason: str, generation: int = 0) -> Entry:
    """Note a video that could not be read."""
    return Entry(record.video_id, inputs, "failed", reason, generation=generation)


def void(record: VideoRecord, inputs: Inputs, generation: int) -> Entry:
    """Take back what was noted of a video, before it is cut anew."""
    return Entry(record.video_id, inputs, "void", "cut anew", generation=generation)


def _crop_note(values: Mapping[str, Any]) -> CropNote:
    points = values["landmarks"]
    landmarks = None if points is None else _points(points)
    return CropNote(**{**values, "bbox_xyxy": tuple(values["bbox_xyxy"]), "landmarks": landmarks})


def _guide(values: Mapping[str, Any]) -> Guide:
    height, width = values["frame_shape"]
    faces = {int(idx): tuple(map(_face, found)) for idx, found in values["faces"].items()}
    return Guide((height, width), faces)


def _face(values: Mapping[str, Any]) -> Face:
    left, top, right, bottom = values["box_xyxy"]
    points = values["landmarks"]
    landmarks = None if points is None else _points(points)
    return Face((left, top, right, bottom), values["prob"], landmarks)


def _points(values: Sequence[Sequence[float]]) -> Points:
    return tuple((x, y) for x, y in values)
