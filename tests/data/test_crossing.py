from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from resgat.data.crossing import crossing

NAMES, SPLITS = st.sampled_from(["a", "b", "c"]), st.sampled_from(["train", "val", "test", None])


def test_a_name_in_one_split_only_is_left_out() -> None:
    members = [("a", "val"), ("a", "val"), ("b", "val"), ("b", "test")]
    assert crossing(members) == {"b": ["test", "val"]}


def test_what_has_no_name_or_no_split_does_not_count() -> None:
    assert crossing([(None, "train"), (None, "test"), ("a", None), ("a", "test")]) == {}


@given(st.lists(st.tuples(NAMES | st.none(), SPLITS)))
def test_it_is_every_name_that_occurs_in_two_splits(
    members: list[tuple[str | None, str | None]],
) -> None:
    splits_of = defaultdict(set)
    for name, split in members:
        splits_of[name].add(split)
    expected = {name for name, splits in splits_of.items() if name and len(splits - {None}) > 1}
    assert set(crossing(members)) == expected
    assert crossing(members) == crossing(reversed(members))
