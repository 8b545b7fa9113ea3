"""From crops on disk to what explainers and metrics see."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resgat.data.difference import difference_mask
from resgat.data.images import decode_mask
from resgat.data.index import CropIndex
from resgat.data.transforms import Augment, eval_transform
from resgat.data.truth import load_landmarks, load_mask, resize_mask
from resgat.explain.faces import Faces
from resgat.explain.metrics.truth import Truth
from resgat.explain.regions import region_masks
from resgat.measuring.subjects import ALL, Subjects


class Loaded(NamedTuple):
    """A batch of subjects."""

    faces: Faces
    truth: Truth


class FaceLoader:
    """Loads subjects as the detector saw crops in its evaluation, and what is true of them.

    Args:
        size_px: Side of the detector's input.
        seed: With a crop's id, decides what methods draw at random for it.
        differences: Where a fake of another corpus than the planted one has an aligned original and
            no mask, take what differs; see :func:`resgat.data.difference.difference_mask`.
    """

    def __init__(self, size_px: int, seed: int, *, differences: bool = False) -> None:
        self._size_px = size_px
        self._differences = differences
        self._seed = seed
        self._transform: Augment = eval_transform(size_px, normalise="none")

    def load(self, subjects: Subjects) -> Loaded:
        """Load subjects; a twin is there only if all of them have one.

        Raises:
            CropReadError: A crop or a mask cannot be read.
        """
        index, positions = subjects.index, subjects.position.tolist()
        pixels = torch.stack([self.pixels(index, position) for position in positions])
        twin = self._twins(subjects)
        mask = self._masks(subjects, pixels, twin)
        decoy = self._paths(subjects, subjects.decoy_mask)
        seeds = [self._seed_of(index.value("crop_id", position)) for position in positions]
        groups = [index.value("identity_group", position) for position in positions]
        known, decoyed = bool((subjects.region >= 0).any()), bool((subjects.decoy >= 0).any())
        return Loaded(
            Faces(
                pixels,
                torch.stack([self._regions(index, position) for position in positions]),
                torch.tensor(seeds, dtype=torch.int64),
                mask,
                twin,
            ),
            Truth(
                groups,
                mask,
                torch.from_numpy(subjects.region) if known else None,
                torch.from_numpy(subjects.second) if known else None,
                decoy,
                torch.from_numpy(subjects.decoy) if decoyed else None,
            ),
        )

    def pixels(self, index: CropIndex, position: int) -> Tensor:
        """Load one crop, (3, size_px, size_px) in [0, 1]."""
        return self._transform(index.read_image(position), 0)

    def _regions(self, index: CropIndex, position: int) -> Tensor:
        points = load_landmarks(index, position, self._size_px)
        return region_masks(None if points is None else torch.from_numpy(points), self._size_px)

    def _twins(self, subjects: Subjects) -> Tensor | None:
        if (subjects.twin < 0).any():
            return None
        positions = subjects.twin.tolist()
        return torch.stack([self.pixels(subjects.index, position) for position in positions])

    def _masks(self, subjects: Subjects, pixels: Tensor, twin: Tensor | None) -> Tensor | None:
        """Return the altered pixels; of a crop that has no mask but a mark, those of the mark."""
        pairs = zip(subjects.position.tolist(), subjects.twin.tolist(), subjects.track, strict=True)
        found = [self._mask(subjects.index, *pair) for pair in pairs]
        planes = []
        for place, mask in enumerate(found):
            if mask is None and twin is not None and subjects.track[place] == "E":
                planes.append((pixels[place] != twin[place]).any(0))
            else:
                planes.append(self._plane(mask))
        stacked = torch.stack(planes)
        return stacked if bool(stacked.any()) else None

    def _mask(
        self, index: CropIndex, position: int, twin: int, track: str
    ) -> NDArray[np.bool_] | None:
        mask = load_mask(index, position, self._size_px)
        if mask is not None or not self._differences or twin < 0 or track != ALL:
            return mask
        differs = difference_mask(index.read_image(position), index.read_image(twin))
        return resize_mask(differs, self._size_px)

    def _paths(self, subjects: Subjects, paths: tuple[str | None, ...]) -> Tensor | None:
        if not any(paths):
            return None
        store = subjects.index.store
        found = [
            None
            if path is None
            else resize_mask(decode_mask(store.read(path), store.name(path)), self._size_px)
            for path in paths
        ]
        return torch.stack([self._plane(mask) for mask in found])

    def _plane(self, mask: NDArray[np.bool_] | None) -> Tensor:
        if mask is None:
            return torch.zeros(self._size_px, self._size_px, dtype=torch.bool)
        return torch.from_numpy(mask)

    def _seed_of(self, crop_id: str) -> int:
        digest = hashlib.sha256(f"{self._seed}/{crop_id}".encode()).digest()
        return int.from_bytes(digest[:6], "big")
