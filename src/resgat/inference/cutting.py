"""One file -> the faces in it, cut as those were that the detector was trained on.

Nothing here imports torch, so that worker processes start at once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import cv2
import numpy as np

from resgat.data.cropping import CropSpec, Pixels
from resgat.data.detector import Face, FaceDetector
from resgat.data.encoding import encode_crop
from resgat.data.extract import Cut, extract_all
from resgat.data.geometry import Box, Points, Square
from resgat.data.layout.media import is_image, is_video
from resgat.data.sampling import choose_frames
from resgat.data.sources import FrameSource, open_source
from resgat.data.video_io import Frame, VideoEndsEarlyError, frames_per_s
from resgat.data.videos import VideoRecord
from resgat.errors import VideoReadError
from resgat.types import REAL

Kind = Literal["image", "video"]


@dataclass(frozen=True, eq=False)
class FaceCut:
    """One face of one frame.

    Attributes:
        frame_idx: Of the frame, 0 for an image.
        box_xyxy: Of the face, in frame pixels.
        square_xyxy: Of the crop, in frame pixels.
        det_prob: Of the face detector; None where it has none.
        landmarks: In crop pixels; or None.
        crop: (S, S, 3) uint8 RGB.
    """

    frame_idx: int
    box_xyxy: Box
    square_xyxy: Square
    det_prob: float | None
    landmarks: Points | None
    crop: Pixels


@dataclass(frozen=True, eq=False)
class FileCut:
    """The faces of a file.

    Attributes:
        path: The file.
        kind: What it is.
        frames_per_s: Of a video whose container says so.
        tracks: For each person that was followed, the cuts in order of time; the first is the
            one that preprocessing would have taken. Empty where no face was found.
        decode_s: Seconds spent on reading frames and cutting.
        detect_s: Seconds spent on finding faces.
    """

    path: Path
    kind: Kind
    frames_per_s: float | None
    tracks: tuple[tuple[FaceCut, ...], ...]
    decode_s: float
    detect_s: float


class Cutter(Protocol):
    """Cuts the faces out of a file; pickled for worker processes."""

    def cut(self, path: Path) -> FileCut:
        """Cut one file.

        Raises:
            VideoReadError: It is missing, broken, or neither an image nor a video.
        """
        ...


@dataclass(frozen=True)
class FaceCutter:
    """Finds faces and cuts them as preprocessing does.

    Args:
        spec: How to cut.
        detector: The one that ``spec`` names.
    """

    spec: CropSpec
    detector: FaceDetector

    def cut(self, path: Path) -> FileCut:
        """Cut one file."""
        kind = kind_of(path)
        clocked = _Clocked(self.detector)
        start = time.perf_counter()
        tracks = extract_all(_record(path, kind), self.spec, clocked)
        faces = tuple(tuple(self._face(cut) for cut in track) for track in tracks)
        whole_s = time.perf_counter() - start
        return FileCut(path, kind, _rate(path, kind), faces, whole_s - clocked.s, clocked.s)

    def _face(self, cut: Cut) -> FaceCut:
        face, placement = cut.face, cut.placement
        return FaceCut(
            cut.frame_idx,
            face.box_xyxy,
            placement.square,
            face.prob,
            None if face.landmarks is None else placement.move(face.landmarks),
            _as_stored(cut.crop, self.spec),
        )


@dataclass(frozen=True)
class WholeFrameCutter:
    """Takes the largest centred square of every frame as it is, for what is a face crop already.

    Args:
        frames_per_video: Frames taken of a video, spread evenly; None takes all.
    """

    frames_per_video: int | None

    def cut(self, path: Path) -> FileCut:
        """Cut one file."""
        kind = kind_of(path)
        start = time.perf_counter()
        source = open_source(_record(path, kind))
        try:
            faces = self._faces(source, source.count())
        except VideoEndsEarlyError as error:
            faces = self._faces(source, error.num_decoded)
        seconds = time.perf_counter() - start
        return FileCut(path, kind, _rate(path, kind), (faces,), seconds, 0.0)

    def _faces(self, source: FrameSource, num_frames: int) -> tuple[FaceCut, ...]:
        wanted = choose_frames(num_frames, self.frames_per_video).tolist()
        return tuple(_whole(idx, frame) for idx, frame in source.read(wanted))


def cut_or_reason(cutter: Cutter, path: Path) -> FileCut | str:
    """Cut one file; of one that cannot be read, say why."""
    try:
        return cutter.cut(path)
    except VideoReadError as error:
        return str(error).removeprefix(f"{path}: ")
    except cv2.error as error:
        return f"OpenCV fails on it: {str(error.err or error).strip()}"
    except MemoryError:
        return "it takes more memory than there is"


def _whole(idx: int, frame: Frame) -> FaceCut:
    height, width = frame.shape[:2]
    side = min(height, width)
    left, top = (width - side) // 2, (height - side) // 2
    square = (left, top, left + side, top + side)
    crop = np.ascontiguousarray(frame[top : top + side, left : left + side])
    return FaceCut(idx, square, square, None, None, crop)


def kind_of(path: Path) -> Kind:
    """Tell an image from a video by its ending.

    Raises:
        VideoReadError: The file is missing, a folder, or has another ending.
    """
    try:
        exists = path.exists()
    except OSError as error:  # such as a name that is too long for one
        msg = f"{path}: cannot be read ({error.strerror})"
        raise VideoReadError(msg) from error
    if not exists:
        msg = f"{path}: no such file"
        raise VideoReadError(msg)
    if not path.is_file():
        msg = f"{path}: expected a file, got a folder"
        raise VideoReadError(msg)
    if is_image(path):
        return "image"
    if is_video(path):
        return "video"
    msg = f"{path}: neither an image nor a video by its ending {path.suffix!r}"
    raise VideoReadError(msg)


def _record(path: Path, kind: Kind) -> VideoRecord:
    """Describe a file of which nothing is known."""
    return VideoRecord(
        path=path,
        label=REAL,  # decides nothing without a mask
        dataset="input",
        method="unknown",
        compression="as_given",
        name=path.stem,
        target_id=None,
        source_id=None,
        identity_group=path.stem,
        original_video_id=None,
        split=None,
        frames=(path,) if kind == "image" else (),
    )


def _as_stored(crop: Pixels, spec: CropSpec) -> Pixels:
    """Return a crop as training read it back: PNG loses nothing, the other formats do."""
    if spec.image_format == "png":
        return crop
    data = np.frombuffer(encode_crop(crop, spec), np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)


def _rate(path: Path, kind: Kind) -> float | None:
    return frames_per_s(path) if kind == "video" else None


class _Clocked:
    """A face detector under a stopwatch."""

    def __init__(self, detector: FaceDetector) -> None:
        self._detector = detector
        self.spec, self.has_landmarks = detector.spec, detector.has_landmarks
        self.s = 0.0

    def detect(self, frame: Frame, min_face_px: float = 0.0) -> list[Face]:
        start = time.perf_counter()
        try:
            return self._detector.detect(frame, min_face_px)
        finally:
            self.s += time.perf_counter() - start
