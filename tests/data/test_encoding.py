import cv2
import numpy as np
import pytest

from resgat.data.cropping import CropSpec, ImageFormat
from resgat.data.encoding import crop_name, encode_crop, encode_mask, mask_name


def spec(image_format: ImageFormat, quality: int | None = None) -> CropSpec:
    return CropSpec(32, 1.3, {}, image_format=image_format, quality=quality)


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB))


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)


@pytest.fixture
def smooth() -> np.ndarray:
    rows, columns = np.mgrid[:32, :32]
    return np.stack([rows * 7, columns * 7, 200 - rows - columns], axis=-1).astype(np.uint8)


def test_png_keeps_every_pixel(noise: np.ndarray) -> None:
    np.testing.assert_array_equal(decoded(encode_crop(noise, spec("png"))), noise)


@pytest.mark.parametrize(
    ("image_format", "start"), [("png", b"\x89PNG"), ("jpeg", b"\xff\xd8\xff"), ("webp", b"RIFF")]
)
def test_each_format_is_what_it_is_called(
    image_format: ImageFormat, start: bytes, smooth: np.ndarray
) -> None:
    data = encode_crop(smooth, spec(image_format))
    assert data.startswith(start)
    assert np.abs(decoded(data).astype(int) - smooth).mean() < 3


@pytest.mark.parametrize("image_format", ["jpeg", "webp"])
def test_a_lower_quality_is_smaller_and_95_is_the_usual_one(
    image_format: ImageFormat, noise: np.ndarray
) -> None:
    usual, low = encode_crop(noise, spec(image_format)), encode_crop(noise, spec(image_format, 40))
    assert len(low) < len(usual)
    assert usual == encode_crop(noise, spec(image_format, 95))


def test_jpeg_keeps_colours_at_full_resolution() -> None:
    """Stripes of one pixel in colour alone would be gone at half the resolution."""
    stripes = np.zeros((32, 32, 3), np.uint8)
    stripes[:, ::2] = (150, 90, 90)
    stripes[:, 1::2] = (90, 115, 90)
    red = decoded(encode_crop(stripes, spec("jpeg")))[..., 0].astype(int)
    assert (red[:, ::2] - red[:, 1::2]).mean() > 45


def test_a_mask_keeps_its_two_values() -> None:
    mask = np.where(np.eye(16) > 0, 255, 0).astype(np.uint8)
    grey = cv2.imdecode(np.frombuffer(encode_mask(mask), np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(grey, mask)


def test_names_tell_frame_face_and_format() -> None:
    assert crop_name(7, 1, "jpeg") == "000007_1.jpg"
    assert crop_name(1_234_567, image_format="webp") == "1234567_0.webp"
    assert mask_name(7, 1) == "000007_1_mask.png"
    assert mask_name(7) != crop_name(7)
