import hashlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.layout.hash_split import HELD_OUT, SHARES, hold_out, split_by_hash


def test_the_split_is_where_the_hash_falls_among_the_shares() -> None:
    position = int(hashlib.sha256(b"folder/d").hexdigest()[:12], 16) / 16**12
    assert position >= 0.85
    assert split_by_hash("folder/d") == "test"


def test_shares_are_kept() -> None:
    counts = Counter(split_by_hash(f"group {number}") for number in range(4000))
    for split, share in SHARES.items():
        assert counts[split] / 4000 == pytest.approx(share, abs=0.03)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_one_split_of_all_takes_all(group: str) -> None:
    assert split_by_hash(group, {"train": 1.0}) == "train"
    assert split_by_hash(group, {"val": 0.0, "train": 0.999_999_999_999}) == "train"


@given(st.lists(st.text("ab", min_size=1), min_size=1, max_size=3))
def test_a_held_out_person_is_never_seen_in_train(people: list[str]) -> None:
    alone = {hold_out(person) for person in people}
    assert alone <= {"train", "val"}
    assert hold_out(*people) == (alone.pop() if len(alone) == 1 else None)


def test_the_held_out_share_is_kept() -> None:
    held = sum(hold_out(f"person {number}") == "val" for number in range(4000))
    assert held / 4000 == pytest.approx(HELD_OUT, abs=0.03)
