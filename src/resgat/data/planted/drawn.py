"""Drawn people as a source of genuine faces: a new person and a new donor for every pair."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from resgat.data.cropping import Pixels
from resgat.data.planted.placing import nearest_pose
from resgat.data.planted.subject import Subject
from resgat.data.synthetic.drawing import draw_face, landmarks
from resgat.data.synthetic.person import Person, Scene, draw_person, draw_scene

#: Half of a face's width, as a share of the crop's side: about that of a real crop.
_HALF_WIDTH = 0.33
_REACH, _TURN_DEG = 0.15, 10.0
#: How far the eight regions lie from the face's middle, in half-widths: to a side, up and down.
_SIDE, _UP, _DOWN = 1.06, 0.98, 1.44


@dataclass(frozen=True)
class DrawnPeople:
    """People who are drawn for one pair each.

    Args:
        size_px: Side of the crops.
    """

    size_px: int

    def subject(self, split: str, number: int, rng: np.random.Generator) -> Subject:
        """Draw a person and a donor in one scene, each through a camera with its noise."""
        person, donor = draw_person(rng), draw_person(rng)
        scene = _jittered(draw_scene(rng), rng)
        points = landmarks(person, scene, self.size_px)
        pose = nearest_pose(landmarks(donor, scene, self.size_px), points, self.size_px)
        name = f"{split}{number:05d}"
        return Subject(
            image=self._film(person, scene, rng).astype(np.float32),
            donor=pose.cut(self._film(donor, scene, rng)).astype(np.float32),
            landmarks=points,
            target_id=name,
            donor_id=f"{name}donor",
            identity_group=f"planted/{name}",
            bbox_xyxy=(0, 0, self.size_px, self.size_px),
        )

    def _film(self, person: Person, scene: Scene, rng: np.random.Generator) -> Pixels:
        face = draw_face(person, scene, self.size_px)
        noisy = face + rng.normal(0, scene.noise_sigma, face.shape)
        return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def _jittered(scene: Scene, rng: np.random.Generator) -> Scene:
    """Put the face anywhere in the crop where its regions are in sight: its place says nothing."""
    scale = _HALF_WIDTH * (1 + rng.uniform(-_REACH, _REACH))
    across = min(_REACH, 0.5 - _SIDE * scale)
    along = min(_REACH, 0.5 - (_UP + _DOWN) / 2 * scale)
    middle_y = 0.5 - (_DOWN - _UP) / 2 * scale
    return replace(
        scene,
        shift_x=0.5 + rng.uniform(-across, across),
        shift_y=middle_y + rng.uniform(-along, along),
        scale=scale,
        tilt_deg=rng.uniform(-_TURN_DEG, _TURN_DEG),
    )
