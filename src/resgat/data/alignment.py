"""Turning and scaling a face so that its five landmarks come to lie where the template has them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.data.cropping import Pixels, cut_square
from resgat.data.geometry import Points, Square
from resgat.types import FACE_TEMPLATE, TEMPLATE_MARGIN

#: Pixels around the cut-out, so that interpolation at the crop's edge has neighbours.
_PAD_PX = 2


@dataclass(frozen=True)
class AlignedPlacement:
    """A crop that is turned, scaled and shifted: ``crop = turn * frame + shift`` in the plane.

    Attributes:
        turn: Rotation and scale as a complex number; its modulus is crop px per frame px.
        shift: Translation, crop px.
        size_px: Side of the crop.
    """

    turn: complex
    shift: complex
    size_px: int

    @property
    def square(self) -> Square:
        """The smallest upright square around the crop's four corners, in frame pixels."""
        size = self.size_px
        corners = (complex(x, y) for x in (0, size) for y in (0, size))
        frame = np.array([(corner - self.shift) / self.turn for corner in corners])
        half = max(np.ptp(frame.real), np.ptp(frame.imag)) / 2
        centre = complex(frame.mean())
        left, top = math.floor(centre.real - half), math.floor(centre.imag - half)
        side = math.ceil(2 * half) + 1
        return (left, top, left + side, top + side)

    def cut(self, image: Pixels) -> Pixels:
        """Warp an image (H, W, 3) or a mask (H, W): area averages down, then bilinear."""
        left, top, right, bottom = self.square
        around = (left - _PAD_PX, top - _PAD_PX, right + _PAD_PX, bottom + _PAD_PX)
        part = cut_square(image, around)
        side = len(part)
        small = max(1, round(side * min(1.0, abs(self.turn))))
        if small < side:
            part = np.asarray(
                cv2.resize(part, (small, small), interpolation=cv2.INTER_AREA), np.uint8
            )
        turn = self.turn * side / small
        shift = self.turn * complex(around[0], around[1]) + self.shift
        return _warp(part, turn, shift, self.size_px)

    def move(self, points: Points) -> Points:
        """Move points from frame pixels to crop pixels."""
        moved = [self.turn * complex(x, y) + self.shift for x, y in points]
        return tuple((point.real, point.imag) for point in moved)


def align(landmarks: Points, margin: float, size_px: int) -> AlignedPlacement:
    """Find the similarity that brings landmarks nearest to the template, in the least squares.

    Args:
        landmarks: Eyes, nose, mouth corners in frame pixels, image-left first.
        margin: Side of the crop over the longer side of the face box; the template holds for 1.3.
        size_px: Side of the crop.

    Source:
        Umeyama 1991, "Least-squares estimation of transformation parameters", without reflection;
        in the plane it is one complex division.
    """
    centred = (np.array(FACE_TEMPLATE) - 0.5) * (TEMPLATE_MARGIN / margin)
    goal = _complex((centred + 0.5) * size_px)
    found = _complex(np.asarray(landmarks, dtype=np.float64))
    spread = found - found.mean()
    turn = complex(np.vdot(spread, goal - goal.mean()) / np.vdot(spread, spread))
    return AlignedPlacement(turn, complex(goal.mean() - turn * found.mean()), size_px)


def _complex(points: NDArray[np.float64]) -> NDArray[np.complex128]:
    return np.asarray(points[:, 0] + 1j * points[:, 1], np.complex128)


def _warp(image: Pixels, turn: complex, shift: complex, size_px: int) -> Pixels:
    # OpenCV counts from a pixel's centre, coordinates here from the image's corner.
    half = complex(0.5, 0.5)
    offset = turn * half + shift - half
    matrix = np.array([[turn.real, -turn.imag, offset.real], [turn.imag, turn.real, offset.imag]])
    warped = cv2.warpAffine(
        image,
        matrix,
        (size_px, size_px),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(warped, np.uint8)
