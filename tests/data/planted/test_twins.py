"""Twins: bit for bit equal outside the mask, different inside, on every track."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.planted.decoys import Decoy
from resgat.data.planted.drawn import DrawnPeople
from resgat.data.planted.operators import OPERATORS, STRENGTHS
from resgat.data.planted.plan import Plant, Unit
from resgat.data.planted.regions import SHAPES, Shape, plant_masks
from resgat.data.planted.subject import Subject
from resgat.data.planted.twins import Pair, make_pair
from resgat.data.planted.watermark import watermark_mask
from resgat.types import REGIONS

NOSE = Plant("nose", "self_blend", 1.0)


def make(
    subject: Subject,
    track: str = "A",
    plants: tuple[Plant, ...] = (NOSE,),
    decoy: Decoy | None = None,
    marked: tuple[bool, bool] = (False, False),
    shape: Shape = "parts",
) -> Pair:
    unit = Unit("test", 0, track, plants, decoy, marked)
    return make_pair(unit, subject, np.random.default_rng(0), shape)


def differ(pair: Pair, first: int = 0, second: int = 1) -> np.ndarray:
    return np.asarray((pair.crops[first].image != pair.crops[second].image).any(2))


@given(
    seed=st.integers(0, 1000),
    operator=st.sampled_from(list(OPERATORS)),
    region=st.sampled_from(REGIONS),
    shape=st.sampled_from(SHAPES),
)
def test_twins_differ_inside_their_region_only(
    seed: int, operator: str, region: str, shape: Shape
) -> None:
    subject = DrawnPeople(112).subject("test", 0, np.random.default_rng(seed))
    pair = make(subject, plants=(Plant(region, operator, 1.0),), shape=shape)
    mask = plant_masks(subject.landmarks, 112, shape)[REGIONS.index(region)]
    assert pair.mask is not None
    assert np.array_equal(pair.mask, mask)
    assert not (differ(pair) & ~mask).any()
    assert differ(pair)[mask].mean() > 0.85


@pytest.mark.parametrize("operator", OPERATORS)
def test_twins_come_nearer_with_the_strength(operator: str, subject: Subject) -> None:
    gaps = []
    for strength in STRENGTHS:
        pair = make(subject, plants=(Plant("l_cheek", operator, strength),))
        images = [crop.image.astype(float) for crop in pair.crops]
        gaps.append(float(np.abs(images[0] - images[1])[pair.mask].mean()))
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 3
    assert gaps[-1] < 0.45 * gaps[0]


def test_the_twin_is_the_genuine_face_and_no_copy_of_the_source(subject: Subject) -> None:
    fake, real = make(subject).crops
    assert (fake.label, real.label, fake.twin, real.twin) == (1, 0, 1, 0)
    gap = np.abs(real.image.astype(float) - subject.image)
    assert 0.5 < gap.mean() < 6  # one JPEG round trip and the grain


def test_nothing_is_hard_at_the_edge(subject: Subject) -> None:
    pair = make(subject, plants=(Plant("forehead", "pale_smoothing", 1.0),))
    assert pair.mask is not None
    gap = np.abs(pair.crops[0].image.astype(float) - pair.crops[1].image).mean(2)
    inner = pair.mask & np.roll(pair.mask, 3, 0) & np.roll(pair.mask, -3, 0)
    rim = pair.mask & ~(np.roll(pair.mask, 1, 0) & np.roll(pair.mask, -1, 0))
    assert gap[rim].mean() < 0.5 * gap[inner].mean()


def test_two_plants_have_a_mask_each(subject: Subject) -> None:
    plants = (NOSE, Plant("chin", "self_blend", 0.5))
    pair = make(subject, "B", plants)
    masks = plant_masks(subject.landmarks, 112)
    nose, chin = masks[REGIONS.index("nose")], masks[REGIONS.index("chin")]
    assert pair.mask is not None
    assert pair.mask_2 is not None
    assert np.array_equal(pair.mask, nose | chin)
    assert np.array_equal(pair.mask_2, chin)
    assert differ(pair)[nose].mean() > 0.8
    assert differ(pair)[chin].mean() > 0.8


def test_both_twins_have_the_same_decoy_outside_the_plant(subject: Subject) -> None:
    plain, pair = make(subject), make(subject, "C", decoy=Decoy("sticker", "l_cheek"))
    assert pair.mask is not None
    assert pair.decoy_mask is not None
    assert not (pair.mask & pair.decoy_mask).any()
    assert not (differ(pair) & ~pair.mask).any()
    for with_decoy, without in zip(pair.crops, plain.crops, strict=True):
        assert with_decoy.decoyed
        assert not without.decoyed
        gap = np.abs(with_decoy.image.astype(float) - without.image)[pair.decoy_mask]
        assert gap.mean() > 20


def test_without_a_plant_two_reals_differ_in_the_decoy_only(subject: Subject) -> None:
    pair = make(subject, "D", (), Decoy("brightness", "forehead"))
    assert pair.mask is None
    assert pair.decoy_mask is not None
    assert [crop.label for crop in pair.crops] == [0, 0]
    assert [crop.decoyed for crop in pair.crops] == [False, True]
    assert not (differ(pair) & ~pair.decoy_mask).any()
    assert differ(pair)[pair.decoy_mask].mean() > 0.9


def test_a_watermark_can_be_taken_off_both_twins(subject: Subject) -> None:
    pair = make(subject, "E")
    corner = watermark_mask(112)
    assert [(crop.label, crop.marked) for crop in pair.crops] == [
        (1, False), (0, False), (1, True), (0, True),
    ]  # fmt: skip
    for place, crop in enumerate(pair.crops):
        assert crop.other is not None
        assert pair.crops[crop.other].other == place
        assert pair.crops[crop.twin].marked == crop.marked
        changed = differ(pair, place, crop.other)
        assert changed[corner].any()
        assert not (changed & ~corner).any()
    assert pair.mask is not None
    assert not (differ(pair, 2, 3) & ~pair.mask).any()


@pytest.mark.parametrize("marked", [(True, False), (False, True), (True, True)])
def test_a_training_pair_is_marked_as_planned(marked: tuple[bool, bool], subject: Subject) -> None:
    plain, pair = make(subject), make(subject, marked=marked)
    for crop, before, is_marked in zip(pair.crops, plain.crops, marked, strict=True):
        assert crop.marked == is_marked
        assert np.array_equal(crop.image, before.image) != is_marked
