"""Draw one frame of a person: pure function of person, scene and size; no noise, no forgery."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.data.synthetic.colour import Colour, scale_colour
from resgat.data.synthetic.person import Person, Scene

Image = NDArray[np.float32]

_SUPERSAMPLE = 2
_SHIFT_BITS = 4  # cv2 draws at 1/16 px


@dataclass(frozen=True)
class Canvas:
    """Maps face units (origin between the eyes' line and the mouth, x right, y down) to pixels."""

    image: Image
    centre: tuple[float, float]
    unit_px: float
    tilt_deg: float

    @cached_property
    def _turn(self) -> tuple[float, float]:
        """Cosine and sine of the tilt."""
        angle = np.deg2rad(self.tilt_deg)
        return np.cos(angle), np.sin(angle)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixel (x, y) of a point in face units."""
        cos, sin = self._turn
        dx, dy = self.unit_px * (x * cos - y * sin), self.unit_px * (x * sin + y * cos)
        return self.centre[0] + float(dx), self.centre[1] + float(dy)

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        """Fill an ellipse given in face units."""
        self._arc(x, y, rx, ry, colour, (0, 360), -1)

    def arc(
        self, x: float, y: float, rx: float, ry: float, colour: Colour, span: tuple[int, int]
    ) -> None:
        """Draw part of an ellipse's outline, thickness 4 % of a face unit."""
        self._arc(x, y, rx, ry, colour, span, max(1, round(0.04 * self.unit_px)))

    def line(
        self, start: tuple[float, float], end: tuple[float, float], colour: Colour, weight: float
    ) -> None:
        """Draw a line of a given weight, all in face units."""
        begin, stop = _fixed(self.point(*start)), _fixed(self.point(*end))
        thickness = max(1, round(weight * self.unit_px))
        cv2.line(self.image, begin, stop, colour, thickness, cv2.LINE_AA, _SHIFT_BITS)

    def _arc(
        self,
        x: float,
        y: float,
        rx: float,
        ry: float,
        colour: Colour,
        span: tuple[int, int],
        thickness: int,
    ) -> None:
        centre = _fixed(self.point(x, y))
        axes = _fixed((max(rx, 0.005) * self.unit_px, max(ry, 0.005) * self.unit_px))
        cv2.ellipse(
            self.image, centre, axes, self.tilt_deg, *span, colour, thickness, cv2.LINE_AA,
            _SHIFT_BITS,
        )  # fmt: skip


def _fixed(point: tuple[float, float]) -> tuple[int, int]:
    return round(point[0] * 2**_SHIFT_BITS), round(point[1] * 2**_SHIFT_BITS)


def landmarks(person: Person, scene: Scene, size_px: int) -> NDArray[np.float32]:
    """Return the five landmarks of a drawn face.

    Shape:
        (5, 2) float32; x, y in px of the image's eyes (left, right), nose tip, mouth corners
    """
    canvas = _canvas(np.zeros((1, 1, 3), np.float32), scene, size_px)
    mouth_y = _mouth_y(person)
    points = [
        (-person.eye_gap, _EYE_Y),
        (person.eye_gap, _EYE_Y),
        (0.0, _EYE_Y + person.nose_length),
        (-person.mouth_width, mouth_y),
        (person.mouth_width, mouth_y),
    ]
    return np.array([canvas.point(*point) for point in points], np.float32)


def draw_face(person: Person, scene: Scene, size_px: int) -> Image:
    """Draw one frame.

    Shape:
        (size_px, size_px, 3) float32, RGB 0-255, without sensor noise
    """
    side = size_px * _SUPERSAMPLE
    canvas = _canvas(_background(scene, side), scene, side)
    _draw_head(canvas, person)
    _draw_eyes(canvas, person, scene)
    _draw_nose(canvas, person)
    _draw_mouth(canvas, person, scene)
    drawn = cv2.resize(canvas.image, (size_px, size_px), interpolation=cv2.INTER_AREA)
    return _light(_texture(np.asarray(drawn, np.float32), person), scene)


_EYE_Y = -0.18


def _mouth_y(person: Person) -> float:
    return _EYE_Y + person.nose_length + 0.3


def _canvas(image: Image, scene: Scene, side: int) -> Canvas:
    centre = (scene.shift_x * side, scene.shift_y * side)
    return Canvas(image, centre, scene.scale * side, scene.tilt_deg)


def _background(scene: Scene, side: int) -> Image:
    ramp = 1 + scene.background_slope * np.linspace(-0.5, 0.5, side, dtype=np.float32)
    wall = ramp[:, None, None] * np.array(scene.background, np.float32)
    return np.asarray(cv2.repeat(np.clip(wall, 0, 255), 1, side), np.float32)


def _draw_head(canvas: Canvas, person: Person) -> None:
    shade = scale_colour(person.skin, 0.82)
    canvas.ellipse(0, 2.0, 1.5, 0.75, person.shirt)
    canvas.ellipse(0, 1.2, 0.42, 0.55, shade)
    canvas.ellipse(0, -0.2, 1.1, person.face_height, person.hair)
    for side in (-1, 1):
        canvas.ellipse(side * 0.98, 0.02, 0.11, 0.22, shade)
    canvas.ellipse(0, -0.1, 0.95, person.face_height * 0.86, person.skin)
    canvas.ellipse(0, 0.45, person.jaw, 0.72, person.skin)
    canvas.ellipse(0, -person.face_height + 0.1, 0.85, 1 - person.hairline, person.hair)


def _draw_eyes(canvas: Canvas, person: Person, scene: Scene) -> None:
    height = person.eye_height * scene.eye_open
    for side in (-1, 1):
        x = side * person.eye_gap
        canvas.ellipse(
            x, _EYE_Y, person.eye_width * 1.25, height * 1.6, scale_colour(person.skin, 0.88)
        )
        canvas.ellipse(x, _EYE_Y, person.eye_width, height, (238, 236, 232))
        gaze_x = x + scene.gaze * person.eye_width * 0.3
        radius = min(height, person.eye_width * 0.55)
        canvas.ellipse(gaze_x, _EYE_Y, radius, radius, person.iris)
        canvas.ellipse(gaze_x, _EYE_Y, radius * 0.45, radius * 0.45, (15, 15, 18))
        reach, brow_y = person.eye_width * 1.2, _EYE_Y - person.brow_lift + 0.03
        brow = ((x - reach, brow_y), (x + reach, brow_y - side * 0.03))
        canvas.line(*brow, scale_colour(person.hair, 0.8), person.brow_weight)


def _draw_nose(canvas: Canvas, person: Person) -> None:
    shade, shine = scale_colour(person.skin, 0.78), scale_colour(person.skin, 1.1)
    tip_y = _EYE_Y + person.nose_length
    canvas.line((0.03, _EYE_Y + 0.05), (0.03, tip_y - 0.08), shine, 0.07)
    canvas.line((-0.06, _EYE_Y + 0.08), (-0.08, tip_y - 0.08), shade, 0.03)
    canvas.arc(0, tip_y - 0.04, person.nose_width, 0.09, shade, (10, 170))
    for side in (-1, 1):
        canvas.ellipse(
            side * person.nose_width * 0.55,
            tip_y + 0.01,
            0.04,
            0.025,
            scale_colour(person.skin, 0.5),
        )


def _draw_mouth(canvas: Canvas, person: Person, scene: Scene) -> None:
    y, opening = _mouth_y(person), 0.12 * scene.mouth_open
    canvas.ellipse(0, y, person.mouth_width, person.lip_height + opening, person.lips)
    canvas.ellipse(0, y, person.mouth_width * 0.85, 0.012 + opening * 0.8, (58, 22, 26))
    if scene.mouth_open > 0.4:
        canvas.ellipse(
            0, y - opening * 0.45, person.mouth_width * 0.6, opening * 0.3, (232, 228, 218)
        )


def _texture(image: Image, person: Person) -> Image:
    """Multiply by a fixed pattern of pores and blotches, the same in every frame of the person."""
    return np.asarray(image * _pattern(person.texture_seed, image.shape[0]), np.float32)


@lru_cache(maxsize=64)
def _pattern(seed: int, side: int) -> Image:
    rng = np.random.default_rng(seed)
    blotches = cv2.GaussianBlur(rng.normal(0, 1, (side, side)), (0, 0), side / 14)
    pores = cv2.GaussianBlur(rng.normal(0, 1, (side, side)), (0, 0), 0.8)
    pattern = 1 + 0.05 * blotches / blotches.std() + 0.025 * pores / pores.std()
    return np.asarray(pattern[..., None], np.float32)


def _light(image: Image, scene: Scene) -> Image:
    slope = 1 + scene.light * np.linspace(-1, 1, image.shape[1], dtype=np.float32)
    return np.clip(image * (scene.exposure * slope)[None, :, None], 0, 255)
