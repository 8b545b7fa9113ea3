import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.sampling import choose_frames, choose_paired_frames, other_frames
from resgat.data.spread import spread

counts = st.integers(0, 400)
strides = st.integers(1, 9)


@pytest.mark.parametrize(
    ("num_frames", "wanted", "stride", "expected"),
    [
        (20, 3, 1, [0, 10, 19]),
        (20, 3, 7, [0, 7, 14]),
        (20, 2, 7, [0, 14]),
        (5, 9, 2, [0, 2, 4]),
        (5, None, 1, [0, 1, 2, 3, 4]),
        (0, 3, 1, []),
    ],
)
def test_by_hand(num_frames: int, wanted: int | None, stride: int, expected: list[int]) -> None:
    assert choose_frames(num_frames, wanted, stride).tolist() == expected


@given(counts, st.integers(1, 60), strides)
def test_frames_are_those_of_the_grid_that_spread_would_take(
    num_frames: int, wanted: int, stride: int
) -> None:
    grid = list(range(0, num_frames, stride))
    expected = [grid[position] for position in spread(len(grid), wanted)]
    assert choose_frames(num_frames, wanted, stride).tolist() == expected


def test_a_header_that_states_absurdly_many_frames_costs_nothing() -> None:
    assert choose_frames(2**40, 3, 2).tolist() == [0, 2**39, 2**40 - 2]


@given(counts, strides, st.integers(1, 20), st.data())
def test_others_are_new_and_on_the_grid_and_two_for_each_that_is_missing(
    num_frames: int, stride: int, missing: int, data: st.DataObject
) -> None:
    grid = range(0, num_frames, stride)
    used = data.draw(st.sets(st.sampled_from(grid))) if grid else set()
    chosen = other_frames(num_frames, stride, used, missing).tolist()
    assert chosen == sorted(set(chosen))
    assert set(chosen) <= set(grid) - used
    assert len(chosen) == min(2 * missing, len(grid) - len(used))


def test_others_spread_over_what_is_left() -> None:
    assert other_frames(9, 1, used=[0, 4, 8], missing=1).tolist() == [1, 7]


def test_a_fake_as_long_as_its_original_takes_the_same_frames() -> None:
    frames = choose_frames(300, 32).tolist()
    assert choose_paired_frames(300, 32, 1, frames).tolist() == frames


def test_without_frames_of_the_original_they_are_spread_evenly() -> None:
    assert choose_paired_frames(100, 3, 1, []).tolist() == [0, 50, 99]


@given(
    num_frames=st.integers(1, 200),
    wanted=st.integers(1, 40),
    stride=st.integers(1, 5),
    paired=st.sets(st.integers(0, 300)),
)
def test_paired_frames_are_the_originals_as_far_as_there_are_any(
    num_frames: int, wanted: int, stride: int, paired: set[int]
) -> None:
    known = sorted(idx - idx % stride for idx in paired)
    found = choose_paired_frames(num_frames, wanted, stride, sorted(set(known))).tolist()
    shared = {idx for idx in known if idx < num_frames}
    assert found == sorted(set(found))
    assert all(0 <= idx < num_frames and idx % stride == 0 for idx in found)
    assert len(found) == min(wanted, len(range(0, num_frames, stride)))
    assert len(shared & set(found)) == min(len(shared), wanted)
