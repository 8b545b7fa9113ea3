"""Faces followed over time; the video's is the manipulated one, else the one that stays."""

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
    """Keep in each frame the face of the first of :func:`ranked_tracks`, or None where it is not.

    Returns:
        One entry per frame.

    Example:
        >>> face, collar = Face((10, 10, 50, 50)), Face((0, 60, 70, 130))
        >>> choose_track([[face], [collar, face]], lambda face: face) == [face, face]
        True
    """
    tracks = ranked_tracks(items_per_frame, face_of, mask_share_of)
    return tracks[0] if tracks else [None] * len(items_per_frame)


def ranked_tracks(
    items_per_frame: Sequence[Sequence[Item]],
    face_of: Callable[[Item], Face],
    mask_share_of: Callable[[Item], float] = lambda _: 0.0,
) -> list[list[Item | None]]:
    """Follow every face over the frames, the one that is the video's first.

    Faces are linked over time by overlap, best overlap first; a track may pause. The track that
    holds most of the manipulated pixels comes first; without masks the one with the most frames,
    then the one with the largest boxes. So a collar taken for a face in two frames out of ten comes
    later even where it is the larger box.

    Args:
        items_per_frame: What was found in each sampled frame, in order of time.
        face_of: The face of an item.
        mask_share_of: The share of the frame's manipulated pixels inside an item's face.

    Returns:
        For each track one entry per frame, None where the face was not found.
    """

    def rank(track: Track) -> tuple[float, int, float]:
        items = [items_per_frame[position][place] for position, place in track.items()]
        areas = [area_px(face_of(item).box_xyxy) for item in items]
        return sum(map(mask_share_of, items)), len(items), fmean(areas)

    tracks = link([[face_of(item) for item in items] for items in items_per_frame])
    return [
        [
            items[track[position]] if position in track else None
            for position, items in enumerate(items_per_frame)
        ]
        for track in sorted(tracks, key=rank, reverse=True)
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
