"""Argument checks: what passes, what is refused, and that each message names thing and remedy."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from resgat.checks import check_choice, check_range, check_shape, suggest
from resgat.errors import ConfigError, ShapeError

NUMBERS = st.floats() | st.integers()
SIZES = st.lists(st.integers(0, 4), max_size=4)


def refused(name: str, value: Any, **ends: float) -> bool:
    try:
        check_range(name, value, **ends)
    except ConfigError:
        return True
    return False


@given(value=NUMBERS, low=st.floats(-9, 9), high=st.floats(-9, 9))
def test_a_number_passes_where_it_lies_between_both_ends(
    value: float, low: float, high: float
) -> None:
    assert refused("x", value, low=low, high=high) == (not low <= value <= high)


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float64(0.5)])
def test_the_ends_belong_to_the_range(value: float) -> None:
    check_range("dropout", value, low=0, high=1)


@pytest.mark.parametrize("value", [-1e300, 0, 10**400, float("inf"), float("-inf")])
def test_without_ends_every_number_passes(value: float) -> None:
    check_range("x", value)


@pytest.mark.parametrize(
    ("value", "ends", "message"),
    [
        (1.5, {"low": 0, "high": 1}, "expected a number in [0, 1], got 1.5"),
        (0, {"low": 1}, "expected a number in [1, inf], got 0"),
        (3, {"high": 2.5}, "expected a number in [-inf, 2.5], got 3"),
        (float("nan"), {}, "expected a number in [-inf, inf], got nan"),
        (True, {"low": 0}, "expected a number in [0, inf], got True"),
        ("3", {"low": 0}, "expected a number in [0, inf], got '3'"),
        (None, {"low": 0}, "expected a number in [0, inf], got None"),
        ([1], {"low": 0}, "expected a number in [0, inf], got [1]"),
        (1j, {"low": 0}, "expected a number in [0, inf], got 1j"),
    ],
)
def test_what_is_no_number_in_the_range_is_refused(
    value: Any, ends: dict[str, float], message: str
) -> None:
    with pytest.raises(ConfigError, match=f"^head.dim: {re.escape(message)}$"):
        check_range("head.dim", value, **ends)


def test_one_of_the_choices_passes_whatever_they_are() -> None:
    check_choice("a", "v2", ("v1", "v2"))
    check_choice("a", None, iter(["x", None]))
    check_choice("a", [1], ([0], [1]))
    check_choice("a", "last", {"first": 1, "last": 2})


@pytest.mark.parametrize(
    ("value", "choices", "message"),
    [
        ("draw", ("measure", "single"), "expected one of measure, single; got 'draw'"),
        ("v3", ("v1", "v2"), "expected one of v1, v2; got 'v3'. Did you mean 'v2'?"),
        ("", ("v1",), "expected one of v1; got ''"),
        (None, ("v1",), "expected one of v1; got None"),
        ("0", (0, 11), "expected one of 0, 11; got '0'. Did you mean '0'?"),
        ({}, ("v1",), "expected one of v1; got {}"),
        ("a", (), "expected one of ; got 'a'"),
    ],
)
def test_another_value_is_refused_and_the_nearest_one_named(
    value: object, choices: tuple[object, ...], message: str
) -> None:
    with pytest.raises(ConfigError, match=f"^mode: {re.escape(message)}$"):
        check_choice("mode", value, choices)


def test_a_message_names_choices_that_can_be_listed_once_only() -> None:
    with pytest.raises(ConfigError, match=r"^mode: expected one of red, green; got 'gren'\. Did "):
        check_choice("mode", "gren", (word for word in ("red", "green")))


@pytest.mark.parametrize(
    ("word", "options", "expected"),
    [
        ("headz", ["heads", "dim"], ". Did you mean 'heads'?"),
        ("headz", ["hands", "heads"], ". Did you mean 'heads'?"),  # the nearer of two
        ("abcd", ["abxy"], ". Did you mean 'abxy'?"),  # as like as can be asked for: a half
        ("abcde", ["abxyz"], ""),  # two of five letters
        ("headz", [], ""),
        ("Heads", ["HEADS"], ""),
        ("12", [124, 3], ". Did you mean '124'?"),
    ],
)
def test_the_nearest_word_is_suggested_if_one_is_near(
    word: str, options: list[object], expected: str
) -> None:
    assert suggest(word, options) == expected


@given(options=st.lists(st.text(min_size=1), min_size=1))
def test_a_word_that_is_there_is_its_own_nearest(options: list[str]) -> None:
    for word in options:
        assert suggest(word, options) == f". Did you mean {word!r}?"


@given(sizes=SIZES, wanted=SIZES)
def test_a_shape_of_numbers_fits_itself_alone(sizes: list[int], wanted: list[int]) -> None:
    dims = " ".join(map(str, wanted))
    if sizes == wanted:
        check_shape(torch.zeros(sizes), dims, "x")
    else:
        with pytest.raises(ShapeError):
            check_shape(torch.zeros(sizes), dims, "x")


@given(sizes=SIZES)
def test_a_letter_stands_for_any_size_but_none(sizes: list[int]) -> None:
    dims = " ".join("BCHW"[: len(sizes)])
    if 0 in sizes:
        with pytest.raises(ShapeError):
            check_shape(torch.zeros(sizes), dims, "x")
    else:
        check_shape(torch.zeros(sizes), dims, "x")


@pytest.mark.parametrize(
    ("sizes", "dims", "message"),
    [
        ((2, 1, 8, 8), "B 3 H W", "expected shape (B, 3, H, W), got (2, 1, 8, 8)"),
        ((3, 8, 8), "B 3 H W", "expected shape (B, 3, H, W), got (3, 8, 8)"),
        ((1, 2, 3, 8, 8), "B 3 H W", "expected shape (B, 3, H, W), got (1, 2, 3, 8, 8)"),
        ((0, 3, 8, 8), "B 3 H W", "expected shape (B, 3, H, W), got (0, 3, 8, 8)"),
        ((4,), "12", "expected shape (12), got (4,)"),
        ((), "B", "expected shape (B), got ()"),
    ],
)
def test_another_shape_is_refused_and_shown(
    sizes: tuple[int, ...], dims: str, message: str
) -> None:
    with pytest.raises(ShapeError, match=f"^image: {re.escape(message)}$"):
        check_shape(torch.zeros(sizes), dims, "image")
