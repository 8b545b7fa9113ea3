"""Moves of a face: all regions stay in sight, and the similarity is the least squares one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from resgat.data.planted.placing import jittered, moved, nearest_pose
from resgat.data.planted.regions import Landmarks, eye_distance, plant_masks

CENTRED = np.array([[36, 40], [60, 40], [48, 54], [40, 66], [56, 66]], np.float32)
SEEDS = st.integers(0, 10_000)


@given(
    seed=SEEDS,
    size_px=st.integers(48, 160),
    scale=st.floats(0.3, 2.5),
    shift=st.tuples(st.floats(-40, 40), st.floats(-40, 40)),
    turn_deg=st.floats(-40, 40),
)
def test_all_regions_stay_in_sight_wherever_the_face_was(
    seed: int, size_px: int, scale: float, shift: tuple[float, float], turn_deg: float
) -> None:
    angle = np.radians(turn_deg)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    face = ((CENTRED - 48) @ turn * scale + 48 + np.array(shift)).astype(np.float32)
    placement = jittered(face, 96, size_px, np.random.default_rng(seed))
    points = moved(face, placement)
    inside = plant_masks(points, size_px).sum((1, 2))
    around = plant_masks(points + size_px, 3 * size_px).sum((1, 2))
    assert (inside >= 0.9 * around).all()
    assert inside.min() > 0


def test_faces_move_turn_and_grow() -> None:
    small = (CENTRED - 48) * 0.7 + 48
    faces = [moved(small, jittered(small, 96, 96, np.random.default_rng(s))) for s in range(200)]
    sizes = np.array([eye_distance(face) for face in faces]) / eye_distance(small)
    assert 0.76 < sizes.min() < 0.79
    assert 1.01 < sizes.max() < 1.04
    turns = [np.degrees(np.arctan2(*(face[1] - face[0])[::-1])) for face in faces]
    assert 9 < max(np.abs(turns)) <= 10.01
    middles = np.array([face.mean(0) for face in faces])
    assert (np.ptp(middles, axis=0) > 20).all()


@given(
    scale=st.floats(0.2, 4),
    angle=st.floats(-3, 3),
    shift=st.tuples(st.floats(-50, 50), st.floats(-50, 50)),
)
def test_a_similarity_is_found_again(
    scale: float, angle: float, shift: tuple[float, float]
) -> None:
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    goal = (scale * CENTRED @ turn + np.array(shift)).astype(np.float32)
    found: Landmarks = moved(CENTRED, nearest_pose(CENTRED, goal, 96))
    assert np.allclose(found, goal, atol=1e-3)


def test_no_other_similarity_is_nearer() -> None:
    rng = np.random.default_rng(0)
    goal = (CENTRED + rng.normal(0, 3, CENTRED.shape)).astype(np.float32)
    best = nearest_pose(CENTRED, goal, 96)

    def error(points: NDArray[np.floating]) -> float:
        return float(((points - goal) ** 2).sum())

    least = error(moved(CENTRED, best))
    for _ in range(100):
        other = moved(CENTRED, best) * (1 + rng.normal(0, 0.02)) + rng.normal(0, 0.5, 2)
        assert error(other) >= least
