"""Moving a face within its crop: to another place at random, or to the pose of another face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resgat.data.alignment import AlignedPlacement
from resgat.data.planted.regions import Landmarks, plant_masks

_REACH, _TURN_DEG = 0.15, 10.0
#: The mean size of a face after the jitter: it must be smaller than the crop to be moved in it.
_SCALE = 0.9
_EDGE_PX = 1.0


def nearest_pose(found: Landmarks, goal: Landmarks, size_px: int) -> AlignedPlacement:
    """Return the similarity that brings landmarks nearest to others, in the least squares."""
    here, there = _complex(found), _complex(goal)
    spread = here - here.mean()
    turn = complex(np.vdot(spread, there - there.mean()) / np.vdot(spread, spread))
    return AlignedPlacement(turn, complex(there.mean() - turn * here.mean()), size_px)


def jittered(
    landmarks: Landmarks, side_px: int, size_px: int, rng: np.random.Generator
) -> AlignedPlacement:
    """Return a random move: +-15 % in size and place, +-10 degrees, all eight regions in sight.

    Args:
        landmarks: Eyes, nose, mouth corners in px of the source.
        side_px: Side of the source.
        size_px: Side of the result.
        rng: Decides the move.
    """
    scale = _SCALE * (1 + rng.uniform(-_REACH, _REACH)) * size_px / side_px
    turn = complex(scale * np.exp(1j * np.radians(rng.uniform(-_TURN_DEG, _TURN_DEG))))
    box = _face_box(landmarks, turn)
    room = size_px - 2 * _EDGE_PX
    shrink = min(1.0, room / float(np.ptp(box, axis=0).max()))
    low = _EDGE_PX - shrink * box[0]
    high = size_px - _EDGE_PX - shrink * box[1]
    middle = turn * complex(side_px / 2, side_px / 2)
    centred = size_px / 2 - shrink * np.array([middle.real, middle.imag])
    moved = centred + size_px * rng.uniform(-_REACH, _REACH, 2)
    shift = np.clip(moved, low, np.maximum(low, high))
    return AlignedPlacement(shrink * turn, complex(*shift), size_px)


def moved(landmarks: Landmarks, placement: AlignedPlacement) -> Landmarks:
    """Return where a move takes landmarks."""
    points = placement.move(tuple((float(x), float(y)) for x, y in landmarks))
    return np.asarray(points, np.float32)


def _face_box(landmarks: Landmarks, turn: complex) -> NDArray[np.float64]:
    """Return the corners (2, 2), lower first, of all regions after turning about the origin."""
    turned = _complex(landmarks) * turn
    points = np.stack((turned.real, turned.imag), 1)
    reach = float(np.ptp(points, axis=0).max())
    corner = points.min(0) - 2 * reach
    canvas = int(np.ceil(5 * reach)) + 1
    rows, cols = np.nonzero(plant_masks((points - corner).astype(np.float32), canvas).any(0))
    box = np.array([[cols.min(), rows.min()], [cols.max() + 1, rows.max() + 1]])
    return np.asarray(box + corner, np.float64)


def _complex(points: NDArray[np.floating]) -> NDArray[np.complex128]:
    return np.asarray(points[:, 0] + 1j * points[:, 1], np.complex128)
