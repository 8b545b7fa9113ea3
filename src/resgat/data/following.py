"""Finding faces over time: in the whole frame now and then, near the known ones in between."""

from __future__ import annotations

import cv2
import numpy as np

from resgat.data.detector import Face, FaceDetector, largest_first
from resgat.data.geometry import Box, Points, iou, longer_side_px, square_box
from resgat.data.video_io import Frame

#: Every so many frames the whole frame is searched, so that a face that comes late is found.
FULL_EVERY = 8
#: Side of the square that is searched for a known face, over the longer side of its last box.
REACH = 2.0
#: That square is scaled down to this side; the face in it is then about 80 px.
NEAR_SIDE_PX = 160
#: Near a known face no smaller one is looked for than this share of its longer side.
MIN_REMAINDER = 0.5
#: A face found near a known one is the same face if the boxes overlap this much.
SAME_FACE_IOU = 0.25


class FaceFollower:
    """Detects faces in the frames of one video, given in order of time.

    The whole frame is searched in every :data:`FULL_EVERY`-th frame, and whenever a known face is
    not found near its last place. In between only the surroundings of the known faces are, which
    takes a third (YuNet) to a fifth (Haar) of the time. A face that the whole frame shows is
    searched near its place, too, so that all boxes are measured at one scale: a detector's boxes
    differ between a face of 40 px and the same face of 200 px.

    Args:
        detector: Searches one image.
    """

    def __init__(self, detector: FaceDetector) -> None:
        self._detector = detector
        self._known: list[Face] = []
        self._num_seen = 0

    def detect(self, frame: Frame) -> list[Face]:
        """Return the faces of the next frame, largest first."""
        is_due = self._num_seen % FULL_EVERY == 0
        self._num_seen += 1
        faces = [] if is_due else self._near_known(frame)
        if not faces or None in faces:
            found = self._detector.detect(frame)
            faces = [search_near(frame, face.box_xyxy, self._detector) or face for face in found]
        self._known = largest_first(face for face in faces if face)
        return self._known

    def _near_known(self, frame: Frame) -> list[Face | None]:
        """Search for each known face near its last place; None where it is lost."""
        return [search_near(frame, face.box_xyxy, self._detector) for face in self._known]


def search_near(frame: Frame, last: Box, detector: FaceDetector) -> Face | None:
    """Search the surroundings of a face's last place; None where it is not found there."""
    left, top, right, bottom = square_box(last, REACH, frame.shape)
    cut = frame[max(top, 0) : bottom, max(left, 0) : right]
    scale = min(1.0, NEAR_SIDE_PX / max(cut.shape[:2]))
    if scale < 1.0:
        size = (max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale)))
        cut = np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_AREA), np.uint8)
    offset = (max(left, 0), max(top, 0))
    min_face_px = MIN_REMAINDER * longer_side_px(last) * scale
    faces = [_moved(face, scale, offset) for face in detector.detect(cut, min_face_px)]
    best = max(faces, key=lambda face: iou(face.box_xyxy, last), default=None)
    return best if best and iou(best.box_xyxy, last) >= SAME_FACE_IOU else None


def _moved(face: Face, scale: float, offset: tuple[int, int]) -> Face:
    """Move a face from the pixels of a scaled cut-out to those of its frame."""
    x0, y0 = offset

    def move(points: Points) -> Points:
        return tuple((x / scale + x0, y / scale + y0) for x, y in points)

    left, top, right, bottom = face.box_xyxy
    (left, top), (right, bottom) = move(((left, top), (right, bottom)))
    landmarks = None if face.landmarks is None else move(face.landmarks)
    return Face((left, top, right, bottom), face.prob, landmarks)
