import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from resgat.errors import ConfigError
from resgat.explain.attribution import Attribution
from resgat.explain.explanation import Cost, Explanation, views
from resgat.explain.faces import Faces
from resgat.explain.metrics.corruptions import (
    CORRUPTIONS,
    blurred,
    flipped,
    flipped_back,
    jpeg,
    resized,
)
from resgat.explain.probe import Passes
from resgat.explain.regions import region_masks
from resgat.types import REGIONS

SIDE = 64
#: Eyes and cheeks change places; nose, mouth, forehead and chin do not.
MIRRORED = [1, 0, 2, 3, 5, 4, 6, 7]


def smooth(num: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(num, 3, 8, 8, generator=generator)
    return torch.nn.functional.interpolate(coarse, SIDE, mode="bicubic").clamp(0, 1)


@pytest.fixture
def batch() -> Faces:
    regions = region_masks(None, SIDE).repeat(2, 1, 1, 1)
    mask = torch.zeros(2, SIDE, SIDE, dtype=torch.bool)
    mask[:, :9, :20] = True
    return Faces(smooth(2), regions, torch.tensor([1, 2]), mask, smooth(2, 1))


def explained(values: Tensor, batch: Faces, native: str, grid: tuple[int, int]) -> Explanation:
    return views(Attribution(values, native, "density"), batch.regions, grid, Cost(Passes(), 0))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_change_is_small_and_the_same_for_a_face_alone(name: str, batch: Faces) -> None:
    change = CORRUPTIONS[name].change
    found = change(batch)
    assert found.pixels.shape == batch.pixels.shape
    assert 0 <= found.pixels.min() <= found.pixels.max() <= 1
    assert found.seed.tolist() == [1, 2]
    alone = change(Faces(*(None if field is None else field[1:] for field in batch)))  # type: ignore[arg-type]
    torch.testing.assert_close(alone.pixels, found.pixels[1:])
    assert found.twin is not None
    assert batch.twin is not None
    torch.testing.assert_close(found.twin, change(batch._replace(pixels=batch.twin)).pixels)
    there = found.pixels.flip(-1) if name == "flip" else found.pixels
    assert (there - batch.pixels).abs().mean() < 0.03
    bare = change(batch._replace(mask=None, twin=None))
    assert (bare.mask, bare.twin) == (None, None)


@pytest.mark.parametrize("name", [name for name in CORRUPTIONS if name != "flip"])
def test_where_nothing_moves_masks_stay(name: str, batch: Faces) -> None:
    found = CORRUPTIONS[name].change(batch)
    assert found.mask is batch.mask
    assert found.regions is batch.regions
    assert not torch.equal(found.pixels, batch.pixels)


@pytest.mark.parametrize("quality", [90, 50])
def test_jpeg_is_pillows(quality: int, batch: Faces) -> None:
    image = (255 * batch.pixels[0].permute(1, 2, 0)).round().numpy().astype(np.uint8)
    code = io.BytesIO()
    Image.fromarray(image).save(code, "JPEG", quality=quality, subsampling="4:2:0")
    expected = np.asarray(Image.open(code)) / 255
    found = jpeg(batch, quality).pixels[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(found, expected, atol=3 / 255)
    assert np.abs(found - expected).mean() < 0.5 / 255


def test_fine_detail_is_lost_in_scaling_and_blurring_and_flat_faces_stay() -> None:
    checks = ((torch.arange(SIDE)[:, None] + torch.arange(SIDE)) % 2).float()
    board = Faces(checks.expand(1, 3, -1, -1), torch.zeros(1, 8, SIDE, SIDE), torch.tensor([0]))
    flat = board._replace(pixels=torch.full_like(board.pixels, 0.4))
    for change in (resized, blurred):
        assert change(board).pixels[..., 4:-4, 4:-4].std() < 0.2 * checks.std()
        torch.testing.assert_close(change(flat).pixels, flat.pixels)
    assert jpeg(board, 10).pixels.shape == board.pixels.shape


def test_a_mirrored_faces_left_eye_is_its_right_one(batch: Faces) -> None:
    found = flipped(batch)
    left, right = REGIONS.index("l_eye"), REGIONS.index("r_eye")
    torch.testing.assert_close(found.regions[:, left], batch.regions[:, right].flip(-1))
    assert found.mask is not None
    assert found.mask[:, :9, -20:].all()
    # The template is symmetric, so that its regions are their own mirror images, but for a rim.
    assert (found.regions ^ batch.regions).float().mean() < 0.01
    for first, again in zip(batch, flipped(found), strict=True):
        torch.testing.assert_close(again, first)


@pytest.mark.parametrize(("native", "cells"), [("pixel", SIDE), ("node", 4), ("region", 0)])
def test_what_follows_the_face_is_brought_back_in_every_view(
    native: str, cells: int, batch: Faces
) -> None:
    values = torch.rand(2, 8) if native == "region" else torch.rand(2, cells, cells)
    mirrored = flipped(batch)
    moved = values[:, MIRRORED] if native == "region" else values.flip(-1)
    if native == "node":
        values, moved = values.flatten(1), moved.flatten(1)
    here = explained(values, batch, native, (4, 4))
    back = flipped_back(explained(moved, mirrored, native, (4, 4)))
    for view in ("pixel", "node", "region", "mass"):
        torch.testing.assert_close(getattr(back, view), getattr(here, view))


def test_what_is_out_of_range_is_refused(batch: Faces) -> None:
    with pytest.raises(ConfigError, match=r"quality: expected a number in \[1, 100\], got 0"):
        jpeg(batch, 0)
    with pytest.raises(ConfigError, match=r"factor: expected a number in \[0, 1\], got 2"):
        resized(batch, 2)
    with pytest.raises(ConfigError, match=r"sigma_px: expected a number in \[0.3, inf\], got 0"):
        blurred(batch, 0)
