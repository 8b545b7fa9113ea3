from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.audit import hamming
from resgat.data.audit.hamming import close_pairs
from resgat.errors import ConfigError

#: Near each other, so that there is something to find.
HASHES = st.lists(st.integers(0, 2**10 - 1).map(lambda low: low << 27), max_size=12)


def found(left: Any, right: Any, radius: int) -> list[tuple[int, int, int]]:
    chunks = close_pairs(np.array(left, np.uint64), np.array(right, np.uint64), radius)
    return sorted(
        pair for close in chunks for pair in zip(*(part.tolist() for part in close), strict=True)
    )


def by_comparing_all(left: list[int], right: list[int], radius: int) -> list[tuple[int, int, int]]:
    return [
        (i, j, (a ^ b).bit_count())
        for i, a in enumerate(left)
        for j, b in enumerate(right)
        if (a ^ b).bit_count() <= radius
    ]


def test_by_hand() -> None:
    assert found([0b0, 0b111], [0b1, 2**63], 1) == [(0, 0, 1), (0, 1, 1)]
    assert found([0b0, 0b111], [0b1, 2**63], 2) == [(0, 0, 1), (0, 1, 1), (1, 0, 2)]


@given(left=HASHES, right=HASHES, radius=st.integers(0, 12))
def test_it_is_exact_and_gives_each_pair_once(
    left: list[int], right: list[int], radius: int
) -> None:
    assert found(left, right, radius) == by_comparing_all(left, right, radius)


@given(
    start=st.integers(0, 2**64 - 1),
    flipped=st.sets(st.integers(0, 63), max_size=8),
    radius=st.integers(0, 8),
)
def test_differences_anywhere_are_counted(start: int, flipped: set[int], radius: int) -> None:
    other = start ^ sum(1 << bit for bit in flipped)
    expected = [(0, 0, len(flipped))] if len(flipped) <= radius else []
    assert found([start], [other], radius) == expected


def test_many_equal_hashes_are_taken_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hamming, "_CHUNK", 10)
    chunks = list(close_pairs(np.zeros(9, np.uint64), np.zeros(7, np.uint64), 0))
    assert [len(close.left) for close in chunks] == [7] * 9


@pytest.mark.parametrize("radius", [-1, 64])
def test_a_radius_out_of_range_is_refused(radius: int) -> None:
    with pytest.raises(ConfigError, match="radius: expected a number in"):
        found([0], [0], radius)
