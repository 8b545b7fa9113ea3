from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.cropping import CropSpec, SquarePlacement, cut_square
from resgat.errors import ConfigError

DETECTOR = {"name": "fixed", "min_prob": 0.9}


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def test_a_crop_of_its_own_size_is_the_frames_pixels() -> None:
    frame = noise(40, 50, 3)
    crop = SquarePlacement((10, 5, 30, 25), 20).cut(frame)
    np.testing.assert_array_equal(crop, frame[5:25, 10:30])
    assert crop.flags.c_contiguous


def test_beyond_the_frame_the_edge_repeats() -> None:
    frame = noise(4, 6, 3)
    expected = np.pad(frame, ((2, 2), (1, 1), (0, 0)), mode="edge")
    np.testing.assert_array_equal(cut_square(frame, (-1, -2, 7, 6)), expected)


def test_a_mask_is_cut_like_an_image_of_three_equal_channels() -> None:
    mask = noise(40, 50)
    frame = mask[..., None].repeat(3, axis=2)
    for size_px in (16, 20, 37):
        placement = SquarePlacement((35, -3, 55, 17), size_px)
        np.testing.assert_array_equal(placement.cut(mask), placement.cut(frame)[..., 1])


def test_shrinking_averages() -> None:
    frame = np.zeros((8, 8, 3), np.uint8)
    frame[::4, ::4] = 160
    np.testing.assert_array_equal(SquarePlacement((0, 0, 8, 8), 2).cut(frame), 10)


def test_enlarging_keeps_a_uniform_frame() -> None:
    frame = np.full((10, 10, 3), 77, np.uint8)
    crop = SquarePlacement((2, 2, 8, 8), 24).cut(frame)
    assert crop.shape == (24, 24, 3)
    np.testing.assert_array_equal(crop, 77)


@given(st.floats(0, 100), st.floats(0, 100), st.integers(16, 512))
def test_moved_points_return_to_the_frame(x: float, y: float, size_px: int) -> None:
    ((u, v),) = SquarePlacement((10, 20, 60, 70), size_px).move(((x, y),))
    np.testing.assert_allclose((u * 50 / size_px + 10, v * 50 / size_px + 20), (x, y), atol=1e-9)


def test_equal_specs_have_one_hash() -> None:
    spec = CropSpec(224, 1, DETECTOR)
    assert spec.hash == CropSpec(224, 1.0, dict(reversed(DETECTOR.items()))).hash
    assert len(spec.hash) == 12


@pytest.mark.parametrize(
    "change",
    [
        {"size_px": 225},
        {"margin": 1.3},
        {"detector": DETECTOR | {"min_prob": 0.8}},
        {"alignment": "similarity"},
        {"image_format": "jpeg"},
        {"image_format": "jpeg", "quality": 90},
        {"image_format": "webp"},
        {"frames_per_video": 31},
        {"frames_per_video": None},
        {"stride": 2},
        {"resample": 1},
    ],
)
def test_each_setting_counts(change: dict[str, Any]) -> None:
    usual: dict[str, Any] = {"size_px": 224, "margin": 1.0, "detector": DETECTOR}
    hashes = {CropSpec(**settings).hash for settings in (usual, usual | change)}
    assert len(hashes) == 2
    if "quality" in change:
        assert CropSpec(**usual | change).hash != CropSpec(**usual | {"image_format": "jpeg"}).hash


def test_png_has_no_quality_and_the_others_have_95() -> None:
    assert CropSpec(64, 1.3, {}).quality is None
    assert CropSpec(64, 1.3, {}, image_format="webp").quality == 95
    assert (
        CropSpec(64, 1.3, {}, image_format="jpeg").hash
        == CropSpec(64, 1.3, {}, image_format="jpeg", quality=95).hash
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size_px": 8}, r"size_px: expected a number in \[16, 4096\], got 8"),
        ({"margin": 0.5}, r"margin: expected a number in \[1, 4\], got 0.5"),
        ({"alignment": "eyes"}, "alignment: expected one of none, similarity; got 'eyes'"),
        ({"image_format": "jpg"}, r"image_format: expected one of .*Did you mean 'jpeg'\?"),
        ({"stride": 0}, "stride: expected a number"),
        ({"resample": -1}, "resample: expected a number"),
        ({"frames_per_video": 0}, "frames_per_video: expected a number"),
        ({"image_format": "jpeg", "quality": 0}, r"quality: expected a number in \[1, 100\]"),
        ({"quality": 95}, "quality: PNG is lossless and has none, got 95; leave it out"),
    ],
)
def test_settings_out_of_range_are_refused(change: dict[str, Any], message: str) -> None:
    usual: dict[str, Any] = {"size_px": 224, "margin": 1.3, "detector": {}}
    with pytest.raises(ConfigError, match=message):
        CropSpec(**usual | change)
