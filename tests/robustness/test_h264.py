"""What is written is H.264 that another decoder reads alike; more of the factor is less picture."""

import importlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from resgat.errors import ConfigError
from resgat.robustness.draws import Draws
from resgat.robustness.h264 import H264, av_version, decode, encode, to_yuv

CRF = [18, 23, 30, 40, 51]
#: Nothing is random about it.
NO_DRAWS = Draws("", ())


@pytest.fixture
def av() -> Any:
    return pytest.importorskip("av", reason="needs the extra robustness")


def test_another_decoder_takes_it_for_h264_and_sees_the_same(
    av: Any, clip: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(encode(clip, 23))
    video = cv2.VideoCapture(str(path))
    assert int(video.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little") in (b"h264", b"avc1")
    frames = [video.read()[1][..., ::-1] for _ in clip]
    assert not video.read()[0]
    # What it makes of the planes is cut off, not rounded.
    assert np.abs(decode(path.read_bytes()).astype(int) - frames).max() <= 3


def test_a_larger_factor_makes_a_smaller_file_and_a_worse_picture(
    av: Any, clip: np.ndarray
) -> None:
    videos = [encode(clip, crf) for crf in CRF]
    errors = [float(np.mean((decode(video).astype(float) - clip) ** 2)) for video in videos]
    assert [len(video) for video in videos] == sorted(map(len, videos), reverse=True)
    assert errors == sorted(errors)
    assert errors[-1] > 2 * errors[0]


def test_a_clip_is_encoded_alike_every_time(av: Any) -> None:
    """By x264's fastest routines it would not be, after a few rounds of encoding and decoding."""
    rng = np.random.default_rng(0)
    clips = [rng.integers(0, 256, (frames, 32, 32, 3)).astype(np.uint8) for frames in (2, 5, 9)]
    first = [encode(clip, 30) for clip in clips]
    for _ in range(40):
        again = [encode(clip, 30) for clip in clips]
        assert again == first
        for video in again:
            decode(video)


def test_frames_come_back_in_order(av: Any) -> None:
    brightness = np.array([30, 220, 90, 160, 60, 200, 120, 40, 180, 100])
    clip = np.broadcast_to(brightness[:, None, None, None], (10, 32, 32, 3)).astype(np.uint8)
    found = decode(encode(clip, 18))
    assert np.abs(found.mean((1, 2, 3)) - brightness).max() < 3


def test_no_picture_grows_darker_or_takes_on_a_colour(av: Any) -> None:
    """What is lost to compression is detail; a shift of all pixels is the conversion's."""
    rng = np.random.default_rng(0)
    for _ in range(3):
        smooth = cv2.GaussianBlur(rng.normal(size=(64, 64, 3)), (0, 0), 12)
        picture = np.clip(np.rint(128 + 40 * smooth / smooth.std()), 0, 255).astype(np.uint8)
        error = decode(encode(picture[None], 4)).astype(float) - picture
        assert np.abs(error.mean((0, 1, 2))).max() < 0.3
        assert abs(error.mean()) < 0.15


def test_at_factor_zero_nothing_is_lost_but_by_the_conversion(av: Any, clip: np.ndarray) -> None:
    converted = [cv2.cvtColor(to_yuv(crop), cv2.COLOR_YUV2RGB_I420) for crop in clip]
    np.testing.assert_array_equal(decode(encode(clip, 0)), converted)


def test_colour_is_the_mean_of_four_pixels() -> None:
    """Red and blue in turn, pixel by pixel, are purple; one pixel of four would be red."""
    crop = np.zeros((8, 8, 3), np.uint8)
    crop[::2, ::2, 0] = crop[1::2, 1::2, 0] = 200
    crop[1::2, ::2, 2] = crop[::2, 1::2, 2] = 200
    purple = np.full((8, 8, 3), (100, 0, 100), np.uint8)
    np.testing.assert_array_equal(to_yuv(crop)[8:], to_yuv(purple)[8:])


def test_the_version_is_that_of_the_encoder(av: Any) -> None:
    assert av_version() == av.__version__


def test_grey_stays_grey(av: Any, clip: np.ndarray) -> None:
    grey = clip[..., :1].repeat(3, axis=3)
    found = H264(CRF)(grey, 2, NO_DRAWS).astype(int)
    assert np.abs(found - found.mean(3, keepdims=True)).max() <= 3


@pytest.mark.parametrize("size", [(33, 47), (32, 47), (33, 46)])
def test_odd_sides_are_padded_and_cut_back(
    av: Any, clip: np.ndarray, size: tuple[int, int]
) -> None:
    grey = clip[:, : size[0], : size[1], :1].repeat(3, axis=3)  # no chroma to be lost
    found = H264(CRF)(grey, 1, NO_DRAWS)
    assert found.shape == grey.shape
    assert np.abs(found.astype(int) - grey).mean() < 4


def test_a_single_crop_is_a_clip(av: Any, clip: np.ndarray) -> None:
    assert H264(CRF)(clip[:1], 1, NO_DRAWS).shape == (1, 64, 64, 3)


def test_without_pyav_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    message = (
        r"robustness.corruptions.h264 needs PyAV; install it with pip install "
        r"'resgat\[robustness\]', or leave it out: robustness.corruptions.h264=null"
    )
    with pytest.raises(ConfigError, match=message):
        H264(CRF)


def test_a_factor_out_of_range_or_order_or_not_whole_is_refused() -> None:
    fractions: Any = [23, 28, 34.5, 40, 46]
    with pytest.raises(ConfigError, match=r"H264.crf: expected whole numbers, got \[23, 28, 34.5"):
        H264(fractions)
    with pytest.raises(ConfigError, match=r"H264.crf: expected rising values, mild to severe, got"):
        H264(CRF[::-1])
    with pytest.raises(ConfigError, match=r"H264.crf: expected a number in \[0, 51\], got 52"):
        H264([23, 28, 34, 40, 52])
