"""Drawn faces: features lie where the landmarks say, at every size, tilt and place."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.synthetic.drawing import Canvas, draw_face, landmarks
from resgat.data.synthetic.person import Person, Scene, draw_person, draw_scene

SIDE_PX = 96
SEEDS = st.integers(0, 1000)


def person_of(seed: int) -> Person:
    return draw_person(np.random.default_rng(seed))


def scene_of(seed: int) -> Scene:
    return draw_scene(np.random.default_rng(seed))


@pytest.mark.parametrize(
    ("tilt_deg", "expected"), [(0, (60.0, 40.0)), (90, (50.0, 50.0)), (180, (40.0, 40.0))]
)
def test_face_units_become_pixels(tilt_deg: float, expected: tuple[float, float]) -> None:
    canvas = Canvas(np.zeros((100, 100, 3), np.float32), (50, 40), 10, tilt_deg)
    assert canvas.point(0, 0) == (50, 40)
    assert canvas.point(1, 0) == pytest.approx(expected)


def test_a_filled_ellipse_covers_its_area_and_nothing_else() -> None:
    image = np.zeros((100, 100, 3), np.float32)
    Canvas(image, (50, 50), 10, 30).ellipse(0, 0, 3, 1.5, (9, 8, 7))
    assert image[50, 50].tolist() == [9, 8, 7]
    assert (image[..., 0] > 0).sum() == pytest.approx(np.pi * 30 * 15, rel=0.05)
    assert not image[:15].any()


def test_an_upright_faces_landmarks_are_mirror_images() -> None:
    scene = replace(scene_of(0), tilt_deg=0.0, shift_x=0.5, shift_y=0.5, scale=0.3)
    person = person_of(0)
    l_eye, r_eye, nose, l_mouth, r_mouth = landmarks(person, scene, 100)
    unit_px = 30
    assert l_eye == pytest.approx([50 - unit_px * person.eye_gap, 50 - 0.18 * unit_px])
    assert r_eye == pytest.approx([50 + unit_px * person.eye_gap, l_eye[1]])
    assert nose == pytest.approx([50, l_eye[1] + unit_px * person.nose_length], abs=1e-4)
    assert l_mouth[0] + r_mouth[0] == pytest.approx(100)
    assert l_mouth[1] == r_mouth[1] > nose[1]


@given(seed=SEEDS, factor=st.integers(2, 5))
def test_landmarks_scale_with_the_image(seed: int, factor: int) -> None:
    small, large = (landmarks(person_of(seed), scene_of(seed), 50 * n) for n in (1, factor))
    assert small.dtype == np.float32
    np.testing.assert_allclose(large, small * factor, rtol=1e-5)


@pytest.mark.parametrize("seed", range(8))
def test_a_face_is_drawn_inside_the_range_of_a_byte_and_the_same_each_time(seed: int) -> None:
    image = draw_face(person_of(seed), scene_of(seed), SIDE_PX)
    assert image.shape == (SIDE_PX, SIDE_PX, 3)
    assert image.dtype == np.float32
    assert image.min() >= 0
    assert image.max() <= 255
    assert np.array_equal(image, draw_face(person_of(seed), scene_of(seed), SIDE_PX))


@pytest.mark.parametrize("seed", range(8))
def test_pupils_lie_at_the_eye_landmarks(seed: int) -> None:
    scene = replace(scene_of(seed), gaze=0.0, eye_open=1.0)
    image = draw_face(person_of(seed), scene, 2 * SIDE_PX)
    for x, y in landmarks(person_of(seed), scene, 2 * SIDE_PX)[:2]:
        pupil = image[round(float(y) - 0.5), round(float(x) - 0.5)]
        assert pupil.max() < 60


@pytest.mark.parametrize("seed", range(8))
def test_an_open_mouth_changes_the_mouth_alone(seed: int) -> None:
    person, scene = person_of(seed), replace(scene_of(seed), mouth_open=0.0)
    shut, wide = (draw_face(person, replace(scene, mouth_open=o), SIDE_PX) for o in (0.0, 1.0))
    rows, columns = np.nonzero(np.abs(wide - shut).max(2))
    middle = landmarks(person, scene, SIDE_PX)[3:].mean(0)
    reach_px = 0.5 * SIDE_PX * scene.scale
    assert len(rows)
    assert np.hypot(columns - middle[0], rows - middle[1]).max() < reach_px
