"""Known changes of known pictures; the higher the level the worse, and nothing else matters."""

import io
import tracemalloc
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image
from scipy.ndimage import gaussian_filter

from resgat.errors import ConfigError
from resgat.robustness.corruptions import (
    BrightnessContrast,
    CropShift,
    Downscale,
    GaussianBlur,
    GaussianNoise,
    Jpeg,
    Occlusion,
)
from resgat.robustness.draws import Draws
from resgat.robustness.graded import NUM_LEVELS
from resgat.run.instantiate import build_named

_SIDES = ((0, 1), (0, -1), (1, 0), (-1, 0))
LEVELS = range(1, NUM_LEVELS + 1)
CONF = Path(__file__).resolve().parents[2] / "conf" / "robustness" / "paper.yaml"
PAPER = yaml.safe_load(CONF.read_text("utf-8"))["corruptions"]


def draws(clip: np.ndarray, key: object = 0) -> Draws:
    return Draws(str(key), range(len(clip)))


def psnr(found: np.ndarray, clip: np.ndarray) -> float:
    error = np.mean((found.astype(float) - clip) ** 2)
    return float(10 * np.log10(255**2 / error))


@pytest.fixture(params=sorted(PAPER))
def corruption(request: pytest.FixtureRequest) -> Any:
    if request.param == "h264":
        pytest.importorskip("av", reason="needs the extra robustness")
    return build_named({"it": PAPER[request.param]})["it"]


def test_each_level_is_worse_than_the_one_before(corruption: Any, clip: np.ndarray) -> None:
    quality = [psnr(corruption(clip, level, draws(clip)), clip) for level in LEVELS]
    assert quality == sorted(quality, reverse=True)
    assert len(set(quality)) == NUM_LEVELS
    assert quality[0] > 15


def test_the_same_random_numbers_give_the_same_clip_and_the_input_stays(
    corruption: Any, clip: np.ndarray
) -> None:
    before = clip.copy()
    first, again = corruption(clip, 3, draws(clip)), corruption(clip, 3, draws(clip))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(clip, before)
    assert (first.shape, first.dtype) == (clip.shape, np.uint8)


def test_a_crop_of_any_size_keeps_it(corruption: Any, clip: np.ndarray) -> None:
    part = clip[:1, :33, :47]
    assert corruption(part, 5, draws(part)).shape == part.shape


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


@pytest.mark.parametrize(
    ("kind", "values", "order"),
    [
        (Jpeg, [10, 30, 50, 70, 90], "falling"),
        (GaussianBlur, [1, 2, 3, 4, 3.5], "rising"),
        (GaussianNoise, [0.2, 0.1, 0, 0, 0], "rising"),
        (Downscale, [0.1, 0.2, 0.3, 0.4, 0.5], "falling"),
        (BrightnessContrast, [0.5, 0.4, 0.3, 0.2, 0.1], "rising"),
        (CropShift, [0.5, 0.4, 0.3, 0.2, 0.1], "rising"),
        (Occlusion, [0.5, 0.4, 0.3, 0.2, 0.1], "rising"),
    ],
)
def test_levels_in_the_wrong_order_are_refused(kind: Any, values: Any, order: str) -> None:
    with pytest.raises(ConfigError) as refused:
        kind(values)
    assert f": expected {order} values, mild to severe, got {values}" in str(refused.value)


def test_a_quality_that_jpeg_would_cut_down_is_refused() -> None:
    qualities: Any = [90, 70.5, 50, 30, 10]
    with pytest.raises(ConfigError, match=r"Jpeg.quality: expected whole numbers, got \[90, 70.5"):
        Jpeg(qualities)


def test_jpeg_is_that_of_another_library(clip: np.ndarray) -> None:
    found = Jpeg([50] * 5)(clip, 1, draws(clip))
    for crop, mine in zip(clip, found, strict=True):
        file = io.BytesIO()
        Image.fromarray(crop).save(file, "JPEG", quality=50, subsampling="4:2:0")
        theirs = np.asarray(Image.open(file))
        assert np.abs(theirs.astype(int) - mine).mean() < 1


def test_blur_is_a_gaussian(clip: np.ndarray) -> None:
    found = GaussianBlur([2] * 5)(clip, 1, draws(clip))
    theirs = gaussian_filter(clip.astype(float), (0, 2, 2, 0), mode="mirror", truncate=3)
    assert np.abs(found - theirs).max() < 2


def test_noise_has_the_standard_deviation_that_it_says() -> None:
    grey = np.full((3, 96, 96, 3), 128, np.uint8)
    noise = GaussianNoise([0.04] * 5)(grey, 1, draws(grey)).astype(float) - 128
    assert noise.std() == pytest.approx(0.04 * 255, rel=0.02)
    assert noise.mean() == pytest.approx(0, abs=0.2)
    assert np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1] == pytest.approx(0, abs=0.03)


def test_worse_noise_is_the_same_noise_scaled() -> None:
    grey = np.full((2, 32, 32, 3), 128, np.uint8)
    noise = GaussianNoise([0.01, 0.02, 0.04, 0.08, 0.08])
    mild, severe = (noise(grey, level, draws(grey)).astype(float) - 128 for level in (2, 4))
    # Rounded to whole greys: half of one, and four halves.
    assert np.abs(severe - 4 * mild).max() <= 2.5


def test_a_frame_keeps_its_noise_and_its_shift_where_others_are_missing(clip: np.ndarray) -> None:
    for corruption in (GaussianNoise([0.05] * 5), CropShift([0.2] * 5)):
        whole = corruption(clip, 1, Draws("pair", [0, 10, 20, 30]))
        part = corruption(clip[[0, 2, 3]], 1, Draws("pair", [0, 20, 30]))
        np.testing.assert_array_equal(part, whole[[0, 2, 3]])


def test_downscaling_keeps_means_of_blocks() -> None:
    square = np.array([[0, 40], [80, 200]], np.uint8)
    clip = np.repeat(square[None, :, :, None], 3, axis=3)
    assert (Downscale([0.5] * 5)(clip, 1, draws(clip)) == 80).all()
    np.testing.assert_array_equal(Downscale([1] * 5)(clip, 1, draws(clip)), clip)


def test_brightness_and_contrast_change_mean_and_spread() -> None:
    clip = np.zeros((1, 2, 2, 3), np.uint8)
    clip[:, 0], clip[:, 1] = 100, 140
    outcomes = {
        tuple(BrightnessContrast([0.2] * 5)(clip, 1, draws(clip, key))[0, :, 0, 0])
        for key in range(40)
    }
    # Mean 120, half spread 20: contrast makes it 16 or 24, brightness moves all by 25.5.
    assert outcomes == {(122, 170), (130, 162), (70, 118), (78, 110)}


def test_worse_tones_have_the_same_signs() -> None:
    clip = np.zeros((1, 2, 2, 3), np.uint8)
    clip[:, 0], clip[:, 1] = 100, 140
    corruption = BrightnessContrast([0.1, 0.2, 0.3, 0.4, 0.5])
    ways = set()
    for key in range(40):
        found = [corruption(clip, level, draws(clip, key)).astype(float) for level in LEVELS]
        signs = {(one.mean() > 120, one[0, 1, 0, 0] - one[0, 0, 0, 0] > 40) for one in found}
        assert len(signs) == 1
        ways |= signs
    assert len(ways) == 4


@pytest.mark.parametrize(
    "corruption", [GaussianNoise([0.1] * 5), BrightnessContrast([0.1] * 5)], ids=["noise", "tones"]
)
def test_a_long_track_is_never_held_as_floats(corruption: Any) -> None:
    """2,000 frames of 224 pixels take 0.3 GB as bytes, and 2.4 GB as floats of eight bytes."""
    track = np.full((100, 64, 64, 3), 100, np.uint8)
    tracemalloc.start()
    try:
        corruption(track, 1, draws(track))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * track.nbytes


def test_a_shift_moves_every_pixel_by_the_same_number_and_repeats_the_edge() -> None:
    crop = (np.arange(40 * 40 * 3) % 251).astype(np.uint8).reshape(40, 40, 3)
    clip = np.stack([crop] * 8)
    found = CropShift([0.1] * 5)(clip, 1, draws(clip))
    moved = {
        "left": np.concatenate([clip[0, :, 4:], *[clip[0, :, -1:]] * 4], axis=1),
        "right": np.concatenate([*[clip[0, :, :1]] * 4, clip[0, :, :-4]], axis=1),
        "up": np.concatenate([clip[0, 4:], *[clip[0, -1:]] * 4]),
        "down": np.concatenate([*[clip[0, :1]] * 4, clip[0, :-4]]),
    }
    ways = [[way for way, other in moved.items() if (other == crop).all()] for crop in found]
    assert all(len(way) == 1 for way in ways)
    assert len({way[0] for way in ways}) > 1  # each crop in a direction of its own


def test_a_worse_shift_is_one_in_the_same_direction() -> None:
    ramp = np.add.outer(np.arange(64), 3 * np.arange(64) % 64)  # no two directions alike
    clip = np.repeat(np.stack([ramp] * 8)[..., None], 3, axis=3).astype(np.uint8)
    corruption = CropShift([0.05, 0.1, 0.15, 0.2, 0.25])
    for frame, crop in enumerate(clip):
        reach = {}
        for level in LEVELS:
            found = corruption(clip, level, draws(clip))[frame]
            shift = round(corruption.values[level - 1] * 64)
            moved = [np.roll(crop, (-a * shift, -b * shift), (0, 1)) for a, b in _SIDES]
            inside = np.s_[shift:-shift, shift:-shift]
            same = [n for n, one in enumerate(moved) if (one[inside] == found[inside]).all()]
            reach[level] = same
        assert len({tuple(same) for same in reach.values()}) == 1, reach
        assert len(reach[1]) == 1


@pytest.mark.parametrize("key", range(20))
def test_a_larger_box_holds_the_smaller_ones(key: int) -> None:
    black = np.zeros((1, 37, 53, 3), np.uint8)
    corruption = Occlusion([0.02, 0.05, 0.1, 0.2, 0.3])
    boxes = [corruption(black, level, draws(black, key)) == 127 for level in LEVELS]
    for smaller, larger in pairwise(boxes):
        assert (larger | ~smaller).all()
        assert larger.sum() > smaller.sum()


def test_the_share_of_the_area_is_covered_in_one_place_of_all_frames() -> None:
    black = np.zeros((3, 40, 60, 3), np.uint8)
    covered = Occlusion([0.25] * 5)(black, 1, draws(black)) == 127
    assert covered.mean() == 0.25
    assert (covered == covered[0]).all()
    rows, columns = np.flatnonzero(covered[0].any((1, 2))), np.flatnonzero(covered[0].any((0, 2)))
    assert (len(rows), len(columns)) == (20, 30)
    everywhere = Occlusion([1] * 5)(black, 1, draws(black))
    assert (everywhere == 127).all()


def test_the_box_may_lie_anywhere() -> None:
    black = np.zeros((1, 8, 8, 3), np.uint8)
    seen = np.zeros((8, 8), bool)
    for key in range(400):
        seen |= Occlusion([0.05] * 5)(black, 1, draws(black, key))[0, :, :, 0] == 127
    assert seen.all()
