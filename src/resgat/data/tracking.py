"""Which of the faces in each frame is the video's: the one that stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean

from resgat.data.detector import Box, Face

#: Sampled frames may lie a second apart. A face that moved by 80 % of its side still reaches this.
MIN_IOU = 0.1


@dataclass
class _Track:
    """One face followed over time: frame position -> face."""

    faces: dict[int, Face] = field(default_factory=dict)

    @property
    def last(self) -> Face:
        return self.faces[max(self.faces)]

    @property
    def stability(self) -> tuple[int, float]:
        return len(self.faces), fmean(face.area_px for face in self.faces.values())


def choose_track(faces_per_frame: Sequence[Sequence[Face]]) -> list[Face | None]:
    """Keep in each frame the face of the most stable track, or None where it was not found.

    Faces are linked over time by overlap, best overlap first; a track may pause. The track with
    the most frames wins, then the one with the largest boxes. So a collar taken for a face in two
    frames out of ten is dropped even where it is the larger box.

    Args:
        faces_per_frame: Detections of each sampled frame, in order of time.

    Returns:
        One entry per frame.

    Example:
        >>> face, collar = Face((10, 10, 50, 50)), Face((0, 60, 70, 130))
        >>> choose_track([[face], [collar, face]]) == [face, face]
        True
    """
    tracks: list[_Track] = []
    for position, faces in enumerate(faces_per_frame):
        _extend(tracks, position, faces)
    if not tracks:
        return [None] * len(faces_per_frame)
    best = max(tracks, key=lambda track: track.stability)
    return [best.faces.get(position) for position in range(len(faces_per_frame))]


def iou(first: Box, second: Box) -> float:
    """Return the intersection over the union of two boxes.

    Example:
        >>> iou((0, 0, 2, 2), (1, 0, 3, 2))
        0.3333333333333333
    """
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (Face(first).area_px + Face(second).area_px - shared)


def _extend(tracks: list[_Track], position: int, faces: Sequence[Face]) -> None:
    """Hand each face to the track it overlaps most, one per track; the rest start tracks."""
    links = sorted(
        (-iou(track.last.box_xyxy, face.box_xyxy), t, f)
        for t, track in enumerate(tracks)
        for f, face in enumerate(faces)
    )
    open_tracks, open_faces = set(range(len(tracks))), set(range(len(faces)))
    for negative_iou, t, f in links:
        if -negative_iou >= MIN_IOU and t in open_tracks and f in open_faces:
            tracks[t].faces[position] = faces[f]
            open_tracks.remove(t)
            open_faces.remove(f)
    tracks.extend(_Track({position: faces[f]}) for f in sorted(open_faces))
