import pytest
import torch

from resgat.errors import ConfigError
from resgat.explain.methods.occlusion import RegionOcclusion, WindowOcclusion
from tests.explain.methods.toys import Linear, faces, probe


def test_a_regions_value_is_what_the_logit_loses_without_it() -> None:
    """Weights of 2 on white pixels, black without them: a stripe of 2 x 15 holds 3 * 30 * 2."""
    given = faces(2, 16)
    given = given._replace(pixels=torch.ones(2, 3, 16, 16), twin=torch.zeros(2, 3, 16, 16))
    given.regions[:, 5] = False
    weight = torch.full((16, 16), 2.0)
    weight[:, :2] = -2.0
    with probe(Linear(weight)).open() as opened:
        found = RegionOcclusion("twin").attribute(opened, given)
    assert found.values.tolist() == [[-180, 180, 180, 180, 180, 0, 180, 180]] * 2
    assert (found.native, found.kind) == ("region", "density")


def test_a_window_finds_the_pixel_that_counts_and_covers_the_rim() -> None:
    """Ten does not divide by the stride: the last window still ends at the rim."""
    weight = torch.zeros(10, 10)
    weight[9, 9] = 1.0
    given = faces(1, 10)._replace(pixels=torch.ones(1, 3, 10, 10), twin=torch.zeros(1, 3, 10, 10))
    with probe(Linear(weight)).open() as opened:
        found = WindowOcclusion(0.4, 0.4, "twin").attribute(opened, given)
    heat = found.values[0]
    assert heat[9, 9] == 3.0  # three channels; only the last window, from 6 to 9, covers it
    assert heat[6:8, 6:8].tolist() == [[0.75] * 2] * 2  # two windows along each axis: one of four
    assert heat[:6].abs().max() == heat[:, :6].abs().max() == 0


def test_a_window_over_the_whole_image_says_the_same_everywhere() -> None:
    given = faces(2, 8)
    with probe(Linear(torch.ones(8, 8))).open() as opened:
        found = WindowOcclusion(1.0, 1.0, "blur").attribute(opened, given)
    assert (found.values == found.values[:, :1, :1]).all()


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"window: expected a number in \[0.01, 1\], got 2"):
        WindowOcclusion(window=2)
    with pytest.raises(ConfigError, match=r"stride: expected a number in \[0.01, 0.25\], got 0.5"):
        WindowOcclusion(stride=0.5)  # pixels between the windows would never be hidden


def test_a_window_over_everything_needs_a_fill_for_everything() -> None:
    with pytest.raises(ConfigError, match="fill=inpaint paints from what is left"):
        WindowOcclusion(1.0, 1.0, "inpaint")
