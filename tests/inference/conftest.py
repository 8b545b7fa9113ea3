"""Videos that a fixed detector sees faces in, and a net whose logit is known by hand."""

import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from resgat.data.cropping import CropSpec
from resgat.data.detector import Face
from resgat.inference.cutting import FaceCutter
from tests.data.detectors import FixedDetector

LEFT, RIGHT = Face((4, 10, 24, 34), 0.9), Face((36, 8, 62, 36), 0.8)


@pytest.fixture
def write_video(tmp_path: Path) -> Callable[..., Path]:
    """Write grey frames of 64 x 48 px, lossless, at 10 frames a second."""

    def write(name: str, levels: list[int]) -> Path:
        path = tmp_path / name
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), 10.0, (64, 48))
        for level in levels:
            writer.write(np.full((48, 64, 3), level, np.uint8))
        writer.release()
        return path

    return write


@pytest.fixture
def write_image(tmp_path: Path) -> Callable[..., Path]:
    """Write a grey image."""

    def write(name: str, level: int, shape: tuple[int, int] = (48, 64)) -> Path:
        path = tmp_path / name
        cv2.imwrite(str(path), np.full((*shape, 3), level, np.uint8))
        return path

    return write


@pytest.fixture
def rng() -> np.random.Generator:
    """Random numbers that are the same in every run."""
    return np.random.default_rng(0)


@pytest.fixture
def cutter() -> FaceCutter:
    """Sees the face on the right, which is larger, and the one on the left, in every frame."""
    spec = CropSpec(16, 1.3, {"name": "fixed"}, frames_per_video=4)
    return FaceCutter(spec, FixedDetector((RIGHT, LEFT)))
