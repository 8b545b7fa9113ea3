import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from resgat.data import stills
from resgat.data.stills import read_still
from resgat.data.video_io import MAX_FRAME_PX
from resgat.errors import VideoReadError

RED = np.full((6, 8, 3), (200, 10, 20), np.uint8)


def write(path: Path, rgb: np.ndarray) -> Path:
    assert cv2.imwrite(str(path), rgb[..., ::-1])
    return path


def test_pixels_are_rgb(tmp_path: Path) -> None:
    np.testing.assert_array_equal(read_still(write(tmp_path / "a.png", RED)), RED)


@pytest.mark.parametrize("kind", ["grey", "alpha", "16 bits"])
def test_other_kinds_of_images_become_rgb(kind: str, tmp_path: Path) -> None:
    images: dict[str, np.ndarray] = {
        "grey": np.full((6, 8), 77, np.uint8),
        "alpha": np.full((6, 8, 4), 77, np.uint8),
        "16 bits": np.full((6, 8, 3), 77 * 256, np.uint16),
    }
    path = tmp_path / "a.png"
    assert cv2.imwrite(str(path), images[kind])
    np.testing.assert_array_equal(read_still(path), np.full((6, 8, 3), 77, np.uint8))


def test_a_photograph_that_was_turned_is_upright(tmp_path: Path) -> None:
    """EXIF orientation 6: the camera was held so that the image must be turned clockwise."""
    data = write(tmp_path / "a.jpg", RED).read_bytes()
    orientation = bytes.fromhex("0112 0003 00000001 0006 0000")
    tiff = b"MM" + bytes.fromhex("002a 00000008 0001") + orientation + bytes(4)
    segment = b"Exif\x00\x00" + tiff
    exif = b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment
    (tmp_path / "a.jpg").write_bytes(data[:2] + exif + data[2:])
    assert read_still(tmp_path / "a.jpg").shape == (8, 6, 3)


def test_a_missing_image_is_named(tmp_path: Path) -> None:
    with pytest.raises(VideoReadError, match=r"a\.png: cannot be read as an image \(No such file"):
        read_still(tmp_path / "a.png")


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_what_is_no_image_is_named_and_nothing_else_is_printed(
    data: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.png").write_bytes(data)
    message = rf"a\.png: expected an image, got {len(data)} bytes that OpenCV cannot decode"
    with pytest.raises(VideoReadError, match=message):
        read_still(tmp_path / "a.png")
    assert capfd.readouterr().err == ""


def test_an_image_far_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stills, "MAX_FRAME_PX", 47)
    with pytest.raises(VideoReadError, match=r"a\.png: 8 x 6 px, expected at most 47 px"):
        read_still(write(tmp_path / "a.png", RED))


def test_an_image_that_states_more_than_opencv_takes_is_refused(tmp_path: Path) -> None:
    data = bytearray(write(tmp_path / "a.png", RED).read_bytes())
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    (tmp_path / "a.png").write_bytes(data)
    message = rf"a\.png: cannot be decoded \(.+\); expected at most {MAX_FRAME_PX} px"
    with pytest.raises(VideoReadError, match=message) as refused:
        read_still(tmp_path / "a.png")
    assert "loadsave.cpp" not in str(refused.value)
