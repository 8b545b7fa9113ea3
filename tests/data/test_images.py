import struct
import zlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from resgat.data.images import MIN_SIDE_PX, decode_crop, decode_mask
from resgat.errors import CropReadError

RGB = np.random.default_rng(0).integers(0, 256, (20, 24, 3), np.uint8)


def read_crop(path: Path) -> NDArray[np.uint8]:
    return decode_crop(path.read_bytes(), str(path))


def read_mask(path: Path) -> NDArray[np.bool_]:
    return decode_mask(path.read_bytes(), str(path))


def save(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize("name", ["crop.png", "crop.webp"])
def test_lossless_crop_comes_back(name: str, tmp_path: Path) -> None:
    path = save(tmp_path / name, Image.fromarray(RGB), lossless=True)
    crop = read_crop(path)
    assert crop.dtype == np.uint8
    assert crop.flags.writeable
    np.testing.assert_array_equal(crop, RGB)


def test_jpeg_crop_agrees_with_opencv(tmp_path: Path) -> None:
    path = save(tmp_path / "crop.jpg", Image.fromarray(RGB))
    theirs = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert theirs is not None
    assert np.abs(read_crop(path).astype(int) - theirs).max() <= 2


def test_kind_is_read_from_the_content_not_the_name(tmp_path: Path) -> None:
    path = save(tmp_path / "crop.jpg", Image.fromarray(RGB), format="PNG")
    np.testing.assert_array_equal(read_crop(path), RGB)


@pytest.mark.parametrize(
    ("mode", "found"),
    [
        ("L", "is a grey image"),
        ("1", "is a 1-bit image"),
        ("LA", "is a grey"),
        ("P", "is a palette image"),
        ("RGBA", "is an RGB"),
        ("I;16", "is a 16-bit grey image"),
    ],
)
def test_png_of_another_kind_is_refused(mode: str, found: str, tmp_path: Path) -> None:
    image = Image.new(mode, (20, 20)) if mode == "I;16" else Image.fromarray(RGB).convert(mode)
    path = save(tmp_path / "crop.png", image)
    with pytest.raises(CropReadError) as caught:
        read_crop(path)
    message = str(caught.value)
    assert message.startswith(f"{path} {found}")
    assert "expected an 8-bit RGB image" in message
    assert "preprocess.py" in message


def test_16_bit_rgb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "crop.png"
    cv2.imwrite(str(path), RGB.astype(np.uint16) * 257)
    with pytest.raises(CropReadError, match="is an RGB image of 16 bits; expected"):
        read_crop(path)


def test_transparent_colour_counts_as_alpha(tmp_path: Path) -> None:
    path = save(tmp_path / "crop.png", Image.fromarray(RGB), transparency=(0, 0, 0))
    with pytest.raises(CropReadError, match=r"is an RGB \+ alpha image"):
        read_crop(path)


@pytest.mark.parametrize(("mode", "found"), [("CMYK", "a CMYK"), ("L", "a grey")])
def test_jpeg_of_another_kind_is_refused(mode: str, found: str, tmp_path: Path) -> None:
    path = save(tmp_path / "crop.jpg", Image.fromarray(RGB).convert(mode))
    with pytest.raises(CropReadError, match=f"is {found} image; expected"):
        read_crop(path)


def test_other_format_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "crop.png", Image.fromarray(RGB), format="BMP")
    with pytest.raises(CropReadError, match="is no such image; expected"):
        read_crop(path)


def test_animation_is_refused(tmp_path: Path) -> None:
    frames = [Image.fromarray(RGB), Image.fromarray(255 - RGB)]
    path = save(tmp_path / "crop.webp", frames[0], save_all=True, append_images=frames[1:])
    with pytest.raises(CropReadError, match="is an animation"):
        read_crop(path)


@pytest.mark.parametrize("size", [(1, 1), (MIN_SIDE_PX - 1, 40), (40, MIN_SIDE_PX - 1)])
def test_small_crop_is_refused(size: tuple[int, int], tmp_path: Path) -> None:
    path = save(tmp_path / "crop.png", Image.new("RGB", size))
    with pytest.raises(CropReadError, match=f"is {size[0]}x{size[1]} px; expected .* 16 px a side"):
        read_crop(path)


def test_smallest_crop_passes(tmp_path: Path) -> None:
    path = save(tmp_path / "crop.png", Image.new("RGB", (MIN_SIDE_PX, MIN_SIDE_PX)))
    assert read_crop(path).shape == (MIN_SIDE_PX, MIN_SIDE_PX, 3)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"\x00" * 100, "is no such image"),
        (b"<html>moved</html>", "is no such image"),
        (b"\x89PNG\r\n\x1a\n", "is truncated|is no such image"),
    ],
)
def test_no_image_is_refused(content: bytes, found: str, tmp_path: Path) -> None:
    path = tmp_path / "crop.png"
    path.write_bytes(content)
    with pytest.raises(CropReadError, match=found):
        read_crop(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_cut_or_damaged_file_never_escapes(kind: str, tmp_path: Path) -> None:
    buffer = BytesIO()
    Image.fromarray(np.tile(RGB, (3, 3, 1))).save(buffer, format=kind)
    whole, path = buffer.getvalue(), tmp_path / "crop"
    for end in range(1, len(whole) - len(whole) // 10, 37):
        path.write_bytes(whole[:end])
        with pytest.raises(CropReadError):
            read_crop(path)
    rng = np.random.default_rng(0)
    for _ in range(200):
        damaged = bytearray(whole)
        for at in rng.integers(0, len(whole), 4):
            damaged[at] = rng.integers(256)
        path.write_bytes(damaged)
        with suppress(CropReadError):
            assert read_crop(path).shape[2] == 3


@pytest.mark.parametrize("side", [10_000, 60_000])
def test_decompression_bomb_is_refused(side: int, tmp_path: Path) -> None:
    path = tmp_path / "crop.png"
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    with pytest.raises(CropReadError, match="has far too many pixels"):
        read_crop(path)


def test_mask_is_true_above_127(tmp_path: Path) -> None:
    grey = np.full((16, 16), 127, np.uint8)
    grey[3, 5] = 128
    mask = read_mask(save(tmp_path / "mask.png", Image.fromarray(grey)))
    assert mask.dtype == np.bool_
    assert np.argwhere(mask).tolist() == [[3, 5]]


def test_mask_saved_in_three_equal_channels_is_the_grey_one(tmp_path: Path) -> None:
    grey = np.zeros((16, 16), np.uint8)
    grey[3, 5] = 255
    path = tmp_path / "mask.png"
    assert cv2.imwrite(str(path), np.dstack([grey] * 3))
    np.testing.assert_array_equal(read_mask(path), grey > 127)


def test_mask_of_another_kind_is_refused(tmp_path: Path) -> None:
    rgb = save(tmp_path / "rgb.png", Image.fromarray(RGB))
    alpha = save(tmp_path / "alpha.png", Image.fromarray(RGB).convert("RGBA"))
    jpeg = save(tmp_path / "mask.jpg", Image.fromarray(RGB).convert("L"))
    two_bits = save(tmp_path / "bits.png", Image.fromarray(RGB).convert("L").convert("1"))
    for path, found in (
        (rgb, "is an RGB image in colours"),
        (alpha, r"is an RGB \+ alpha"),
        (jpeg, "is no such image"),
        (two_bits, "is a 1-bit"),
    ):
        with pytest.raises(CropReadError, match=f"{found}.*; expected an 8-bit grey PNG"):
            read_mask(path)
