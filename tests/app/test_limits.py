import pickle
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from resgat.app.limits import LimitedCutter, Limits
from resgat.errors import ConfigError, VideoReadError
from resgat.inference.cutting import FileCut, WholeFrameCutter
from tests.app.conftest import write_clip, write_image

LIMITS = Limits(max_upload_mb=1, max_clip_s=10, max_megapixels=0.01)


@dataclass
class NoCutter:
    """Notes what it is asked to decode."""

    asked: list[Path] = field(default_factory=list)

    def cut(self, path: Path) -> FileCut:
        self.asked.append(path)
        return FileCut(path, "image", None, (), 0.0, 0.0)


def grey(width: int, height: int) -> np.ndarray:
    return np.full((height, width, 3), 90, np.uint8)


def png_header(width: int, height: int) -> bytes:
    """A PNG that states a size and has no pixel."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def reason(path: Path, limits: Limits = LIMITS) -> str:
    """Return why a file is refused, before anything of it was decoded."""
    cutter = NoCutter()
    with pytest.raises(VideoReadError) as refused:
        LimitedCutter(cutter, limits).cut(path)
    assert cutter.asked == []
    return str(refused.value).removeprefix(f"{path}: ")


def test_what_is_small_enough_is_cut(tmp_path: Path) -> None:
    paths = [
        write_image(tmp_path / "a.png", grey(100, 100)),
        write_clip(tmp_path / "a.avi", [grey(64, 48)] * 20, per_s=2),  # ten seconds, to the frame
    ]
    cutter = NoCutter()
    for path in paths:
        LimitedCutter(cutter, LIMITS).cut(path)
    assert cutter.asked == paths


def test_pixels_are_counted_in_the_header(tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.png", grey(101, 100))
    assert reason(path) == (
        "101 x 100 px are 0.0101 megapixels, and at most 0.01 are looked at; send a smaller copy"
    )
    (tmp_path / "b.png").write_bytes(png_header(10_000, 10_000))
    wide = Limits(1, 10, 50)
    assert reason(tmp_path / "b.png", wide).startswith("10000 x 10000 px are 100 megapixels")
    (tmp_path / "c.png").write_bytes(png_header(60_000, 60_000))
    assert reason(tmp_path / "c.png", wide).startswith("the image has far too many pixels")
    clip = write_clip(tmp_path / "a.avi", [grey(128, 96)])
    assert reason(clip).startswith("128 x 96 px are 0.0123 megapixels")


def test_the_duration_is_what_the_container_states(tmp_path: Path) -> None:
    hour = write_clip(tmp_path / "a.avi", [grey(64, 48)] * 36, per_s=0.01)
    assert reason(hour) == (
        "the clip lasts 60 min, and at most 10 s are looked at; cut out the part that matters"
    )


def test_a_duration_that_is_too_good_is_not_believed(tmp_path: Path) -> None:
    """A thousand frames a second would let minutes pass as seconds."""
    fast = write_clip(tmp_path / "a.avi", [grey(64, 48)] * 1201, per_s=1000)
    assert reason(fast).startswith("the clip has 1,201 frames, and at most 1,200 are looked at")


@pytest.mark.parametrize("content", [b"", b"no image at all", b"GIF89a" + bytes(60), b"\x89PNG"])
def test_an_image_by_name_only_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    assert reason(tmp_path / "a.png") == (
        "this is no PNG, JPEG, WebP or BMP image, whatever its name says"
    )


def test_a_video_by_name_only_and_other_kinds_are_named(tmp_path: Path) -> None:
    for name, words in (("a.mp4", "expected a video, got 2 bytes"), ("a.txt", "neither an image")):
        (tmp_path / name).write_bytes(b"xx")
        assert words in reason(tmp_path / name)


def test_it_goes_to_worker_processes() -> None:
    cutter = LimitedCutter(WholeFrameCutter(4), LIMITS)
    assert pickle.loads(pickle.dumps(cutter)) == cutter


@pytest.mark.parametrize("name", ["max_upload_mb", "max_clip_s", "max_megapixels"])
def test_a_limit_of_nothing_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}: expected a number in"):
        Limits(**{"max_upload_mb": 1, "max_clip_s": 1, "max_megapixels": 1, name: 0})
