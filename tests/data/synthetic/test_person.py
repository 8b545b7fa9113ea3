"""People and scenes are decided by the generator and stay within what a face can be."""

from dataclasses import asdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.synthetic.person import Person, Scene, draw_person, draw_scene, next_frame

SEEDS = st.integers(0, 10_000)


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@given(seed=SEEDS)
def test_the_generator_decides_everything(seed: int) -> None:
    assert draw_person(rng(seed)) == draw_person(rng(seed))
    assert draw_scene(rng(seed)) == draw_scene(rng(seed))
    assert draw_person(rng(seed)) != draw_person(rng(seed + 1))


@given(seed=SEEDS)
def test_a_face_fits_together(seed: int) -> None:
    person = draw_person(rng(seed))
    assert person.eye_width < person.eye_gap  # the eyes do not meet
    assert person.eye_height < person.brow_lift  # and lie under the brows
    assert person.mouth_width < person.jaw < 1  # the half-width of the face
    for colour in (person.skin, person.hair, person.iris, person.lips, person.shirt):
        assert all(0 <= channel <= 255 for channel in colour)


@given(seed=SEEDS)
def test_another_frame_moves_the_face_and_keeps_camera_light_and_background(seed: int) -> None:
    generator = rng(seed)
    scene = draw_scene(generator)
    frame = next_frame(scene, generator)
    changed = {name for name, value in asdict(scene).items() if asdict(frame)[name] != value}
    moving = {"shift_x", "shift_y", "scale", "tilt_deg", "mouth_open", "eye_open", "gaze"}
    assert {"shift_x", "shift_y", "scale", "tilt_deg"} <= changed <= moving
    assert 0 <= frame.mouth_open <= 1
    assert 0.3 <= frame.eye_open <= 1
    assert -1 <= frame.gaze <= 1


def test_a_long_video_stays_in_the_picture() -> None:
    generator = rng(0)
    scene: Scene = draw_scene(generator)
    frames = [next_frame(scene, generator) for _ in range(500)]
    assert all(0.4 < frame.shift_x < 0.6 and 0.4 < frame.shift_y < 0.6 for frame in frames)
    assert all(0.25 < frame.scale < 0.4 for frame in frames)


def test_people_differ_in_every_feature() -> None:
    people: list[Person] = [draw_person(rng(seed)) for seed in range(20)]
    for feature in asdict(people[0]):
        assert len({getattr(person, feature) for person in people}) == 20
