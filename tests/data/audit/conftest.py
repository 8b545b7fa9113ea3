"""Small crops folders in the real layout, whose pictures are as different as noise can be."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from resgat.data.audit.crops import Crops, Video
from resgat.data.index import write_index
from resgat.data.schema import INDEX_SCHEMA

SIDE_PX = 64
NUM_FRAMES = 2

Rows = list[dict[str, Any]]
Pixels = NDArray[np.uint8]
MakeCrops = Callable[[Sequence[dict[str, Any]]], Crops]
MakeVideo = Callable[..., Video]


def pattern(seed: int, side_px: int = SIDE_PX) -> Pixels:
    """A picture of soft blots, another one for each seed."""
    blots = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)
    return np.asarray(
        cv2.resize(blots, (side_px, side_px), interpolation=cv2.INTER_CUBIC), np.uint8
    )


def rows_of(name: str, split: str | None, *, fake: bool = False, **changes: Any) -> Rows:
    """The rows of one video; ``name`` is its target."""
    method = "swap" if fake else "original"
    video_id = changes.get("video_id", f"toy/{method}/c0/{name}")
    return [
        {
            "crop_id": f"{video_id}/{frame}/0",
            "path": f"{video_id}/{frame:04d}.png",
            "label": int(fake),
            "dataset": "toy",
            "method": method,
            "compression": "c0",
            "video_id": video_id,
            "frame_idx": frame,
            "face_idx": 0,
            "target_id": name,
            "source_id": f"{name}_donor" if fake else None,
            "identity_group": f"toy/{name}",
            "original_video_id": f"toy/original/c0/{name}" if fake else None,
            "split": split,
            "bbox_xyxy": [0.0, 0.0, 64.0, 64.0],
            "det_prob": 0.9,
            "landmarks": None,
            "mask_path": f"{video_id}/{frame:04d}_mask.png" if fake else None,
            "crop_spec": "spec0",
            **changes,
        }
        for frame in range(NUM_FRAMES)
    ]


def sound_rows() -> Rows:
    """Real and fake videos of two persons in each split."""
    rows: Rows = []
    for split in ("train", "val", "test"):
        for number in (0, 1):
            name = f"{split}{number}"
            rows += rows_of(name, split) + rows_of(name, split, fake=True)
    return rows


def write_image(path: Path, image: Pixels) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)


def write_crops(folder: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """Write index, pictures and masks."""
    for number, row in enumerate(rows):
        write_image(folder / row["path"], pattern(number))
        if row["mask_path"]:
            write_image(folder / row["mask_path"], np.zeros((SIDE_PX, SIDE_PX), np.uint8))
    write_index(pa.Table.from_pylist(list(rows), INDEX_SCHEMA), folder)
    return folder


@pytest.fixture
def rows() -> Rows:
    """The rows of a crops folder that nothing is wrong with."""
    return sound_rows()


@pytest.fixture
def make_rows() -> Callable[..., Rows]:
    """Make the rows of one video."""
    return rows_of


@pytest.fixture
def make_crops(tmp_path: Path) -> MakeCrops:
    """Write a crops folder and open it."""

    def make(rows: Sequence[dict[str, Any]]) -> Crops:
        folder = write_crops(tmp_path / "crops", rows)
        return Crops.open(folder, folder, "make them")

    return make


@pytest.fixture
def make_video() -> MakeVideo:
    """Make what the audit knows of a video, without files."""

    def make(name: str, split: str | None, **changes: Any) -> Video:
        values = {
            "video_id": f"toy/original/c0/{name}",
            "dataset": "toy",
            "method": "original",
            "compression": "c0",
            "label": 0,
            "target_id": name,
            "source_id": None,
            "identity_group": f"toy/{name}",
            "original_video_id": None,
            "split": split,
            "num_crops": 8,
            **changes,
        }
        return Video(**values)

    return make


@pytest.fixture
def picture() -> Callable[..., Pixels]:
    """Draw a picture of its own for each seed."""
    return pattern
