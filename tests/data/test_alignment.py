import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.alignment import AlignedPlacement, align
from resgat.data.cropping import Placement, SquarePlacement
from resgat.data.geometry import Points
from resgat.types import FACE_TEMPLATE

turns = st.builds(
    lambda angle, scale: scale * np.exp(1j * angle), st.floats(-1.2, 1.2), st.floats(0.2, 3)
)
shifts = st.complex_numbers(max_magnitude=500)
points_5 = st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 200)), min_size=5, max_size=5, unique=True
)


def template(size_px: int, margin: float) -> np.ndarray:
    return ((np.array(FACE_TEMPLATE) - 0.5) * (1.3 / margin) + 0.5) * size_px


def umeyama(source: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Umeyama 1991, equations 38 to 42, by singular values; gives a 2 x 3 matrix."""
    source_mean, goal_mean = source.mean(0), goal.mean(0)
    covariance = (goal - goal_mean).T @ (source - source_mean) / len(source)
    u, singular, vt = np.linalg.svd(covariance)
    sign = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    rotation = u @ np.diag(sign) @ vt
    scale = (singular * sign).sum() / (source - source_mean).var(0).sum()
    return np.column_stack([scale * rotation, goal_mean - scale * rotation @ source_mean])


@given(points_5, st.floats(1, 2), st.integers(16, 512))
def test_it_agrees_with_umeyamas_method(found: Points, margin: float, size_px: int) -> None:
    expected = umeyama(np.array(found, float), template(size_px, margin))
    placement = align(found, margin, size_px)
    linear = [
        [placement.turn.real, -placement.turn.imag],
        [placement.turn.imag, placement.turn.real],
    ]
    shift = [placement.shift.real, placement.shift.imag]
    # Where the points have no direction in common with the template, any turn is as good.
    if np.linalg.norm(expected[:, :2]) > 1e-3 * size_px / 200:
        np.testing.assert_allclose(np.column_stack([linear, shift]), expected, atol=1e-6 * size_px)


@given(turns, shifts, st.sampled_from([1.0, 1.3, 1.8]))
def test_landmarks_land_on_the_template(turn: complex, shift: complex, margin: float) -> None:
    goal = template(224, margin)
    frame = (goal[:, 0] + 1j * goal[:, 1] - shift) / turn
    landmarks = tuple(zip(frame.real.tolist(), frame.imag.tolist(), strict=True))
    placement = align(landmarks, margin, 224)
    np.testing.assert_allclose(placement.move(landmarks), goal, atol=1e-6)
    assert placement.turn == pytest.approx(turn)


def test_an_upright_face_at_the_templates_scale_is_a_plain_square() -> None:
    landmarks = tuple((x + 30, y + 20) for x, y in template(64, 1.3).tolist())
    placement = align(landmarks, 1.3, 64)
    frame = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    np.testing.assert_array_equal(placement.cut(frame), frame[20:84, 30:94])


def gradient(height: int, width: int) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    return np.asarray(columns + rows, np.uint8)


@given(st.floats(-0.7, 0.7), st.floats(0.3, 2.5), st.integers(70, 90), st.integers(50, 70))
def test_a_linear_ramp_stays_what_it_is_where_its_points_move_to(
    angle: float, scale: float, x: int, y: int
) -> None:
    turn = scale * complex(np.exp(1j * angle))
    placement = AlignedPlacement(turn, complex(32, 32) - turn * complex(x, y), 64)
    crop = placement.cut(gradient(120, 160))
    for u, v in ((20.5, 32.5), (32.5, 32.5), (40.5, 25.5)):
        origin = (complex(u, v) - placement.shift) / turn
        # A pixel's value is that of its centre, which lies half a pixel from its corner.
        inside = 0.5 <= origin.real <= 159 and 0.5 <= origin.imag <= 119
        if inside:
            expected = origin.real + origin.imag - 1
            assert crop[int(v), int(u)] == pytest.approx(expected, abs=1.5)


PLACEMENTS: list[Placement] = [
    SquarePlacement((30, 20, 90, 80), 60),
    SquarePlacement((30, 20, 90, 80), 30),
    SquarePlacement((30, 20, 90, 80), 150),
    AlignedPlacement(1 + 0j, -30 - 20j, 64),
    AlignedPlacement(0.5 * np.exp(0.4j), 3 - 20j, 64),
    AlignedPlacement(2.5 * np.exp(-0.3j), -120 - 40j, 160),
]


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("dot", [(50, 40), (60, 52), (70, 50)])
def test_a_bright_dot_lands_where_its_point_moves_to(
    placement: Placement, dot: tuple[int, int]
) -> None:
    frame = np.zeros((120, 160, 3), np.uint8)
    x, y = dot
    frame[y - 2 : y + 3, x - 2 : x + 3] = 255
    crop = placement.cut(frame)[..., 0].astype(float)
    rows, columns = np.mgrid[: crop.shape[0], : crop.shape[1]] + 0.5
    centre = ((crop * columns).sum() / crop.sum(), (crop * rows).sum() / crop.sum())
    ((u, v),) = placement.move(((x + 0.5, y + 0.5),))
    np.testing.assert_allclose(centre, (u, v), atol=0.2)


def test_beyond_the_frame_the_edge_repeats() -> None:
    frame = np.full((40, 40, 3), 90, np.uint8)
    placement = AlignedPlacement(np.exp(0.5j), 60 + 60j, 64)  # the frame lies in a corner
    np.testing.assert_array_equal(placement.cut(frame), 90)


@given(turns, shifts)
def test_the_square_holds_every_corner_of_the_crop(turn: complex, shift: complex) -> None:
    placement = AlignedPlacement(turn, shift, 64)
    left, top, right, bottom = placement.square
    assert right - left == bottom - top
    for corner in (0, 64, 64j, 64 + 64j):
        point = (corner - shift) / turn
        assert left - 1e-6 <= point.real <= right + 1e-6
        assert top - 1e-6 <= point.imag <= bottom + 1e-6


@pytest.mark.parametrize("scale", [0.25, 0.5])
def test_shrinking_does_not_alias(scale: float) -> None:
    """Stripes finer than a crop's pixel become grey, not other stripes."""
    frame = np.zeros((240, 240, 3), np.uint8)
    frame[:, ::2] = 255
    turn = scale * complex(np.exp(0.2j))
    crop = AlignedPlacement(turn, complex(24, 24) - turn * complex(120, 120), 48).cut(frame)
    naive = cv2.warpAffine(
        frame, np.array([[turn.real, -turn.imag, 0], [turn.imag, turn.real, 0]]), (48, 48)
    )
    assert crop.std() < 8 < naive[:, :40].std()
