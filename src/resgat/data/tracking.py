"""Which of the faces in each frame is the video's: the manipulated one, else the one that stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import TypeVar

from resgat.data.detector import Face
from resgat.data.geometry import area_px, iou

#: Sampled frames may lie a second apart. A face that moved by 80 % of its side still reaches this.
MIN_IOU = 0.1

#: One face followed over time: position of the frame -> the face's position in that frame.
Track = dict[int, int]

Item = TypeVar("Item")


def choose_track(
    items_per_frame: Sequence[Sequence[Item]],
    face_of: Callable[[Item], Face],
    mask_share_of: Callable[[Item], float] = lambda _: 0.0,
) -> list[Item | None]:
    """Keep in each frame the face of one track, or None where it was not found.

    Faces are linked over time by overlap, best overlap first; a track may pause. The track that
    holds most of the manipulated pixels wins; without masks the one with the most frames, then the
    one with the largest boxes. So a collar taken for a face in two frames out of ten is dropped
    even where it is the larger box.

    Args:
        items_per_frame: What was found in each sampled frame, in order of time.
        face_of: The face of an item.
        mask_share_of: The share of the frame's manipulated pixels inside an item's face.

    Returns:
        One entry per frame.

    Example:
        >>> face, collar = Face((10, 10, 50, 50)), Face((0, 60, 70, 130))
        >>> choose_track([[face], [collar, face]], lambda face: face) == [face, face]
        True
    """
    tracks = link([[face_of(item) for item in items] for items in items_per_frame])
    if not tracks:
        return [None] * len(items_per_frame)

    def rank(track: Track) -> tuple[float, int, float]:
        items = [items_per_frame[position][place] for position, place in track.items()]
        areas = [area_px(face_of(item).box_xyxy) for item in items]
        return sum(map(mask_share_of, items)), len(items), fmean(areas)

    best = max(tracks, key=rank)
    return [
        items[best[position]] if position in best else None
        for position, items in enumerate(items_per_frame)
    ]


def link(faces_per_frame: Sequence[Sequence[Face]]) -> list[Track]:
    """Follow every face over the frames; each belongs to one track."""
    tracks: list[Track] = []
    last: list[Face] = []
    for position, faces in enumerate(faces_per_frame):
        for track, place in _matches(last, faces):
            tracks[track][position] = place
            last[track] = faces[place]
        taken = {track[position] for track in tracks if position in track}
        for place in (place for place in range(len(faces)) if place not in taken):
            tracks.append({position: place})
            last.append(faces[place])
    return tracks


def _matches(last: Sequence[Face], faces: Sequence[Face]) -> list[tuple[int, int]]:
    """Pair the tracks' last faces with a frame's, largest overlap first, each once."""
    links = sorted(
        (-iou(known.box_xyxy, face.box_xyxy), track, place)
        for track, known in enumerate(last)
        for place, face in enumerate(faces)
    )
    matches: dict[int, int] = {}
    for negative_iou, track, place in links:
        if -negative_iou >= MIN_IOU and track not in matches and place not in matches.values():
            matches[track] = place
    return sorted(matches.items())
