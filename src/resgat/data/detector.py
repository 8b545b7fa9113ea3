"""Face detectors: one frame in, boxes out. Any object with ``detect`` and ``spec`` will do."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.checks import check_range
from resgat.data.geometry import Box, Points, area_px
from resgat.data.video_io import Frame
from resgat.errors import CheckpointError, WeightsUnavailableError

LONGEST_SIDE_PX = 640
_YUNET_REMEDY = (
    "get face_detection_yunet_2023mar.onnx from OpenCV's model zoo, or use the Haar detector"
)
YUNET_SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"


@dataclass(frozen=True)
class Face:
    """A detected face in pixels of its frame.

    Attributes:
        box_xyxy: Left, top, right, bottom; may reach beyond the frame. From the hairline to the
            chin, whatever the detector: see :class:`FaceDetector`.
        prob: The detector's confidence in [0, 1]; None where it has none.
        landmarks: (x, y) of the eyes, nose and mouth corners, image-left first; or None.
    """

    box_xyxy: Box
    prob: float | None = None
    landmarks: Points | None = None


class FaceDetector(Protocol):
    """Finds faces; ``spec`` names the method and every setting that changes its boxes.

    The boxes of all detectors follow one convention, so that a margin means the same with each: the
    longer side of the box runs from the hairline to the chin, which is what YuNet was trained on. A
    detector that frames faces in another way converts its boxes before it returns them.
    """

    @property
    def spec(self) -> dict[str, Any]:
        """Plain values that enter the crop spec."""
        ...

    @property
    def has_landmarks(self) -> bool:
        """Whether its faces come with five landmarks."""
        ...

    def detect(self, frame: Frame, min_face_px: float = 0.0) -> list[Face]:
        """Return the faces of an RGB frame, largest first.

        Faces whose longer side is below ``min_face_px`` need not be looked for, which saves time.
        """
        ...


class HaarDetector:
    """Viola-Jones cascade ``haarcascade_frontalface_alt2``, which OpenCV brings along.

    The cascade frames faces from the brows to below the lower lip. Its squares are enlarged and
    shifted to those from the hairline to the chin, by what is the median over 260 frames of nine
    videos of FaceForensics++ and DFDC in which YuNet saw the face, too. It has neither probability
    nor landmarks, sees frontal faces only, and takes a collar for a face now and then (see
    ``choose_track``).

    Args:
        min_face_share: Smallest face, as a share of the frame's shorter side.

    Source:
        Viola and Jones 2001; cascade by R. Lienhart, in OpenCV's data folder.
    """

    SCALE_FACTOR = 1.1
    MIN_NEIGHBORS = 5
    #: Side of the square from hairline to chin, over the side of the cascade's square.
    BOX_SCALE = 1.11
    #: How far its centre lies below that of the cascade's square, in sides of the latter.
    BOX_SHIFT = 0.02
    has_landmarks = False

    def __init__(self, min_face_share: float = 0.08) -> None:
        check_range("min_face_share", min_face_share, low=0.0, high=1.0)
        self.min_face_share = float(min_face_share)
        cascades = Path(cv2.__file__).parent / "data"
        self._cascade = cv2.CascadeClassifier(str(cascades / "haarcascade_frontalface_alt2.xml"))

    def __reduce__(self) -> tuple[type[HaarDetector], tuple[float]]:
        """Let a worker process build its own cascade."""
        return HaarDetector, (self.min_face_share,)

    @property
    def spec(self) -> dict[str, Any]:
        """Cascade and settings."""
        return {
            "name": "haar_frontalface_alt2",
            "longest_side_px": LONGEST_SIDE_PX,
            "scale_factor": self.SCALE_FACTOR,
            "min_neighbors": self.MIN_NEIGHBORS,
            "min_face_share": self.min_face_share,
            "box_scale": self.BOX_SCALE,
            "box_shift": self.BOX_SHIFT,
        }

    def detect(self, frame: Frame, min_face_px: float = 0.0) -> list[Face]:
        """Return the faces of an RGB frame, largest first."""
        small, scale = _shrink(frame)
        share_px = self.min_face_share * min(small.shape[:2])
        side = max(1, round(share_px), round(min_face_px * scale / self.BOX_SCALE))
        found = self._cascade.detectMultiScale(
            cv2.cvtColor(small, cv2.COLOR_RGB2GRAY),
            scaleFactor=self.SCALE_FACTOR,
            minNeighbors=self.MIN_NEIGHBORS,
            minSize=(side, side),
        )
        rows = [self._hairline_to_chin(*row) for row in np.asarray(found).tolist()]
        return largest_first([Face(_frame_box(row, scale)) for row in rows])

    def _hairline_to_chin(self, x: float, y: float, width: float, height: float) -> list[float]:
        side = width * self.BOX_SCALE
        left = x + (width - side) / 2
        top = y + (height - side) / 2 + height * self.BOX_SHIFT
        return [left, top, side, side]


class YuNetDetector:
    """YuNet, a small network with a probability and five landmarks per face.

    Boxes run from the hairline to the chin and are narrower than they are tall. The model file is
    OpenCV's ``face_detection_yunet_2023mar.onnx``; its sum is checked, because another file would
    give other crops under the same crop spec.

    Args:
        model_path: The model file.
        min_prob: Faces below this confidence are dropped.

    Raises:
        WeightsUnavailableError: No file is given, or there is none at ``model_path``.
        CheckpointError: The file is another one than the published model.

    Source:
        Wu, Peng and Yu 2023, "YuNet: A Tiny Millisecond-level Face Detector".
    """

    MAX_OVERLAP = 0.3
    has_landmarks = True

    def __init__(self, model_path: str | Path | None, min_prob: float = 0.9) -> None:
        check_range("min_prob", min_prob, low=0.0, high=1.0)
        if model_path is None:
            msg = "detector=yunet needs its model file: set detector.model_path or RESGAT_YUNET; "
            raise WeightsUnavailableError(msg + _YUNET_REMEDY)
        self.model_path = Path(model_path)
        self.min_prob = float(min_prob)
        _check_yunet(self.model_path)
        self._net = cv2.FaceDetectorYN.create(
            str(self.model_path),
            "",
            (LONGEST_SIDE_PX, LONGEST_SIDE_PX),
            self.min_prob,
            self.MAX_OVERLAP,
        )

    def __reduce__(self) -> tuple[type[YuNetDetector], tuple[Path, float]]:
        """Let a worker process load its own network."""
        return YuNetDetector, (self.model_path, self.min_prob)

    @property
    def spec(self) -> dict[str, Any]:
        """Model sum and settings; not the path, which differs between machines."""
        return {
            "name": "yunet",
            "sha256": YUNET_SHA256,
            "longest_side_px": LONGEST_SIDE_PX,
            "min_prob": self.min_prob,
            "max_overlap": self.MAX_OVERLAP,
        }

    def detect(self, frame: Frame, min_face_px: float = 0.0) -> list[Face]:
        """Return the faces of an RGB frame, largest first."""
        small, scale = _shrink(frame)
        self._net.setInputSize((small.shape[1], small.shape[0]))
        _, found = self._net.detect(cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
        rows: list[list[float]] = [] if found is None else np.asarray(found, dtype=float).tolist()
        possible = (row for row in rows if _is_possible(row, small.shape))
        return largest_first([_yunet_face(row, scale) for row in possible])


def _is_possible(row: list[float], shape: tuple[int, ...]) -> bool:
    """Tell a face from what YuNet sees in frames of a few pixels: NaN, no bounds, no two eyes."""
    is_bounded = bool(np.abs(row).max() <= 2 * max(shape[:2]))
    return is_bounded and math.dist(row[4:6], row[6:8]) >= 1.0


def _yunet_face(row: list[float], scale: float) -> Face:
    """Read x, y, w, h, five points, confidence; the subject's right eye is the image's left one."""
    points = tuple((row[i] / scale, row[i + 1] / scale) for i in range(4, 14, 2))
    return Face(_frame_box(row[:4], scale), min(max(row[14], 0.0), 1.0), points)


def _check_yunet(path: Path) -> None:
    if not path.is_file():
        msg = f"YuNet model {path}: no such file; {_YUNET_REMEDY}"
        raise WeightsUnavailableError(msg)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != YUNET_SHA256:
        msg = f"YuNet model {path}: expected SHA-256 {YUNET_SHA256}, got {found}; {_YUNET_REMEDY}"
        raise CheckpointError(msg)


def _shrink(frame: Frame) -> tuple[NDArray[Any], float]:
    """Scale the longest side down to 640 px, never up; return the image and the factor."""
    scale = min(1.0, LONGEST_SIDE_PX / max(frame.shape[:2]))
    if scale == 1.0:
        return frame, scale
    size = (max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale)))
    return cv2.resize(frame, size, interpolation=cv2.INTER_AREA), scale


def _frame_box(xywh: list[float], scale: float) -> Box:
    x, y, width, height = xywh
    return (x / scale, y / scale, (x + width) / scale, (y + height) / scale)


def largest_first(faces: Iterable[Face]) -> list[Face]:
    """Sort faces by size, and so fix an order that OpenCV's threads leave open."""
    return sorted(faces, key=lambda face: (-area_px(face.box_xyxy), face.box_xyxy))
