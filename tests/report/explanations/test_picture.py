from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.errors import ConfigError, ShapeError
from resgat.explain.blend import overlay
from resgat.report.explanations.picture import Picture, page_row, painted, without_unit

FACE = np.full((4, 4, 3), 128, np.uint8)
SPOT = np.zeros((4, 4))
SPOT[1, 2] = 1.0
FLAT = np.ones((4, 4))


def picture(**maps: Any) -> Picture:
    return Picture(FACE, 0.9, 1, "c", maps, {name: np.zeros(8) for name in maps})


def test_mean_size_is_one() -> None:
    assert without_unit(np.array([3.0, -1.0])).tolist() == [1.5, -0.5]


def test_what_says_nothing_stays_nothing() -> None:
    assert without_unit(np.zeros(3)).tolist() == [0, 0, 0]
    assert without_unit(np.array([np.nan, np.inf, 0.0])).tolist() == [0, 0, 0]


@given(st.floats(1e-3, 1e3))
def test_units_do_not_show(factor: float) -> None:
    own = painted(picture(a=SPOT, b=FLAT))
    other = painted(picture(a=SPOT * factor, b=FLAT))
    assert all((own[name] == other[name]).all() for name in own)


def test_one_scale_lets_thin_evidence_look_pale() -> None:
    found = painted(picture(spot=SPOT, flat=FLAT))
    colour = {name: int(image[1, 2, 0]) - int(image[1, 2, 2]) for name, image in found.items()}
    assert colour["spot"] > 5 * colour["flat"] > 0


def test_red_speaks_for_fake_and_blue_for_real() -> None:
    found = painted(picture(a=SPOT - SPOT.T))["a"].astype(int)
    assert found[1, 2, 0] > found[1, 2, 2]
    assert found[2, 1, 2] > found[2, 1, 0]


def test_an_empty_map_is_the_grey_face() -> None:
    grey = overlay(FACE, SPOT * 0, signed=True, scale=1.0)
    assert (painted(picture(a=SPOT, b=SPOT * 0))["b"] == grey).all()


def test_a_row_of_the_page() -> None:
    mask = SPOT.astype(bool)
    row = page_row(replace(picture(a=SPOT), mask=mask))
    assert row.caption == "c, P(fake) = 0.90"
    assert row.outline is mask
    assert list(row.overlays) == ["a"]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"prob": 1.2}, ConfigError, r"prob: expected a number in \[0, 1\]"),
        ({"maps": {}}, ConfigError, "expected maps and regions of the same methods"),
        ({"maps": {"b": SPOT}}, ConfigError, r"got \['b'\] and \['a'\]"),
        ({"maps": {"a": SPOT[:3]}}, ShapeError, "map of a: expected shape"),
        ({"regions": {"a": np.zeros(7)}}, ShapeError, "regions of a: expected shape"),
        ({"mask": np.zeros((3, 4), bool)}, ShapeError, "mask: expected shape"),
        ({"image": FACE[..., 0]}, ShapeError, "image: expected"),
    ],
)
def test_refusals(changes: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        replace(picture(a=SPOT), **changes)
