"""Decoys: seen, in their place, and no trace of a forgery."""

import cv2
import numpy as np
import pytest

from resgat.data.planted.decoys import DECOYS, Decoy, draw_decoy, kinds_in
from resgat.data.planted.operators import Image
from resgat.data.planted.regions import plant_masks
from resgat.data.planted.subject import Subject
from resgat.types import REGIONS

CASES = [(kind, region) for region in REGIONS for kind in kinds_in(region)]
NOTHING = np.zeros((112, 112), np.bool_)


def drawn(
    subject: Subject, kind: str, region: str, spared: np.ndarray = NOTHING
) -> tuple[Image, np.ndarray]:
    regions = dict(zip(REGIONS, plant_masks(subject.landmarks, 112), strict=True))
    return draw_decoy(
        subject.image,
        Decoy(kind, region),
        regions,
        subject.landmarks,
        np.random.default_rng(0),
        spared=spared,
    )


def test_every_kind_is_used() -> None:
    assert {kind for kind, _ in CASES} == set(DECOYS)


@pytest.mark.parametrize(("kind", "region"), CASES)
def test_a_decoy_changes_its_mask_and_nothing_else(
    kind: str, region: str, subject: Subject
) -> None:
    image, mask = drawn(subject, kind, region)
    assert np.array_equal(image[~mask], subject.image[~mask])
    assert np.abs(image - subject.image)[mask].mean() > 5
    assert 0.001 < mask.mean() < 0.05


@pytest.mark.parametrize(("kind", "region"), CASES)
def test_it_lies_in_its_region_more_than_in_any_other(
    kind: str, region: str, subject: Subject
) -> None:
    _, mask = drawn(subject, kind, region)
    overlap = (plant_masks(subject.landmarks, 112) & mask).sum((1, 2))
    assert REGIONS[int(overlap.argmax())] == region


@pytest.mark.parametrize("kind", DECOYS)
def test_the_finest_residual_stays(kind: str, subject: Subject) -> None:
    def residual(image: Image) -> Image:
        return np.asarray(image - cv2.GaussianBlur(image, (0, 0), 1.0), np.float32)

    image, mask = drawn(subject, kind, "mouth")
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    before, after = residual(subject.image)[inner], residual(image)[inner]
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.5


def test_spared_pixels_are_spared(subject: Subject) -> None:
    spared = NOTHING.copy()
    spared[:, ::2] = True
    image, mask = drawn(subject, "sticker", "nose", spared)
    assert mask.any()
    assert not (mask & spared).any()
    assert np.array_equal(image[spared], subject.image[spared])
