from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.families import Family, Shard, families, shard_of
from resgat.data.videos import VideoRecord
from resgat.errors import ConfigError

Make = Callable[..., VideoRecord]
keys = st.lists(st.text("abc/0", min_size=1, max_size=9), max_size=40)


def test_fakes_follow_their_original_in_order_of_first_appearance(make_record: Make) -> None:
    a, b, alone = make_record("a"), make_record("b"), make_record("c")
    a_x, a_y, b_x = make_record("a_x", "a"), make_record("a_y", "a"), make_record("b_x", "b")
    found = families([a_x, b, a, alone, b_x, a_y])
    assert [family.key for family in found] == [a.video_id, b.video_id, alone.video_id]
    assert [family.members for family in found] == [(a, a_x, a_y), (b, b_x), (alone,)]


def test_fakes_of_an_absent_original_are_one_family(make_record: Make) -> None:
    fakes = (make_record("a_x", "a"), make_record("a_y", "a"))
    (family,) = families(fakes)
    assert family == Family("toy/original/c0/a", None, fakes)
    assert family.members == fakes


def test_a_part_has_a_name() -> None:
    assert [shard.part for shard in (Shard(), Shard(count=3), Shard(2, 3))] == [
        "whole", "whole", "2-of-3",
    ]  # fmt: skip


@given(keys, st.integers(1, 50))
def test_every_family_is_in_exactly_one_shard(names: list[str], count: int) -> None:
    for name in names:
        family = Family(name, None, ())
        holding = [index for index in range(count) if Shard(index, count).holds(family)]
        assert holding == [shard_of(name, count)]
        assert Shard(None, count).holds(family)


def test_shards_are_the_same_on_every_machine() -> None:
    """The SHA-256 of "abc" begins with ba7816bf 8f01cfea (FIPS 180)."""
    found = [shard_of("abc", count) for count in (1, 16, 256, 2**64)]
    assert found == [0, 0xA, 0xEA, 0xBA7816BF8F01CFEA]


def test_shards_are_about_equally_large() -> None:
    sizes = Counter(shard_of(f"ffpp/original/c23/{idx:03d}", 4) for idx in range(1000))
    assert len(sizes) == 4
    assert all(200 < size < 300 for size in sizes.values())


@pytest.mark.parametrize(
    ("index", "count", "message"),
    [
        (None, 0, r"shard\.count: expected a number in \[1, inf\], got 0"),
        (4, 4, r"shard\.index: expected a number in \[0, 3\], got 4"),
        (-1, 4, r"shard\.index: expected a number in \[0, 3\], got -1"),
        (0, -2, r"shard\.count: expected"),
    ],
)
def test_shards_that_do_not_exist_are_refused(index: int | None, count: int, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Shard(index, count)
