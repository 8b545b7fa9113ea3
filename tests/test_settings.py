from resgat.settings import differing, flat


def test_flat_names_values_by_their_path() -> None:
    nested = {"a": {"b": {"c": 1}, "d": [1, {"e": 2}]}, "f": None, "g": {}}
    assert flat(nested) == {"a.b.c": 1, "a.d": [1, {"e": 2}], "f": None}
    assert flat({"b": 1}, prefix="a.") == {"a.b": 1}


def test_what_one_side_lacks_differs_even_from_none() -> None:
    assert differing({"a": None}, {}) == ["a"]
    assert differing({}, {"b": 1, "a": 2}) == ["a", "b"]
    assert differing({"a": 1, "b": [2]}, {"b": [2], "a": 1}) == []
