"""Two drawn people -> their two genuine videos, and one forged video per manipulation method."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resgat.data.synthetic.drawing import draw_face, landmarks
from resgat.data.synthetic.forgery import METHODS, Method, forge, region_mask
from resgat.data.synthetic.person import Person, Scene, draw_person, draw_scene, next_frame

_FEATHER = 1 / 40  # of the image's side


@dataclass(frozen=True)
class DrawnFrame:
    """One crop: its pixels, where its landmarks are, and which pixels were forged.

    Shape:
        image: (S, S, 3) uint8 RGB
        landmarks: (5, 2) float32 px
        mask: (S, S) bool, or None for a genuine frame
    """

    image: NDArray[np.uint8]
    landmarks: NDArray[np.float32]
    mask: NDArray[np.bool_] | None


@dataclass(frozen=True)
class DrawnVideo:
    """A video of person ``target`` ("a" or "b"); ``method`` is None where it is genuine."""

    target: str
    method: str | None
    frames: list[DrawnFrame]


def draw_pair(
    seed: tuple[int, ...], *, size_px: int, frames_per_video: int, difficulty: float
) -> Iterator[DrawnVideo]:
    """Draw all videos of a pair of people, as FaceForensics++ does: both genuine, each method once.

    Args:
        seed: Decides everything; pairs with different seeds show different people.
        size_px: Side of the frames.
        frames_per_video: Frames of each video.
        difficulty: 0 leaves the methods' traces in full, 1 fades them out.
    """
    rng = np.random.default_rng(seed)
    people = {"a": draw_person(rng), "b": draw_person(rng)}
    strength = 1 - difficulty
    for target in people:
        yield DrawnVideo(target, None, _genuine(people[target], rng, frames_per_video, size_px))
    swap = int(rng.integers(2))
    for position, method in enumerate(METHODS):
        target, donor = ("a", "b") if (position + swap) % 2 else ("b", "a")
        frames = _forged(
            method, people[target], people[donor], strength, rng, frames_per_video, size_px
        )
        yield DrawnVideo(target, method.name, frames)


def _genuine(
    person: Person, rng: np.random.Generator, num_frames: int, size_px: int
) -> list[DrawnFrame]:
    return [
        DrawnFrame(
            _as_bytes(_film(person, scene, size_px, rng)), landmarks(person, scene, size_px), None
        )
        for scene in _scenes(rng, num_frames)
    ]


def _forged(
    method: Method,
    target: Person,
    donor: Person,
    strength: float,
    rng: np.random.Generator,
    num_frames: int,
    size_px: int,
) -> list[DrawnFrame]:
    regions = method.regions[int(rng.integers(len(method.regions)))]
    frames = []
    for scene in _scenes(rng, num_frames):
        points = landmarks(target, scene, size_px)
        pasted = method.trace(method.content(target, donor, scene, size_px), strength)
        image, mask = forge(
            _film(target, scene, size_px, rng),
            pasted,
            region_mask(points, regions, size_px),
            feather_px=size_px * _FEATHER,
        )
        frames.append(DrawnFrame(_as_bytes(image), points, mask))
    return frames


def _scenes(rng: np.random.Generator, num_frames: int) -> Iterator[Scene]:
    scene = draw_scene(rng)
    for _ in range(num_frames):
        yield next_frame(scene, rng)


def _film(
    person: Person, scene: Scene, size_px: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Draw a frame and add the camera's noise."""
    noise = rng.normal(0, scene.noise_sigma, (size_px, size_px, 3))
    return (draw_face(person, scene, size_px) + noise).astype(np.float32)


def _as_bytes(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)
