import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from resgat.errors import IndexSchemaError, ShapeError
from resgat.explain.regions import region_masks, region_shares
from resgat.types import FACE_TEMPLATE, REGIONS

SIZE_PX = 96
MIRRORED = [1, 0, 2, 3, 5, 4, 6, 7]  # l_eye <-> r_eye, l_cheek <-> r_cheek
LANDMARKS = torch.tensor([[31.0, 37.0], [60.0, 42.0], [44.0, 54.0], [33.0, 64.0], [54.0, 68.0]])


def turned(points: Tensor, angle: float, about: Tensor) -> Tensor:
    cos, sin = math.cos(angle), math.sin(angle)
    return (points - about) @ torch.tensor([[cos, sin], [-sin, cos]]) + about


def test_the_template_puts_every_part_where_it_belongs() -> None:
    masks = region_masks(None, SIZE_PX)
    points = (torch.tensor(FACE_TEMPLATE) * SIZE_PX - 0.5).round().long()
    for region, place in (("l_eye", 0), ("r_eye", 1), ("nose", 2)):
        x, y = points[place].tolist()
        assert masks[REGIONS.index(region), y, x]
    rows, cols = torch.meshgrid(torch.arange(SIZE_PX), torch.arange(SIZE_PX), indexing="ij")
    height = {name: rows[mask].float().mean() for name, mask in zip(REGIONS, masks, strict=True)}
    side = {name: cols[mask].float().mean() for name, mask in zip(REGIONS, masks, strict=True)}
    down = ["forehead", "l_eye", "nose", "mouth", "chin"]
    assert sorted(down, key=height.__getitem__) == down
    assert side["l_cheek"] < side["nose"] < side["r_cheek"]
    assert side["l_eye"] < side["nose"] < side["r_eye"]
    assert all(mask.sum() > 50 for mask in masks)


def test_the_eye_is_an_ellipse_of_the_documented_size() -> None:
    # Eyes 40 px apart: semi-axes 0.38 and 0.26 of that, free of neighbours above the eye.
    points = torch.tensor([[30.0, 40.0], [70.0, 40.0], [50.0, 62.0], [35.0, 78.0], [65.0, 78.0]])
    eye = region_masks(points, 100)[0]
    centre_x, centre_y = 30 - 0.03 * 40, 40 - 0.05 * 40
    for x in range(10, 50):
        for y in range(25, 38):
            inside = ((x - centre_x) / 15.2) ** 2 + ((y - centre_y) / 10.4) ** 2 < 1
            assert eye[y, x] == inside


@settings(deadline=None, max_examples=20)
@given(st.lists(st.floats(2, 94), min_size=10, max_size=10))
def test_masks_are_disjoint_for_any_face(numbers: list[float]) -> None:
    points = torch.tensor(numbers).view(5, 2)
    if (points[0] - points[1]).norm() < 1:
        return
    masks = region_masks(points, SIZE_PX)
    assert masks.shape == (8, SIZE_PX, SIZE_PX)
    assert masks.dtype == torch.bool
    assert masks.sum(dim=0).max() <= 1


@pytest.mark.parametrize("reorder", [True, False])
@pytest.mark.parametrize("landmarks", [LANDMARKS, None])
def test_flipping_the_face_swaps_left_and_right(landmarks: Tensor | None, reorder: bool) -> None:
    flipped = landmarks
    if landmarks is not None:
        flipped = torch.stack((SIZE_PX - 1 - landmarks[:, 0], landmarks[:, 1]), dim=1)
        flipped = flipped[[1, 0, 2, 4, 3]] if reorder else flipped
    expected = region_masks(landmarks, SIZE_PX).flip(2)[MIRRORED]
    # Rounding may move a pixel that lies on a border.
    assert (region_masks(flipped, SIZE_PX) != expected).sum() <= 4


@pytest.mark.parametrize("degrees", [-30, 15, 60, 180])
def test_regions_turn_with_the_face(degrees: float) -> None:
    size_px = 160
    face = LANDMARKS + 32
    middle = torch.tensor([79.5, 79.5])
    angle = math.radians(degrees)
    masks = region_masks(turned(face, angle, middle), size_px)
    upright = region_masks(face, size_px)
    # Upside down, the image's left eye is the one that was right.
    upright = upright[MIRRORED] if degrees == 180 else upright
    for before, after in zip(upright, masks, strict=True):
        rows, cols = before.nonzero(as_tuple=True)
        centre = torch.stack((cols.float().mean(), rows.float().mean()))
        rows, cols = after.nonzero(as_tuple=True)
        moved = torch.stack((cols.float().mean(), rows.float().mean()))
        assert (turned(centre, angle, middle) - moved).norm() < 0.5


def test_regions_scale_with_the_crop() -> None:
    small, large = region_masks(None, 64), region_masks(None, 128)
    area = small.flatten(1).float().mean(dim=1)
    torch.testing.assert_close(large.flatten(1).float().mean(dim=1), area, atol=2e-3, rtol=0)


def test_shares_by_hand() -> None:
    masks = torch.zeros(8, 2, 4, dtype=torch.bool)
    masks[0, 0, :2] = True
    masks[3, 1, 3] = True
    heat = torch.tensor([[1.0, -1.0, 2.0, 0.0], [0.0, 0.0, 0.0, 3.0]])
    mass, density = region_shares(heat, masks)
    torch.testing.assert_close(mass, torch.tensor([1 / 6, 0, 0, 0.5, 0, 0, 0, 0]))
    torch.testing.assert_close(density, torch.tensor([0.0, 0, 0, 3.0, 0, 0, 0, 0]))


def test_uniform_heat_gives_equal_densities_and_areas_as_masses() -> None:
    masks = region_masks(None, SIZE_PX)
    mass, density = region_shares(torch.full((SIZE_PX, SIZE_PX), 0.5), masks)
    torch.testing.assert_close(density, torch.full((8,), 0.5))
    torch.testing.assert_close(mass, masks.flatten(1).float().mean(dim=1))
    assert mass.sum() < 1


def test_heat_that_only_speaks_for_real_has_no_mass() -> None:
    masks = region_masks(None, 32)
    mass, density = region_shares(torch.full((32, 32), -1.0), masks)
    assert torch.equal(mass, torch.zeros(8))
    torch.testing.assert_close(density, torch.full((8,), -1.0))


def test_a_region_off_the_crop_is_empty() -> None:
    masks = region_masks(LANDMARKS - torch.tensor([0.0, 38.0]), SIZE_PX)
    forehead = REGIONS.index("forehead")
    assert not masks[forehead].any()
    assert region_shares(torch.ones(SIZE_PX, SIZE_PX), masks).density[forehead] == 0


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_landmarks_that_are_not_finite_are_refused(value: float) -> None:
    points = LANDMARKS.clone()
    points[2, 0] = value
    with pytest.raises(IndexSchemaError, match=r"five finite points.*pass None"):
        region_masks(points, SIZE_PX)


def test_eyes_in_one_place_are_refused() -> None:
    points = LANDMARKS.clone()
    points[1] = points[0]
    with pytest.raises(IndexSchemaError, match="eyes at least 1 px apart"):
        region_masks(points, SIZE_PX)


def test_refusals_of_shape() -> None:
    with pytest.raises(ShapeError, match=r"landmarks: expected shape \(5, 2\)"):
        region_masks(torch.zeros(10), SIZE_PX)
    with pytest.raises(ShapeError, match="pixel_heat: expected shape"):
        region_shares(torch.zeros(1, 4, 4), torch.zeros(8, 4, 4, dtype=torch.bool))
    with pytest.raises(ShapeError, match="same size_px"):
        region_shares(torch.zeros(4, 4), torch.zeros(8, 5, 5, dtype=torch.bool))
