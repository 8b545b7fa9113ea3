from typing import Any

import pytest
import torch
from torchvision.transforms.v2.functional import gaussian_blur

from resgat.errors import ConfigError, ShapeError
from resgat.explain.fills import FILLS, check_fills_all, filled

PIXELS = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
HIDDEN = torch.zeros(2, 16, 16, dtype=torch.bool)
HIDDEN[:, 4:9, 5:12] = True


@pytest.mark.parametrize("fill", FILLS)
def test_only_what_is_hidden_changes(fill: Any) -> None:
    found = filled(PIXELS, HIDDEN, fill, PIXELS.flip(3))
    shown = ~HIDDEN[:, None].expand_as(PIXELS)
    torch.testing.assert_close(found[shown], PIXELS[shown], rtol=0, atol=0)
    assert not torch.equal(found, PIXELS)
    assert 0 <= found.min() <= found.max() <= 1


def test_the_mean_is_the_images_own_colour() -> None:
    found = filled(PIXELS, HIDDEN, "mean")
    torch.testing.assert_close(found[1, :, 5, 6], PIXELS[1].mean((1, 2)))


def test_a_soft_mask_blends() -> None:
    found = filled(PIXELS, torch.full((2, 16, 16), 0.25), "twin", torch.zeros_like(PIXELS))
    torch.testing.assert_close(found, 0.75 * PIXELS)


@pytest.mark.parametrize("fill", ["blur", "inpaint"])
def test_a_flat_image_stays_flat(fill: Any) -> None:
    flat = torch.full((2, 3, 16, 16), 0.6)
    # Painting from the rim rounds to grey levels, twice.
    torch.testing.assert_close(filled(flat, HIDDEN, fill), flat, atol=2.5 / 255, rtol=0)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (16, 16), (20, 33)])
def test_the_blur_agrees_with_a_convolution(size: tuple[int, int]) -> None:
    pixels = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0))
    sigma = 0.1 * min(size)
    kernel = min(2 * round(2 * sigma) + 1, 2 * min(size) - 1)
    expected = gaussian_blur(pixels, [kernel, kernel], [sigma, sigma])
    torch.testing.assert_close(filled(pixels, torch.ones(2, *size)), expected, atol=1e-5, rtol=0)


def test_no_image_is_painted_from_nothing() -> None:
    check_fills_all("twin")
    with pytest.raises(ConfigError, match="fill=inpaint paints from what is left of the image"):
        check_fills_all("inpaint")
    with pytest.raises(ConfigError, match="fill: expected one of"):
        check_fills_all("grey")  # type: ignore[arg-type]


def test_what_a_fill_lacks_is_named() -> None:
    with pytest.raises(ConfigError, match="fill=twin needs aligned originals"):
        filled(PIXELS, HIDDEN, "twin")
    with pytest.raises(ConfigError, match="fill: expected one of blur, mean, inpaint, twin; got"):
        filled(PIXELS, HIDDEN, "grey")  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match=r"hidden: expected shape \(2, 16, 16\)"):
        filled(PIXELS, HIDDEN[:, :8])
