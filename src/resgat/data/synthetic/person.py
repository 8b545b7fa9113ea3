"""Who is drawn and how: the parameters of a drawn person, and of one frame of a video of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from resgat.data.synthetic.colour import Colour, hsv_colour, jitter_colour


@dataclass(frozen=True)
class Person:
    """One drawn identity. Lengths are in units of the face's half-width, colours are RGB 0-255."""

    skin: Colour
    hair: Colour
    iris: Colour
    lips: Colour
    shirt: Colour
    face_height: float
    jaw: float
    eye_gap: float
    eye_width: float
    eye_height: float
    brow_lift: float
    brow_weight: float
    nose_length: float
    nose_width: float
    mouth_width: float
    lip_height: float
    hairline: float
    texture_seed: int


@dataclass(frozen=True)
class Scene:
    """What changes between videos and frames of one person: pose, expression, light, camera."""

    shift_x: float  # face centre, fraction of the image
    shift_y: float
    scale: float  # face half-width, fraction of the image
    tilt_deg: float
    mouth_open: float
    eye_open: float
    gaze: float
    light: float  # brightness slope from left to right
    exposure: float
    background: Colour
    background_slope: float
    noise_sigma: float  # sensor noise, grey levels


def draw_person(rng: np.random.Generator) -> Person:
    """Sample an identity."""
    tone = rng.uniform(0.0, 1.0)
    skin = hsv_colour(rng.uniform(0.03, 0.09), 0.25 + 0.35 * tone, 0.95 - 0.5 * tone)
    return Person(
        skin=skin,
        hair=hsv_colour(rng.uniform(0.0, 0.14), rng.uniform(0.1, 0.7), rng.uniform(0.08, 0.65)),
        iris=hsv_colour(rng.uniform(0.05, 0.65), rng.uniform(0.3, 0.8), rng.uniform(0.25, 0.7)),
        lips=jitter_colour(skin, rng, shift=(5, -45, -35), sigma=8),
        shirt=hsv_colour(rng.uniform(0, 1), rng.uniform(0.1, 0.8), rng.uniform(0.2, 0.9)),
        face_height=rng.uniform(1.2, 1.42),
        jaw=rng.uniform(0.62, 0.85),
        eye_gap=rng.uniform(0.38, 0.46),
        eye_width=rng.uniform(0.17, 0.23),
        eye_height=rng.uniform(0.085, 0.13),
        brow_lift=rng.uniform(0.2, 0.28),
        brow_weight=rng.uniform(0.035, 0.075),
        nose_length=rng.uniform(0.42, 0.56),
        nose_width=rng.uniform(0.13, 0.2),
        mouth_width=rng.uniform(0.28, 0.4),
        lip_height=rng.uniform(0.06, 0.11),
        hairline=rng.uniform(0.62, 0.85),
        texture_seed=int(rng.integers(2**31)),
    )


def draw_scene(rng: np.random.Generator) -> Scene:
    """Sample the conditions of a video: camera, light and background."""
    return Scene(
        shift_x=rng.uniform(0.47, 0.53),
        shift_y=rng.uniform(0.47, 0.53),
        scale=rng.uniform(0.31, 0.36),
        tilt_deg=rng.uniform(-8, 8),
        mouth_open=rng.uniform(0, 1),
        eye_open=rng.uniform(0.75, 1),
        gaze=rng.uniform(-1, 1),
        light=rng.uniform(-0.25, 0.25),
        exposure=rng.uniform(0.8, 1.15),
        background=hsv_colour(rng.uniform(0, 1), rng.uniform(0, 0.5), rng.uniform(0.2, 0.95)),
        background_slope=rng.uniform(-0.4, 0.4),
        noise_sigma=rng.uniform(4, 7),
    )


def next_frame(scene: Scene, rng: np.random.Generator) -> Scene:
    """Move the head and the face a little: another frame of the same video."""
    return replace(
        scene,
        shift_x=scene.shift_x + rng.normal(0, 0.008),
        shift_y=scene.shift_y + rng.normal(0, 0.008),
        scale=scene.scale * (1 + rng.normal(0, 0.01)),
        tilt_deg=scene.tilt_deg + rng.normal(0, 2),
        mouth_open=float(np.clip(scene.mouth_open + rng.normal(0, 0.35), 0, 1)),
        eye_open=float(np.clip(scene.eye_open + rng.normal(0, 0.15), 0.3, 1)),
        gaze=float(np.clip(scene.gaze + rng.normal(0, 0.4), -1, 1)),
    )
