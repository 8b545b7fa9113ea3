"""Operators: the ladder of strengths, visible at its top and hard at its foot."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.planted import operators
from resgat.data.planted.operators import OPERATORS, STRENGTHS, Image, alter


def patch(seed: int, side: int = 30) -> Image:
    """A coarse pattern under noise, as skin is."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(70, 180, (3, 3, 3)).repeat(side // 3, 0).repeat(side // 3, 1)
    return np.asarray(coarse + rng.normal(0, 5, (side, side, 3)), np.float32)


def change(operator: str, strength: float, seed: int) -> float:
    before = patch(seed)
    rng = np.random.default_rng(seed)
    after = alter(operator, before, patch(seed + 1), strength, rng)
    return float(np.abs(after - before).mean())


@pytest.mark.parametrize("operator", OPERATORS)
@given(seed=st.integers(0, 1000))
def test_the_change_falls_with_the_strength(operator: str, seed: int) -> None:
    changes = [change(operator, strength, seed) for strength in STRENGTHS]
    assert changes == sorted(changes, reverse=True)
    assert changes[0] > 4  # as much as the camera's noise
    assert 0 < changes[-1] < 0.2 * changes[0]


@pytest.mark.parametrize("operator", OPERATORS)
def test_no_strength_is_the_identity(operator: str) -> None:
    before = patch(0)
    after = alter(operator, before, patch(1), 0.0, np.random.default_rng(0))
    assert np.array_equal(after, before)


@pytest.mark.parametrize("operator", OPERATORS)
@given(seed=st.integers(0, 1000), height=st.integers(9, 40), width=st.integers(9, 40))
def test_any_patch_gives_a_patch_of_its_size_and_kind(
    operator: str, seed: int, height: int, width: int
) -> None:
    rng = np.random.default_rng(seed)
    flat = np.full((height, width, 3), rng.choice([0, 128, 255]), np.float32)
    after = alter(operator, flat, flat, 1.0, rng)
    assert after.shape == flat.shape
    assert after.dtype == np.float32
    assert np.isfinite(after).all()
    assert after.min() >= 0
    assert after.max() <= 255


@pytest.mark.parametrize("operator", OPERATORS)
def test_the_generator_decides_all(operator: str) -> None:
    def made(seed: int) -> bytes:
        return alter(operator, patch(0), patch(1), 1.0, np.random.default_rng(seed)).tobytes()

    assert made(4) == made(4)
    assert len({made(seed) for seed in range(8)}) > 1


def test_half_way_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    def brighter(patch: Image, *_: object) -> Image:
        return patch + 100

    monkeypatch.setitem(operators.OPERATORS, "brighter", brighter)
    before = np.array([[[0, 100, 240]]], np.float32)
    after = alter("brighter", before, before, 0.5, np.random.default_rng(0))
    assert after.tolist() == [[[50, 150, 255]]]


def test_a_donor_is_matched_in_its_contrast_and_nearly_in_its_colour() -> None:
    before, donor = patch(0), 0.3 * patch(1) + 20
    after = alter("donor_swap", before, donor, 1.0, np.random.default_rng(0))
    gap = after.mean((0, 1)) - before.mean((0, 1))
    assert np.linalg.norm(gap) == pytest.approx(40, abs=3)
    assert after.std() == pytest.approx(before.std(), rel=0.25)


def test_each_operator_leaves_its_trace() -> None:
    def detail(image: Image) -> float:
        return float(np.abs(np.diff(image, axis=0)).mean())

    def made(operator: str) -> Image:
        flat = np.full((30, 30, 3), 128, np.float32)
        noisy = flat + np.random.default_rng(0).normal(0, 5, flat.shape).astype(np.float32)
        return alter(operator, noisy, noisy, 1.0, np.random.default_rng(1))

    noise = detail(np.asarray(np.random.default_rng(0).normal(128, 5, (30, 30, 3)), np.float32))
    assert detail(made("noise_mismatch")) > 1.2 * noise
    assert detail(made("pale_smoothing")) < 0.2 * noise
    pale = made("pale_smoothing").mean((0, 1)) - 128
    assert pale[2] > 25
    assert pale[0] < -25
    assert detail(made("upsampling")) != pytest.approx(noise, rel=0.2)
