"""Drawn people as a source of genuine faces: a new person and a new donor for every pair."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from resgat.data.cropping import Pixels
from resgat.data.planted.placing import nearest_pose
from resgat.data.planted.subject import Subject
from resgat.data.synthetic.drawing import draw_face, landmarks
from resgat.data.synthetic.person import Person, Scene, draw_person, draw_scene

#: From the forehead's upper edge to the chin's lower one, a drawn face reaches from -0.95 to +1.41
#: half-widths; so large and so placed, the largest one stays in the crop wherever it is moved.
_HALF_WIDTH, _MIDDLE_Y = 0.25, 0.435
_REACH, _TURN_DEG = 0.15, 10.0


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
    """Put the face anywhere in the crop, so that its place says nothing."""
    return replace(
        scene,
        shift_x=0.5 + rng.uniform(-_REACH, _REACH),
        shift_y=_MIDDLE_Y + rng.uniform(-_REACH, _REACH),
        scale=_HALF_WIDTH * (1 + rng.uniform(-_REACH, _REACH)),
        tilt_deg=rng.uniform(-_TURN_DEG, _TURN_DEG),
    )
