"""Detectors that know what they see; importable, so that a worker process can load them."""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from resgat.data.detector import Face
from resgat.data.video_io import Frame

#: Frame i of a grey video has this times i, so that a decoded frame tells its number.
GREY_STEP = 12


@dataclass
class FixedDetector:
    """Sees the same faces in every whole frame, and none in a part of one."""

    faces: tuple[Face, ...]
    shape: tuple[int, int] = (48, 64)
    has_landmarks: bool = True

    @property
    def spec(self) -> dict[str, Any]:
        return {"name": "fixed"}

    def detect(self, frame: Frame, min_face_px: float = 0.0) -> list[Face]:
        return list(self.faces) if frame.shape[:2] == self.shape else []


class OddDetector(FixedDetector):
    """Sees its faces in the odd frames of a grey video."""

    def detect(self, frame: Frame, min_face_px: float = 0.0) -> list[Face]:
        return super().detect(frame) if round(float(frame.mean()) / GREY_STEP) % 2 else []


class TroubleDetector(FixedDetector):
    """Ends its process at a red frame, as a crash in native code would, and hangs at a blue one."""

    def detect(self, frame: Frame, min_face_px: float = 0.0) -> list[Face]:
        red, green, blue = frame.reshape(-1, 3).mean(0)
        if red > green + 60:
            os._exit(1)
        if blue > green + 60:
            time.sleep(600)
        return super().detect(frame)


class DyingOnce(FixedDetector):
    """Ends its process at the very first frame, and leaves a file that keeps it from doing so."""

    def __init__(self, marker: str, *faces: Face) -> None:
        super().__init__(faces)
        self._marker = Path(marker)

    def detect(self, frame: Frame, min_face_px: float = 0.0) -> list[Face]:
        if not self._marker.exists():
            self._marker.touch()
            os._exit(1)
        return super().detect(frame)


class TellingDetector(FixedDetector):
    """Writes into a named pipe when it sees a white frame."""

    def __init__(self, pipe: str, *faces: Face) -> None:
        super().__init__(faces)
        self._pipe = Path(pipe)

    def detect(self, frame: Frame, min_face_px: float = 0.0) -> list[Face]:
        if frame.mean() > 200:
            self._pipe.write_bytes(b"white")
        return super().detect(frame)


@dataclass
class SpotDetector:
    """Takes what is brighter than 128 for a face, and notes the sizes of the images it saw."""

    has_landmarks: bool = False
    seen: Counter[tuple[int, int]] = field(default_factory=Counter)

    @property
    def spec(self) -> dict[str, Any]:
        return {"name": "spot"}

    def detect(self, frame: Frame, min_face_px: float = 0.0) -> list[Face]:
        self.seen[frame.shape[:2]] += 1
        rows, columns = np.nonzero(frame[..., 0] > 128)
        if not len(rows):
            return []
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        left, top, right, bottom = map(float, box)
        return [Face((left, top, right, bottom))]
