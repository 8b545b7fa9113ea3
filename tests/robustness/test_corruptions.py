"""Known changes of known pictures; the higher the level the worse, and nothing else matters."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image
from scipy.ndimage import gaussian_filter

from resgat.errors import ConfigError, ShapeError
from resgat.robustness.corruptions import (
    NUM_LEVELS,
    BrightnessContrast,
    CropShift,
    Downscale,
    GaussianBlur,
    GaussianNoise,
    Graded,
    Jpeg,
    Occlusion,
)
from resgat.run.instantiate import build_named

LEVELS = range(1, NUM_LEVELS + 1)
CONF = Path(__file__).resolve().parents[2] / "conf" / "robustness" / "paper.yaml"
PAPER = yaml.safe_load(CONF.read_text("utf-8"))["corruptions"]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def psnr(found: np.ndarray, clip: np.ndarray) -> float:
    error = np.mean((found.astype(float) - clip) ** 2)
    return float(10 * np.log10(255**2 / error))


@pytest.fixture(params=sorted(PAPER))
def corruption(request: pytest.FixtureRequest) -> Any:
    if request.param == "h264":
        pytest.importorskip("av", reason="needs the extra robustness")
    return build_named({"it": PAPER[request.param]})["it"]


def test_each_level_is_worse_than_the_one_before(corruption: Any, clip: np.ndarray) -> None:
    quality = [psnr(corruption(clip, level, rng(level)), clip) for level in LEVELS]
    assert quality == sorted(quality, reverse=True)
    assert len(set(quality)) == NUM_LEVELS
    assert quality[0] > 15


def test_the_same_random_numbers_give_the_same_clip_and_the_input_stays(
    corruption: Any, clip: np.ndarray
) -> None:
    before = clip.copy()
    first, again = corruption(clip, 3, rng()), corruption(clip, 3, rng())
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(clip, before)
    assert (first.shape, first.dtype) == (clip.shape, np.uint8)


def test_a_crop_of_any_size_keeps_it(corruption: Any, clip: np.ndarray) -> None:
    part = clip[:1, :33, :47]
    assert corruption(part, 5, rng()).shape == part.shape


@pytest.mark.parametrize("level", [0, 6, -1, 2.5])
def test_a_level_that_there_is_not_is_refused(level: Any, clip: np.ndarray) -> None:
    with pytest.raises(ConfigError, match=r"level: expected 1 \(mild\) to 5 \(severe\), got"):
        Jpeg([90, 70, 50, 30, 10])(clip, level, rng())


@pytest.mark.parametrize(
    "clip",
    [
        np.zeros((2, 16, 16), np.uint8),
        np.zeros((16, 16, 3), np.uint8),
        np.zeros((2, 16, 16, 1), np.uint8),
        np.zeros((2, 16, 16, 3), np.float32),
        np.zeros((0, 16, 16, 3), np.uint8),
    ],
)
def test_what_is_no_clip_is_refused(clip: np.ndarray) -> None:
    with pytest.raises(ShapeError, match=r"clip: expected uint8 \(T, H, W, 3\), got "):
        Jpeg([90, 70, 50, 30, 10])(clip, 1, rng())


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (Jpeg, [90, 70], r"Jpeg.quality: expected 5 values, mild to severe, got \[90, 70\]"),
        (Jpeg, [101, 1, 1, 1, 1], r"Jpeg.quality: expected a number in \[1, 100\], got 101"),
        (GaussianBlur, [0] * 5, r"GaussianBlur.sigma_px: expected a number in \[0.1, 100\], got 0"),
        (GaussianNoise, [-1] * 5, r"GaussianNoise.std: expected a number in \[0, 1\], got -1"),
        (Downscale, [2] * 5, r"Downscale.factor: expected a number in \[0.01, 1\], got 2"),
        (BrightnessContrast, [2] * 5, r"BrightnessContrast.change: expected .* got 2"),
        (CropShift, [2] * 5, r"CropShift.share_of_side: expected .* got 2"),
        (Occlusion, [2] * 5, r"Occlusion.share_of_area: expected .* got 2"),
    ],
)
def test_a_parameter_out_of_range_is_refused(kind: Any, values: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        kind(values)


def test_the_parameter_of_each_level_is_known() -> None:
    jpeg: Graded = Jpeg([90, 70, 50, 30, 10])
    assert (jpeg.parameter, jpeg.values) == ("quality", (90, 70, 50, 30, 10))


def test_jpeg_is_that_of_another_library(clip: np.ndarray) -> None:
    found = Jpeg([50] * 5)(clip, 1, rng())
    for crop, mine in zip(clip, found, strict=True):
        file = io.BytesIO()
        Image.fromarray(crop).save(file, "JPEG", quality=50, subsampling="4:2:0")
        theirs = np.asarray(Image.open(file))
        assert np.abs(theirs.astype(int) - mine).mean() < 1


def test_blur_is_a_gaussian(clip: np.ndarray) -> None:
    found = GaussianBlur([2] * 5)(clip, 1, rng())
    theirs = gaussian_filter(clip.astype(float), (0, 2, 2, 0), mode="mirror", truncate=3)
    assert np.abs(found - theirs).max() < 2


def test_noise_has_the_standard_deviation_that_it_says() -> None:
    grey = np.full((3, 96, 96, 3), 128, np.uint8)
    noise = GaussianNoise([0.04] * 5)(grey, 1, rng()).astype(float) - 128
    assert noise.std() == pytest.approx(0.04 * 255, rel=0.02)
    assert noise.mean() == pytest.approx(0, abs=0.2)
    assert np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1] == pytest.approx(0, abs=0.03)


def test_downscaling_keeps_means_of_blocks() -> None:
    square = np.array([[0, 40], [80, 200]], np.uint8)
    clip = np.repeat(square[None, :, :, None], 3, axis=3)
    assert (Downscale([0.5] * 5)(clip, 1, rng()) == 80).all()
    np.testing.assert_array_equal(Downscale([1] * 5)(clip, 1, rng()), clip)


def test_brightness_and_contrast_change_mean_and_spread() -> None:
    clip = np.zeros((1, 2, 2, 3), np.uint8)
    clip[:, 0], clip[:, 1] = 100, 140
    outcomes = {
        tuple(BrightnessContrast([0.2] * 5)(clip, 1, rng(seed))[0, :, 0, 0]) for seed in range(40)
    }
    # Mean 120, half spread 20: contrast makes it 16 or 24, brightness moves all by 25.5.
    assert outcomes == {(122, 170), (130, 162), (70, 118), (78, 110)}


def test_a_shift_moves_every_pixel_by_the_same_number_and_repeats_the_edge() -> None:
    crop = (np.arange(40 * 40 * 3) % 251).astype(np.uint8).reshape(40, 40, 3)
    clip = np.stack([crop] * 8)
    found = CropShift([0.1] * 5)(clip, 1, rng(1))
    moved = {
        "left": np.concatenate([clip[0, :, 4:], *[clip[0, :, -1:]] * 4], axis=1),
        "right": np.concatenate([*[clip[0, :, :1]] * 4, clip[0, :, :-4]], axis=1),
        "up": np.concatenate([clip[0, 4:], *[clip[0, -1:]] * 4]),
        "down": np.concatenate([*[clip[0, :1]] * 4, clip[0, :-4]]),
    }
    ways = [[way for way, other in moved.items() if (other == crop).all()] for crop in found]
    assert all(len(way) == 1 for way in ways)
    assert len({way[0] for way in ways}) > 1  # each crop in a direction of its own


def test_the_share_of_the_area_is_covered_in_one_place_of_all_frames() -> None:
    black = np.zeros((3, 40, 60, 3), np.uint8)
    covered = Occlusion([0.25] * 5)(black, 1, rng()) == 127
    assert covered.mean() == 0.25
    assert (covered == covered[0]).all()
    rows, columns = np.flatnonzero(covered[0].any((1, 2))), np.flatnonzero(covered[0].any((0, 2)))
    assert (len(rows), len(columns)) == (20, 30)
    everywhere = Occlusion([1] * 5)(black, 1, rng())
    assert (everywhere == 127).all()


def test_the_box_may_lie_anywhere() -> None:
    black = np.zeros((1, 8, 8, 3), np.uint8)
    seen = np.zeros((8, 8), bool)
    for seed in range(400):
        seen |= Occlusion([0.05] * 5)(black, 1, rng(seed))[0, :, :, 0] == 127
    assert seen.all()
