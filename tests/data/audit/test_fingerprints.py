from collections.abc import Callable
from typing import Any

import cv2
import imagehash
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from resgat.data.audit import fingerprints
from resgat.data.audit.fingerprints import correlate, fingerprint

Pixels = NDArray[np.uint8]
Draw = Callable[..., Pixels]


def correlation(first: Pixels, second: Pixels) -> float:
    reliefs = np.stack([fingerprint(first).relief, fingerprint(second).relief])
    return float(correlate(reliefs, np.array([0]), np.array([1]))[0])


def test_the_code_is_the_hash_of_the_library(picture: Draw) -> None:
    image = picture(0)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    assert fingerprint(image).code.tobytes().hex() == str(imagehash.phash(Image.fromarray(grey)))


def test_the_relief_of_one_light_cell() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[32:36, 16:20] = 255
    relief = fingerprint(image).relief.reshape(16, 16)
    assert relief.max() == relief[8, 4] == 127
    assert np.count_nonzero(relief == 127) == 1
    # The neighbours are darker than the blurred light around them.
    assert relief[8, 5] == relief[8, 3] == relief[7, 4] < 0
    assert not relief[:, 12:].any()


def jpeg(image: Pixels) -> Pixels:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 60])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


CHANGES: dict[str, Callable[[Pixels], Any]] = {
    "re-encoded": jpeg,
    "halved": lambda image: cv2.resize(image, (32, 32), interpolation=cv2.INTER_AREA),
    "enlarged": lambda image: cv2.resize(image, (150, 150), interpolation=cv2.INTER_CUBIC),
    "brighter": lambda image: np.clip(image * 1.05 + 8, 0, 255).astype(np.uint8),
    "darker": lambda image: (image * 0.8).astype(np.uint8),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_copy_stays_near(change: str, picture: Draw) -> None:
    for number in range(10):
        image = picture(number)
        copy = np.asarray(CHANGES[change](image), np.uint8)
        assert correlation(image, copy) > 0.98
        bits = int(fingerprint(image).code ^ fingerprint(copy).code).bit_count()
        assert bits <= 6


def test_other_pictures_are_far(picture: Draw) -> None:
    assert max(correlation(picture(n), picture(n + 20)) for n in range(20)) < 0.5


def test_correlation_is_that_of_numpy_whatever_the_chunk(
    picture: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprints, "_CHUNK", 2)
    reliefs = np.stack([fingerprint(picture(n)).relief for n in range(4)])
    first, second = np.triu_indices(4)
    expected = np.asarray(np.corrcoef(reliefs))[first, second]
    np.testing.assert_allclose(correlate(reliefs, first, second), expected, atol=1e-5)


@pytest.mark.parametrize(("contrast", "expected"), [(0, True), (2, True), (40, False)])
def test_what_shows_next_to_nothing_is_flat(contrast: int, expected: bool, picture: Draw) -> None:
    image = (20 + picture(0) / 255 * contrast).astype(np.uint8)
    assert fingerprint(image).is_flat is expected


def test_noise_in_the_dark_and_light_from_one_side_are_flat() -> None:
    noise = np.random.default_rng(0).integers(0, 12, (128, 128, 3), np.uint8)
    ramp = np.repeat(np.linspace(0, 40, 128), 128 * 3).reshape(128, 128, 3).astype(np.uint8)
    assert fingerprint(noise).is_flat
    assert fingerprint(ramp).is_flat
