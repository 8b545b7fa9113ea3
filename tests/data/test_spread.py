import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resgat.data.spread import spread
from resgat.errors import ConfigError


@pytest.mark.parametrize(
    ("available", "wanted", "expected"),
    [
        (10, 4, [0, 3, 6, 9]),
        (5, 2, [0, 4]),
        (5, 1, [2]),
        (4, 1, [1]),
        (6, 4, [0, 2, 3, 5]),
        (3, 3, [0, 1, 2]),
        (2, 9, [0, 1]),
        (0, 3, []),
    ],
)
def test_spread_by_hand(available: int, wanted: int, expected: list[int]) -> None:
    assert spread(available, wanted).tolist() == expected


@settings(deadline=None)
@given(st.integers(0, 3000), st.integers(1, 400))
def test_spread_is_even_and_reaches_both_ends(available: int, wanted: int) -> None:
    positions = spread(available, wanted)
    assert positions.dtype == np.int64
    assert len(positions) == min(available, wanted)
    gaps = np.diff(positions)
    assert (gaps >= 1).all()
    if len(positions) > 1:
        assert (positions[0], positions[-1]) == (0, available - 1)
        assert gaps.max() - gaps.min() <= 1


@settings(deadline=None)
@given(st.integers(2, 500), st.integers(2, 100))
def test_spread_agrees_with_linspace(available: int, wanted: int) -> None:
    wanted = min(wanted, available)
    ideal = np.linspace(0, available - 1, wanted)
    assert np.abs(spread(available, wanted) - ideal).max() < 0.5 + 1e-9


@pytest.mark.parametrize(("available", "wanted", "name"), [(-1, 2, "available"), (5, 0, "wanted")])
def test_spread_refuses(available: int, wanted: int, name: str) -> None:
    with pytest.raises(ConfigError, match=rf"^{name}: expected a number"):
        spread(available, wanted)
