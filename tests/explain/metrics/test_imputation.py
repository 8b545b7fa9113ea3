import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pytorch_grad_cam.metrics.road import NoisyLinearImputer  # type: ignore[import-untyped]

from resgat.errors import ConfigError, ShapeError
from resgat.explain.metrics.imputation import imputed

SEED = torch.tensor([3, 4])


def noise_image(*size: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(seed))


def holes(*size: int, share: float = 0.6, seed: int = 1) -> torch.Tensor:
    return torch.rand(2, *size, generator=torch.Generator().manual_seed(seed)) < share


def test_a_pixel_in_the_middle_and_one_in_the_corner_by_hand() -> None:
    pixels = torch.arange(9.0).view(1, 1, 3, 3).repeat(1, 3, 1, 1) ** 2 / 64
    hidden = torch.zeros(1, 3, 3, dtype=torch.bool)
    hidden[0, 1, 1] = True
    found = imputed(pixels, hidden, SEED[:1], noise=0.0)
    middle = ((1 + 9 + 25 + 49) / 6 + (0 + 4 + 36 + 64) / 12) / 64
    assert found[0, :, 1, 1].tolist() == pytest.approx([middle] * 3)
    corner = torch.zeros_like(hidden)
    corner[0, 0, 0] = True
    found = imputed(pixels, corner, SEED[:1], noise=0.0)
    assert found[0, 0, 0, 0].item() == pytest.approx((2 * 1 + 2 * 9 + 16) / 5 / 64)


@pytest.mark.filterwarnings("ignore:__array_wrap__:DeprecationWarning")  # grad-cam's NumPy
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_without_noise_it_is_the_authors(share: float) -> None:
    pixels, hidden = noise_image(13, 17), holes(13, 17, share=share)
    expected = [
        NoisyLinearImputer(noise=0)(image, (~mask).float())
        for image, mask in zip(pixels, hidden, strict=True)
    ]
    torch.testing.assert_close(imputed(pixels, hidden, SEED, noise=0.0), torch.stack(expected))


@given(seed=st.integers(0, 1000), share=st.floats(0, 0.99), side=st.integers(2, 9))
def test_only_the_hidden_changes_and_stays_between_the_shown(
    seed: int, share: float, side: int
) -> None:
    pixels, hidden = noise_image(side, side, seed=seed), holes(side, side, share=share, seed=seed)
    hidden[:, 0, 0] = False
    found = imputed(pixels, hidden, SEED, noise=0.0)
    shown = ~hidden[:, None].expand_as(pixels)
    torch.testing.assert_close(found[shown], pixels[shown], rtol=0, atol=0)
    for image, before, mask in zip(found, pixels, ~hidden, strict=True):
        assert (image.amax((1, 2)) <= before[:, mask].amax(1) + 1e-6).all()
        assert (image.amin((1, 2)) >= before[:, mask].amin(1) - 1e-6).all()


def test_the_noise_is_a_faces_own_and_the_same_whatever_is_hidden() -> None:
    grey = torch.full((2, 3, 40, 40), 0.5)
    few, many = holes(40, 40, share=0.3), holes(40, 40, share=0.8) | holes(40, 40, share=0.3)
    found = imputed(grey, many, SEED)
    apart = (found - grey)[many[:, None].expand_as(grey)]
    assert apart.std().item() == pytest.approx(0.01, rel=0.05)
    both = few[:, None].expand_as(grey)
    torch.testing.assert_close(imputed(grey, few, SEED)[both], found[both], atol=1e-6, rtol=0)
    torch.testing.assert_close(imputed(grey[1:], many[1:], SEED[1:]), found[1:])
    assert not torch.equal(found[0, :, many[0] & many[1]], found[1, :, many[0] & many[1]])


def test_what_is_hidden_does_not_leak_into_a_large_image() -> None:
    pixels, hidden = noise_image(150, 150), holes(150, 150, share=0.7)
    hidden[:, 40:90, 50:120] = True
    other = torch.where(hidden[:, None], torch.rand_like(pixels), pixels)
    found = imputed(pixels, hidden, SEED)
    torch.testing.assert_close(imputed(other, hidden, SEED), found)
    shown = ~hidden[:, None].expand_as(pixels)
    torch.testing.assert_close(found[shown], pixels[shown], rtol=0, atol=0)


def test_a_large_image_is_filled_as_a_small_one() -> None:
    """A ramp, twice as large: what 112 px make of it is within a pixel's step of the ramp."""
    ramp = torch.linspace(0, 1, 224).expand(1, 3, 224, 224).clone()
    hidden = torch.zeros(1, 224, 224, dtype=torch.bool)
    hidden[0, 60:160, 70:150] = True
    found = imputed(ramp, hidden, SEED[:1], noise=0.0)
    np.testing.assert_allclose(found.numpy(), ramp.numpy(), atol=1 / 112)


def test_what_cannot_be_imputed_is_refused() -> None:
    with pytest.raises(ConfigError, match="imputation needs a pixel to start from, and an image"):
        imputed(noise_image(4, 4), holes(4, 4, share=1.0), SEED)
    with pytest.raises(ShapeError, match=r"hidden: expected shape \(2, 4, 4\), got"):
        imputed(noise_image(4, 4), holes(4, 5), SEED)
