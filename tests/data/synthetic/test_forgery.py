"""Forgeries: a hand-computed blend, regions in their places, and methods that leave a trace."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from resgat.data.synthetic.drawing import draw_face, landmarks
from resgat.data.synthetic.forgery import METHODS, Method, forge, region_mask
from resgat.data.synthetic.person import Person, Scene, draw_person, draw_scene
from resgat.types import REGIONS

SIDE_PX = 96
UPRIGHT = np.array([[36, 40], [60, 40], [48, 54], [40, 66], [56, 66]], np.float32)
SEEDS = st.integers(0, 1000)


def centre(mask: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the x and y of a mask's centre of mass."""
    return np.asarray(np.argwhere(mask > 0).mean(0)[::-1], np.float64)


def cast(seed: int) -> tuple[Person, Person, Scene]:
    rng = np.random.default_rng(seed)
    return draw_person(rng), draw_person(rng), draw_scene(rng)


def test_the_blend_at_an_edge_by_hand() -> None:
    mask = np.zeros((64, 64), np.float32)
    mask[:, 32:] = 1
    genuine, pasted = np.zeros((64, 64, 3), np.float32), np.full((64, 64, 3), 100, np.float32)
    forged, altered = forge(genuine, pasted, mask, feather_px=2.0)
    # The normal distribution at -1.5, -1, -0.5, 0, 0.5 and 1 px of the edge, half a pixel on.
    expected = [10.6, 22.7, 40.1, 59.9, 77.3, 89.4]
    assert forged[32, 29:35, 0] == pytest.approx(expected, abs=0.6)
    assert altered[32, 28:36].tolist() == [False, False, False, *[True] * 5]


def test_without_a_mask_the_face_is_genuine_and_with_a_full_one_all_paste() -> None:
    rng = np.random.default_rng(0)
    genuine, pasted = (rng.uniform(0, 255, (32, 32, 3)).astype(np.float32) for _ in range(2))
    forged, altered = forge(genuine, pasted, np.zeros((32, 32), np.float32), feather_px=1)
    assert np.array_equal(forged, genuine)
    assert not altered.any()
    forged, altered = forge(genuine, pasted, np.ones((32, 32), np.float32), feather_px=1)
    np.testing.assert_allclose(forged, pasted, rtol=1e-5)
    assert altered.all()


def test_every_part_of_the_face_has_a_region_in_its_place() -> None:
    at = {name: centre(region_mask(UPRIGHT, (name,), SIDE_PX)) for name in REGIONS}
    for part in ("eye", "cheek"):
        assert at[f"l_{part}"][0] < 48 < at[f"r_{part}"][0]  # left and right are the image's
        assert at[f"l_{part}"][1] == pytest.approx(at[f"r_{part}"][1], abs=0.5)
    downwards = ["forehead", "l_eye", "nose", "mouth", "chin"]
    heights = [at[name][1] for name in downwards]
    assert heights == sorted(heights)
    assert at["l_eye"] == pytest.approx([36, 40], abs=1)
    assert at["mouth"] == pytest.approx([48, 66.5], abs=1)


def test_a_regions_area_follows_its_radii() -> None:
    mask = region_mask(UPRIGHT, ("l_eye",), SIDE_PX)
    assert set(np.unique(mask)) == {0, 1}
    assert mask.sum() == pytest.approx(np.pi * (24 * 0.36) * (24 * 0.24), rel=0.15)


@pytest.mark.parametrize("pair", list(combinations(REGIONS, 2)))
def test_two_regions_are_their_union(pair: tuple[str, str]) -> None:
    both = region_mask(UPRIGHT, pair, SIDE_PX)
    one, other = (region_mask(UPRIGHT, (name,), SIDE_PX) for name in pair)
    assert np.array_equal(both, np.maximum(one, other))


@given(seed=SEEDS, region=st.sampled_from(REGIONS))
def test_regions_of_drawn_faces_lie_in_the_picture(seed: int, region: str) -> None:
    person, _, scene = cast(seed)
    points = landmarks(person, scene, SIDE_PX)
    mask = region_mask(points, (region,), SIDE_PX)
    padded = region_mask(points + SIDE_PX, (region,), 3 * SIDE_PX)
    assert mask.sum() > 0.6 * padded.sum() > 0  # a chin may touch the edge


@given(seed=SEEDS)
def test_regions_turn_with_the_face(seed: int) -> None:
    rng = np.random.default_rng(seed)
    angle = rng.uniform(-np.pi / 6, np.pi / 6)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = ((UPRIGHT - 48) @ turn.T + 48).astype(np.float32)
    for name in REGIONS:
        expected = (centre(region_mask(UPRIGHT, (name,), SIDE_PX)) - 48) @ turn.T + 48
        found = centre(region_mask(turned, (name,), SIDE_PX))
        assert np.hypot(*(found - expected)) < 1.5


def test_each_method_alters_other_parts_of_the_face() -> None:
    assert len({method.name for method in METHODS}) == len(METHODS) == 4
    altered = [region for method in METHODS for choice in method.regions for region in choice]
    assert sorted(altered) == sorted(REGIONS)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: str(method.name))
@pytest.mark.parametrize("seed", range(4))
def test_a_method_changes_its_regions_more_than_noise_would_and_nothing_else(
    method: Method, seed: int
) -> None:
    target, donor, scene = cast(seed)
    genuine = draw_face(target, scene, SIDE_PX)
    pasted = method.trace(method.content(target, donor, scene, SIDE_PX), 1.0)
    points = landmarks(target, scene, SIDE_PX)
    for regions in method.regions:
        mask, feather_px = region_mask(points, regions, SIDE_PX), SIDE_PX / 40
        forged, altered = forge(genuine, pasted, mask, feather_px=feather_px)
        change = np.abs(forged - genuine).mean(2)
        share, _ = forge(np.zeros_like(genuine), np.ones_like(genuine), mask, feather_px=feather_px)
        assert change[altered].mean() > 4  # grey levels; the sensor's noise is 4 to 7
        assert not change[share[..., 0] == 0].any()
        assert np.array_equal(altered, share[..., 0] >= 0.25)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: str(method.name))
def test_difficulty_fades_the_trace_to_nothing(method: Method) -> None:
    target, donor, scene = cast(5)
    content = method.content(target, donor, scene, SIDE_PX)
    full, half, none = (np.abs(method.trace(content, s) - content).mean() for s in (1.0, 0.5, 0.0))
    assert full > half > none == 0
