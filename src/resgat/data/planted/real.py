"""The real crops of a preprocessed corpus as a source of genuine faces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from resgat.data.alignment import AlignedPlacement
from resgat.data.index import CropIndex
from resgat.data.planted.placing import jittered, moved, nearest_pose
from resgat.data.planted.regions import Landmarks, left_first
from resgat.data.planted.subject import Subject
from resgat.data.schema import SPLITS
from resgat.errors import IndexSchemaError, SplitError
from resgat.types import REAL

Positions = NDArray[np.int64]

#: A face whose eyes are nearer than this has no regions worth the name.
_MIN_EYE_DIST_PX = 4.0


@dataclass(frozen=True)
class RealCrops:
    """Real crops with landmarks; splits and identity groups are those of their corpus.

    A split with fewer crops than pairs shows each several times, in another pose each time.

    Args:
        folder: The crops folder.
        size_px: Side of the crops to be made.
        faces: The crops of each split, in the order of use.
        donors: For each of them, one of another identity group of the same split; where the split
            has one group only, another crop of it.
    """

    folder: str
    size_px: int
    faces: Mapping[str, Positions]
    donors: Mapping[str, Positions]

    def subject(self, split: str, number: int, rng: np.random.Generator) -> Subject:
        """Move one crop at random, and bring its donor to the same pose.

        Raises:
            CropReadError: A crop cannot be read.
        """
        index, step = _opened(self.folder), number % len(self.faces[split])
        face, donor = (int(of[split][step]) for of in (self.faces, self.donors))
        row, image = index.row(face), index.read_image(face)
        placement = jittered(_landmarks(row), len(image), self.size_px, rng)
        points = moved(_landmarks(row), placement)
        donor_row = index.row(donor)
        pose = nearest_pose(_landmarks(donor_row), points, self.size_px)
        return Subject(
            image=placement.cut(image).astype(np.float32),
            donor=pose.cut(index.read_image(donor)).astype(np.float32),
            landmarks=points,
            target_id=row["target_id"],
            donor_id=donor_row["target_id"],
            identity_group=row["identity_group"],
            bbox_xyxy=_in_frame(placement, row["bbox_xyxy"], len(image)),
        )


def find_real_crops(folder: str, size_px: int, seed: int) -> RealCrops:
    """Look for real crops with landmarks in all three splits of a crops folder.

    Args:
        folder: Holds ``index.parquet``.
        size_px: Side of the crops to be made.
        seed: Decides the order of use.

    Raises:
        DatasetNotFoundError: There is no index.
        IndexSchemaError: The index breaks its contract, or no real crop has landmarks.
        SplitError: A split has fewer than two such crops.
    """
    index = CropIndex.read(folder)
    usable = _usable(index, folder)
    splits = np.array(index.column("split").to_pylist(), dtype=object)
    groups = np.array(index.column("identity_group").to_pylist(), dtype=object)
    faces: dict[str, Positions] = {}
    donors: dict[str, Positions] = {}
    for place, split in enumerate(SPLITS):
        found = np.flatnonzero(usable & (splits == split))
        _check_enough(folder, split, len(found))
        faces[split] = np.random.default_rng((seed, place)).permutation(found)
        donors[split] = _others(faces[split], groups)
    return RealCrops(folder, size_px, faces, donors)


def _usable(index: CropIndex, folder: str) -> NDArray[np.bool_]:
    real = index.labels == REAL
    column = index.column("landmarks")
    points = np.full((len(index), 10), np.nan, np.float32)
    has_points = pc.is_valid(column).to_numpy()
    points[has_points] = np.array(column.drop_null().to_pylist(), np.float32).reshape(-1, 10)
    eyes = np.hypot(points[:, 2] - points[:, 0], points[:, 3] - points[:, 1])
    usable = np.isfinite(points).all(1) & (eyes >= _MIN_EYE_DIST_PX) & real
    if not usable.any():
        msg = (
            f"source: none of the {int(real.sum())} real crops in {folder} has landmarks; "
            "preprocess them with a detector that finds landmarks (detector=yunet), or take "
            "source=drawn"
        )
        raise IndexSchemaError(msg)
    return np.asarray(usable, np.bool_)


def _check_enough(folder: str, split: str, found: int) -> None:
    if found < 2:
        msg = (
            f"source: {folder} has {found} real crop(s) with landmarks in split {split!r}, "
            "expected at least 2: a face and a donor; preprocess more videos of that split"
        )
        raise SplitError(msg)


def _others(faces: Positions, groups: NDArray[Any]) -> Positions:
    """Return for each face the next one of another group; the next one where there is no other."""
    own = groups[faces]
    if (own == own[0]).all():
        return np.roll(faces, -1)
    steps = np.arange(len(faces))
    donors = (steps + 1) % len(faces)
    while (same := own[donors] == own[steps]).any():
        donors[same] = (donors[same] + 1) % len(faces)
    return faces[donors]


@lru_cache(maxsize=1)
def _opened(folder: str) -> CropIndex:
    """Open the index once in each process."""
    return CropIndex.read(folder)


def _landmarks(row: Mapping[str, Any]) -> Landmarks:
    return left_first(np.asarray(row["landmarks"], np.float32).reshape(5, 2))


def _in_frame(
    placement: AlignedPlacement, bbox_xyxy: list[float], side_px: int
) -> tuple[float, float, float, float]:
    """Return the square that a moved crop shows, in the pixels of the frame."""
    left, top, right, _ = bbox_xyxy
    scale = (right - left) / side_px
    near_x, near_y, far_x, far_y = placement.square
    return (
        left + scale * near_x,
        top + scale * near_y,
        left + scale * far_x,
        top + scale * far_y,
    )
