from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.errors import ConfigError, ShapeError
from resgat.report.explanations.sentence import sentence
from resgat.report.html.wording import REGION_WORDS

EIGHT = [0.03, 0.02, 0.18, 0.61, 0.06, 0.02, 0.04, 0.04]


def said(mass: Any, prob: float = 0.97, **options: Any) -> str:
    names = REGION_WORDS if len(mass) == 8 else ("mouth", "nose", "chin")[: len(mass)]
    return sentence(prob, 0.5, mass, names, **options)


def test_a_fake() -> None:
    assert said(EIGHT, prob_without_top=0.22) == (
        "fake, p = 0.97; 61 % of the positive evidence lies in the mouth, 18 % in the nose; "
        "without the mouth evidence p = 0.22"
    )


def test_a_real_face_has_evidence_for_fake_too() -> None:
    assert said(EIGHT, prob=0.03, prob_without_top=0.01) == (
        "real, p = 0.03; 61 % of the evidence for fake lies in the mouth, 18 % in the nose; "
        "without the mouth evidence p = 0.01"
    )


def test_regions_that_were_not_found_in_the_face_are_said_to_be_the_average_ones() -> None:
    assert said(EIGHT, average_face=True).endswith(
        "; regions are those of the average face, so a neighbour may be meant"
    )


def test_the_threshold_decides() -> None:
    assert sentence(0.4, 0.4, EIGHT, REGION_WORDS).startswith("fake, p = 0.40;")
    assert sentence(0.39, 0.4, EIGHT, REGION_WORDS).startswith("real, p = 0.39;")


def test_a_small_second_place_is_not_named() -> None:
    assert said([0.93, 0.07]) == "fake, p = 0.97; 93 % of the positive evidence lies in the mouth"


def test_two_that_tie() -> None:
    assert said([0.2, 0.401, 0.399], prob_without_top=0.5) == (
        "fake, p = 0.97; 40 % of the positive evidence lies in the nose, and as much in the chin; "
        "without the nose evidence p = 0.50"
    )


def test_the_first_of_equal_ones_is_the_one_taken_away() -> None:
    assert said([0.5, 0.5], prob_without_top=0.4).endswith("without the mouth evidence p = 0.40")


def test_many_that_tie() -> None:
    assert said(8 * [0.125]) == (
        "fake, p = 0.97; no region stands out: 8 places hold 12 % of the positive evidence each"
    )


def test_evidence_outside_all_regions_is_a_place() -> None:
    assert said([0.3, 0.1, 0.0]) == (
        "fake, p = 0.97; 60 % of the positive evidence lies outside all regions, 30 % in the mouth"
    )
    assert said([0.7, 0.05]).endswith("lies in the mouth, 25 % outside all regions")


def test_no_positive_evidence() -> None:
    assert said(8 * [0.0], prob_without_top=0.9) == (
        "fake, p = 0.97; no region of the face holds positive evidence"
    )
    assert said([0.0], prob=0.1) == "real, p = 0.10; no region of the face holds evidence for fake"


def test_a_map_that_says_nothing_is_not_taken_for_one_that_says_nowhere() -> None:
    told = said(
        8 * [0.0], prob_without_top=0.9, locality=0.3, average_face=True, is_degenerate=True
    )
    assert told == "fake, p = 0.97; the map says nothing: it is constant, or not finite"


def test_how_local_the_nodes_are() -> None:
    assert said(EIGHT, locality=0.341) == f"{said(EIGHT)}; locality of the nodes 0.34"


def test_arrays_of_float32_are_taken() -> None:
    mass = np.array([0.75, 0.25, 0.0], np.float32)
    assert sentence(0.97, 0.5, mass, ("a", "b", "c")).endswith("in the a, 25 % in the b")


@given(
    st.floats(0, 1),
    st.lists(st.floats(0, 1), min_size=8, max_size=8).map(
        lambda v: [x / max(sum(v), 1) for x in v]
    ),
)
def test_any_verdict_is_one_line_with_its_probability(prob: float, mass: list[float]) -> None:
    text = said(mass, prob)
    assert text.startswith(f"{'fake' if prob >= 0.5 else 'real'}, p = {prob:.2f}; ")
    assert "\n" not in text
    assert "nan" not in text


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((1.2, 0.5, [1.0], ["a"]), {}, ConfigError, "prob: expected a number"),
        ((0.5, -1, [1.0], ["a"]), {}, ConfigError, "threshold: expected a number"),
        ((0.5, 0.5, [1.2], ["a"]), {}, ConfigError, "region_mass: expected a number"),
        ((0.5, 0.5, [float("nan")], ["a"]), {}, ConfigError, "region_mass: expected a number"),
        ((0.5, 0.5, [1.0], ["a", "b"]), {}, ShapeError, "got 1 shares and 2 names"),
        ((0.5, 0.5, [], []), {}, ShapeError, "got 0 shares and 0 names"),
        ((0.5, 0.5, [1.0], ["a"]), {"locality": 2}, ConfigError, "locality: expected"),
        (
            (0.5, 0.5, [1.0], ["a"]),
            {"prob_without_top": -0.1},
            ConfigError,
            "prob_without_top: expected",
        ),
    ],
)
def test_refusals(arguments: Any, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        sentence(*arguments, **options)
