from resgat.settings import differing, first_difference, flat


def test_flat_names_values_by_their_path() -> None:
    nested = {"a": {"b": {"c": 1}, "d": [1, {"e": 2}]}, "f": None, "g": {}}
    assert flat(nested) == {"a.b.c": 1, "a.d": [1, {"e": 2}], "f": None}
    assert flat({"b": 1}, prefix="a.") == {"a.b": 1}


def test_what_one_side_lacks_differs_even_from_none() -> None:
    assert differing({"a": None}, {}) == ["a"]
    assert differing({}, {"b": 1, "a": 2}) == ["a", "b"]
    assert differing({"a": 1, "b": [2]}, {"b": [2], "a": 1}) == []


def test_the_first_difference_is_told_with_both_values_and_how_many_there_are() -> None:
    mine, theirs = {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": "2"}
    assert first_difference(mine, theirs) == "b is '2' there and 2 here (2 differ)"
    assert first_difference(mine, theirs, {"b"}) == "c is None there and 3 here (1 differ)"
    assert first_difference(mine, theirs, {"b", "c"}) is None
    assert first_difference(mine, dict(mine)) is None
