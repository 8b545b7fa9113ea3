"""The faces of a video's frames: taken over from its original where the two are aligned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from resgat.data.detector import Face, FaceDetector
from resgat.data.following import FaceFollower, search_near
from resgat.data.geometry import iou
from resgat.data.video_io import Frame

#: In an aligned pair a face of the fake lies where the original's is.
ALIGNED_IOU = 0.5


@dataclass(frozen=True)
class Guide:
    """What was found in an original video, for its fakes to take over.

    Attributes:
        frame_shape: Height and width of its frames.
        faces: Frame number -> all faces found, largest first.
    """

    frame_shape: tuple[int, int]
    faces: Mapping[int, tuple[Face, ...]]


class FaceSearch:
    """Finds the faces in the frames of one video, given in order of time.

    A fake of FaceForensics++ or DFDC is aligned to its original, pixel by pixel and frame by frame.
    Taking the original's boxes halves the work, makes crops of the two comparable, and keeps the
    detector from treating real and fake faces differently. Frames of another size, or a face that
    lies elsewhere in the first frame that both have, show that the two are not aligned after all;
    then, and in frames that the original was not searched in, the detector is asked.

    Args:
        detector: Searches one image.
        guide: What was found in the original; None where there is none.

    Attributes:
        num_guided: Frames so far whose boxes were taken over.
    """

    def __init__(self, detector: FaceDetector, guide: Guide | None = None) -> None:
        self._detector = detector
        self._follower = FaceFollower(detector)
        self._guide = guide
        self._is_checked = False
        self.num_guided = 0

    @property
    def known_frames(self) -> list[int]:
        """The frames in which the original showed a face, ascending."""
        faces = {} if self._guide is None else self._guide.faces
        return sorted(idx for idx, found in faces.items() if found)

    def faces(self, frame_idx: int, frame: Frame) -> list[Face]:
        """Return the faces of the next frame, largest first."""
        known = self._guide.faces.get(frame_idx) if self._guide else None
        if not known:
            return self._follower.detect(frame)
        if not self._is_checked:
            self._is_checked = True
            if not self._is_aligned(frame, known):
                self._guide = None
                return self._follower.detect(frame)
        self.num_guided += 1
        return list(known)

    def _is_aligned(self, frame: Frame, known: tuple[Face, ...]) -> bool:
        """Tell whether a fake's frame fits its original's; a face that is not found tells nothing.

        The face is sought where it should be first, which is five times cheaper than everywhere.
        """
        if self._guide is None or self._guide.frame_shape != frame.shape[:2]:
            return False
        near = [search_near(frame, face.box_xyxy, self._detector) for face in known]
        if _overlap(known, [face for face in near if face]) >= ALIGNED_IOU:
            return True
        found = self._detector.detect(frame)
        return not found or _overlap(known, found) >= ALIGNED_IOU


def _overlap(known: Sequence[Face], found: Sequence[Face]) -> float:
    pairs = product(known, found)
    return max((iou(a.box_xyxy, b.box_xyxy) for a, b in pairs), default=0.0)
