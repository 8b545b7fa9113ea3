import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from resgat.errors import ConfigError
from resgat.explain.methods.rise import Rise, random_masks
from resgat.explain.probe import Passes
from tests.explain.methods.toys import Linear, faces, probe


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 9), st.sampled_from([0.1, 0.5, 0.9]), st.integers(9, 40), st.integers(0, 99))
def test_masks_are_soft_and_of_the_images_size(
    cells: int, keep: float, size_px: int, seed: int
) -> None:
    masks = random_masks(4, cells, keep, size_px, torch.Generator().manual_seed(seed))
    assert masks.shape == (4, size_px, size_px)
    assert masks.min() >= 0
    assert masks.max() <= 1 + 1e-6


def test_each_pixel_is_shown_as_often_as_asked() -> None:
    """0.3, within four standard errors of a mean over 4000 masks; also at the rim."""
    masks = random_masks(4000, 4, 0.3, 16, torch.Generator().manual_seed(0))
    torch.testing.assert_close(masks.mean(0), torch.full((16, 16), 0.3), atol=0.03, rtol=0)


def test_the_place_that_counts_is_found_at_the_price_of_its_masks() -> None:
    weight = torch.zeros(16, 16)
    weight[10:13, 3:6] = 0.3
    given = faces(2, 16)._replace(pixels=torch.ones(2, 3, 16, 16), twin=torch.zeros(2, 3, 16, 16))
    with probe(Linear(weight)).open() as opened:
        found = Rise(num=300, cells=4, fill="twin").attribute(opened, given)
    assert opened.passes == Passes(forward=600)
    for heat in found.values:
        row, col = divmod(int(heat.argmax()), 16)
        assert 9 <= row <= 13
        assert 2 <= col <= 6
    torch.testing.assert_close(found.values.mean((1, 2)), torch.zeros(2), atol=1e-6, rtol=0)
    assert not torch.equal(found.values[0], found.values[1])  # masks follow each face's own seed


def test_what_makes_no_difference_is_zero_everywhere() -> None:
    given = faces(1, 16)
    given = given._replace(twin=given.pixels)
    with probe(Linear(torch.ones(16, 16))).open() as opened:
        found = Rise(num=50, fill="twin").attribute(opened, given)
    assert found.values.abs().max() < 1e-6


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"keep: expected a number in \[0.01, 0.99\], got 1"):
        Rise(keep=1)
    with pytest.raises(ConfigError, match=r"num: expected a number in \[2, inf\], got 1"):
        Rise(num=1)
    with pytest.raises(ConfigError, match="fill=inpaint paints from what is left of the image"):
        Rise(fill="inpaint")
