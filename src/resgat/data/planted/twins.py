"""From a genuine face to the crops of one pair, which differ where evidence was planted only."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.data.cropping import Pixels
from resgat.data.planted.decoys import draw_decoy
from resgat.data.planted.operators import Image, alter
from resgat.data.planted.plan import Plant, Unit
from resgat.data.planted.regions import Masks, Shape, plant_masks
from resgat.data.planted.subject import Subject
from resgat.data.planted.watermark import put_watermark
from resgat.types import FAKE, REAL, REGIONS

Mask = NDArray[np.bool_]

_FEATHER = 0.03  # of the crop's side
_PATCH_MARGIN_PX = 8
_QUALITIES = (85, 96)
_GRAIN = 1.0  # grey levels


@dataclass(frozen=True)
class Crop:
    """One crop of a pair.

    Attributes:
        suffix: Told apart by this from the pair's other crops of its label.
        label: 1 = fake.
        image: (S, S, 3)
        twin: Which of the pair's crops is its twin.
        marked: Whether it bears the watermark.
        decoyed: Whether it has the pair's decoy.
        other: Which is the same without the watermark, or with it; None where neither exists.
    """

    suffix: str
    label: int
    image: Pixels
    twin: int
    marked: bool = False
    decoyed: bool = False
    other: int | None = None


@dataclass(frozen=True)
class Pair:
    """The crops of one pair, and what is true of them.

    Shape:
        mask: (S, S), the pixels of all plants; None where nothing is planted
        mask_2: (S, S), those of the second plant; None where there is none
        decoy_mask: (S, S); None without a decoy
    """

    crops: tuple[Crop, ...]
    mask: Mask | None
    mask_2: Mask | None
    decoy_mask: Mask | None


def make_pair(unit: Unit, subject: Subject, rng: np.random.Generator, shape: Shape) -> Pair:
    """Make the crops of one pair.

    Both twins are the genuine face, with or without a decoy, blended with itself or with altered
    patches, and then pass one JPEG round trip and one grain. The fake takes its pixels from its own
    round trip inside the mask and from its twin's outside: not even JPEG carries the difference
    out of the mask.

    Args:
        unit: What to make.
        subject: The genuine face.
        rng: Decides all details.
        shape: See :data:`~resgat.data.planted.regions.SHAPES`.
    """
    masks = plant_masks(subject.landmarks, subject.image.shape[0], shape)
    plants = [masks[REGIONS.index(plant.region)] for plant in unit.plants]
    mask = np.any([np.zeros_like(masks[0]), *plants], axis=0)
    face, decoy_mask = _with_decoy(unit, subject, masks, mask, rng)
    finish = _Finish.sample(subject.image.shape, rng)
    if not plants:
        return _without_plant(finish(subject.image), finish(face), decoy_mask)
    forged = face
    for plant, where in zip(unit.plants, plants, strict=True):
        forged = _planted(forged, subject.donor, plant, where, rng)
    real = finish(face)
    fake = np.where(mask[..., None], finish(forged), real)
    crops = _four(fake, real) if unit.track == "E" else _two(fake, real, unit)
    return Pair(crops, mask, plants[1] if len(plants) > 1 else None, decoy_mask)


@dataclass(frozen=True)
class _Finish:
    """What every crop of a pair passes last: one JPEG round trip, then one grain."""

    quality: int
    grain: NDArray[np.int16]

    @classmethod
    def sample(cls, shape: tuple[int, ...], rng: np.random.Generator) -> _Finish:
        grain = np.rint(rng.normal(0, _GRAIN, shape)).astype(np.int16)
        return cls(int(rng.integers(*_QUALITIES)), grain)

    def __call__(self, image: Image) -> Pixels:
        pixels = np.clip(np.rint(image[..., ::-1]), 0, 255).astype(np.uint8)
        coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, self.quality])[1]
        decoded = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.int16)
        return np.asarray(np.clip(decoded[..., ::-1] + self.grain, 0, 255), np.uint8)


def _with_decoy(
    unit: Unit, subject: Subject, masks: Masks, spared: Mask, rng: np.random.Generator
) -> tuple[Image, Mask | None]:
    if unit.decoy is None:
        return subject.image, None
    regions = dict(zip(REGIONS, masks, strict=True))
    return draw_decoy(subject.image, unit.decoy, regions, subject.landmarks, rng, spared=spared)


def _planted(
    face: Image, donor: Image, plant: Plant, mask: Mask, rng: np.random.Generator
) -> Image:
    """Blend one altered patch into a face; the feather lies inside the mask."""
    rows, cols = _surroundings(mask)
    patch = face[rows, cols]
    altered = alter(plant.operator, patch, donor[rows, cols], plant.strength, rng)
    share = _feathered(mask)[rows, cols, None]
    result = face.copy()
    result[rows, cols] = patch + share * (altered - patch)
    return result


def _surroundings(mask: Mask) -> tuple[slice, slice]:
    rows, cols = np.nonzero(mask)
    return _span(rows), _span(cols)


def _span(places: NDArray[np.int64]) -> slice:
    return slice(
        max(0, int(places.min()) - _PATCH_MARGIN_PX), int(places.max()) + 1 + _PATCH_MARGIN_PX
    )


def _feathered(mask: Mask) -> NDArray[np.float32]:
    """Return 0 outside, and inside a share that grows with the distance to the edge, up to 1."""
    depth_px = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(np.minimum(depth_px / (1 + _FEATHER * len(mask)), 1), np.float32)


def _two(fake: Pixels, real: Pixels, unit: Unit) -> tuple[Crop, ...]:
    decoyed = unit.decoy is not None
    crops = zip((FAKE, REAL), (fake, real), (1, 0), unit.marked, strict=True)
    return tuple(
        Crop("", label, put_watermark(image) if marked else image, twin, marked, decoyed)
        for label, image, twin, marked in crops
    )


def _four(fake: Pixels, real: Pixels) -> tuple[Crop, ...]:
    return (
        Crop("", FAKE, fake, 1, other=2),
        Crop("", REAL, real, 0, other=3),
        Crop("w", FAKE, put_watermark(fake), 3, marked=True, other=0),
        Crop("w", REAL, put_watermark(real), 2, marked=True, other=1),
    )


def _without_plant(plain: Pixels, decoyed: Pixels, decoy_mask: Mask | None) -> Pair:
    """Two reals that differ inside the decoy only."""
    inside = np.zeros(plain.shape[:2], np.bool_) if decoy_mask is None else decoy_mask
    second = np.where(inside[..., None], decoyed, plain)
    crops = (Crop("", REAL, plain, 1), Crop("d", REAL, second, 0, decoyed=True))
    return Pair(crops, None, None, decoy_mask)
