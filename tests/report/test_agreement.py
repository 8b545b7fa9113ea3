"""Which numbers agree: by hand, by law, and against a flat comparison written otherwise."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.report.agreement import Agreement, Row, agree, count, verdict, worst

RECORDED: dict[str, Any] = {
    "schema": 1,
    "test": {
        "video": {
            "auc": 0.75,
            "auc_ci": [0.5, 0.875],
            "ap": 0.5,
            "ap_ci": [0.25, 0.5625],
            "f1": None,
            "f1_reason": "one class only",
            "eer": 0.25,
            "seconds": 12.5,
            "latency_ms": 3.0,
        },
        "evidence": {"beats_controls": True},
    },
}
REPEATED: dict[str, Any] = {
    "schema": 1,
    "test": {
        "video": {
            "auc": 0.625,
            "auc_ci": [0.5, 0.875],
            "ap": 1.0,
            "ap_ci": [0.25],
            "f1": 0.5,
            "f1_reason": None,
            "eer": 0.25 + 2**-24,
            "seconds": 99.0,
            "latency_ms": 9.0,
        },
        "evidence": {"beats_controls": False},
    },
}
#: What JSON can say, under names that read alike.
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1000, 1000),
    st.floats(-1e6, 1e6),
    st.text("ab_s.", max_size=3),
)
NESTED = st.dictionaries(
    st.text("ab_s.0[]", max_size=3),
    st.recursive(
        LEAVES,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.text("ab_s.", max_size=3), inner)
        ),
        max_leaves=8,
    ),
    max_size=4,
)


def test_every_kind_by_hand() -> None:
    found = {row.number: row for row in agree(RECORDED, REPEATED, atol=1e-6)}
    assert list(found) == sorted(found)
    same, within = Agreement.IDENTICAL, Agreement.WITHIN
    differs, alone = Agreement.DIFFERS, Agreement.ONE_SIDED
    auc, ap = "test.video.auc", "test.video.ap"
    assert found == {
        "schema": Row("schema", 1, 1, same, 0),
        auc: Row(auc, 0.75, 0.625, differs, 0.125, in_interval=True),
        f"{auc}_ci[0]": Row(f"{auc}_ci[0]", 0.5, 0.5, same, 0.0),
        f"{auc}_ci[1]": Row(f"{auc}_ci[1]", 0.875, 0.875, same, 0.0),
        ap: Row(ap, 0.5, 1.0, differs, 0.5, in_interval=False),
        f"{ap}_ci[0]": Row(f"{ap}_ci[0]", 0.25, 0.25, same, 0.0),
        f"{ap}_ci[1]": Row(f"{ap}_ci[1]", 0.5625, None, alone),
        "test.video.f1": Row("test.video.f1", None, 0.5, alone),
        "test.video.eer": Row("test.video.eer", 0.25, 0.25 + 2**-24, within, 2**-24),
        "test.evidence.beats_controls": Row(
            "test.evidence.beats_controls", True, False, differs, 1
        ),
    }


def test_the_tolerance_counts_as_within() -> None:
    def kind(atol: float) -> Agreement:
        return agree({"a": 0.5}, {"a": 0.75}, atol=atol)[0].agreement

    assert kind(0.25) is Agreement.WITHIN
    assert kind(math.nextafter(0.25, 0)) is Agreement.DIFFERS
    assert agree({"a": 0.5}, {"a": 0.5}, atol=0)[0].agreement is Agreement.IDENTICAL


def test_two_places_that_read_alike_are_two_numbers() -> None:
    rows = agree({"a.b": 1, "a": {"b": 2}}, {"a.b": 1, "a": {"b": 3}}, atol=0)
    assert [row.number for row in rows] == ["a.b", "a.b"]
    assert {row.agreement for row in rows} == {Agreement.IDENTICAL, Agreement.DIFFERS}


@pytest.mark.parametrize("name", ["fit_s", "pass_ms", "seconds", "wall_seconds"])
def test_what_a_clock_decides_is_passed_over(name: str) -> None:
    assert agree({name: 1.0, "x": {name: [1.0]}}, {name: 2.0}, atol=0) == []


@pytest.mark.parametrize("name", ["s", "ms", "classes", "items", "loss", "size_px"])
def test_what_only_looks_like_a_clock_is_compared(name: str) -> None:
    assert len(agree({name: 1.0}, {name: 2.0}, atol=0)) == 1


@given(NESTED)
def test_a_result_is_identical_to_itself(results: dict[str, Any]) -> None:
    rows = agree(results, results, atol=0)
    assert {row.agreement for row in rows} <= {Agreement.IDENTICAL}
    assert worst(rows) == []


@given(NESTED, NESTED, st.sampled_from([0.0, 1e-6, 1.0]))
def test_the_order_of_the_two_decides_nothing(
    first: dict[str, Any], second: dict[str, Any], atol: float
) -> None:
    def seen(rows: list[Row]) -> list[Any]:
        return sorted(((row.number, row.agreement, repr(row.difference)) for row in rows), key=repr)

    there, back = agree(first, second, atol=atol), agree(second, first, atol=atol)
    assert seen(there) == seen(back)
    assert sorted(repr((row.recorded, row.repeated)) for row in there) == sorted(
        repr((row.repeated, row.recorded)) for row in back
    )


@given(NESTED, NESTED)
def test_a_wider_tolerance_never_makes_fewer_agree(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    agreeing = [
        sum(row.agrees for row in agree(first, second, atol=atol)) for atol in (0.0, 1e-6, 1.0, 1e9)
    ]
    assert agreeing == sorted(agreeing)


def leaves(node: Any) -> list[float]:
    """Collect the numbers of a nest in another manner: breadth first, without places."""
    found, level = [], [("", node)]
    while level:
        below: list[tuple[str, Any]] = []
        for name, value in level:
            if isinstance(value, dict):
                below += value.items()
            elif isinstance(value, list):
                below += [(name, item) for item in value]
            elif isinstance(value, int | float) and not (name.endswith("_s") and name != "_s"):
                found.append(value)
        level = below
    return found


@given(NESTED, NESTED)
def test_every_number_is_in_exactly_one_row(first: dict[str, Any], second: dict[str, Any]) -> None:
    rows = agree(first, second, atol=0)
    assert sorted(r.recorded for r in rows if r.recorded is not None) == sorted(leaves(first))
    assert sorted(r.repeated for r in rows if r.repeated is not None) == sorted(leaves(second))
    assert sum(count(rows).values()) == len(rows)


def test_the_worst_come_first_and_those_without_a_difference_last() -> None:
    rows = agree({"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0}, {"a": 1.1, "b": 3.0, "c": 1.0}, atol=0.5)
    assert [row.number for row in worst(rows)] == ["b", "a", "d"]
    assert count(rows) == {"identical": 1, "within tolerance": 1, "differs": 1, "only in one": 1}


@pytest.mark.parametrize(
    ("recorded", "repeated", "said"),
    [
        ({"a": None}, {"a": "text"}, "there is no number to compare"),
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}, "all 2 numbers are identical"),
        (
            {"a": 1, "b": 2.0},
            {"a": 1, "b": 2.125},
            "all 2 numbers agree within 0.25, 1 are identical; the largest difference is 0.12, of "
            "b (2 recorded, 2.125 now)",
        ),
        (
            {"a": 1.0, "a_ci": [0.5, 3.0], "b": 4.0, "b_ci": [3.5, 4.5], "c": 1},
            {"a": 2.0, "a_ci": [0.5, 3.0], "b": 8.0, "b_ci": [3.5, 4.5]},
            "3 of 7 numbers do not agree within 0.25; the largest difference is 4, of b (4 "
            "recorded, 8 now); only one run has 1 of them; 1 of 2 with an interval still lie in "
            "the recorded",
        ),
        ({"c": 1}, {}, "1 of 1 numbers do not agree within 0.25; only one run has 1 of them"),
    ],
)
def test_the_verdict_in_one_sentence(
    recorded: dict[str, Any], repeated: dict[str, Any], said: str
) -> None:
    assert verdict(agree(recorded, repeated, atol=0.25), atol=0.25) == said
