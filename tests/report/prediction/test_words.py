from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from resgat.inference.result import FilePrediction, Verdict
from resgat.report.html.wording import DASH
from resgat.report.prediction.words import (
    OUTSIDE,
    file_words,
    region_words,
    short_name,
    verdict_words,
)
from resgat.types import REGIONS

VERDICT = Verdict("fake", 0.9, 2.2, 0.5, 0.8, 0.6, 1.0, False)
NOWHERE = dict.fromkeys(REGIONS, 0.0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "fake, P(fake) = 0.90; calibrated 0.80, doubt 0.60 to 1.00"),
        (
            {"is_in_doubt": True},
            "fake, P(fake) = 0.90, in doubt; calibrated 0.80, doubt 0.60 to 1.00",
        ),
        ({"low": None, "high": None, "is_in_doubt": None}, "fake, P(fake) = 0.90; calibrated 0.80"),
        ({"calibrated_prob": None, "low": None, "high": None}, "fake, P(fake) = 0.90"),
    ],
)
def test_a_verdict_says_what_is_known_and_no_more(changes: dict[str, Any], said: str) -> None:
    assert verdict_words(replace(VERDICT, **changes)) == said


@pytest.mark.parametrize(
    ("status", "reason", "verdict", "said"),
    [
        ("scored", None, VERDICT, verdict_words(VERDICT)),
        ("no_face", "no face found", None, "no face found"),
        ("failed", "no such file", None, "failed: no such file"),
    ],
)
def test_a_file_says_its_verdict_or_why_there_is_none(
    status: str, reason: str | None, verdict: Verdict | None, said: str
) -> None:
    prediction = FilePrediction(Path("a.mp4"), "video", status, reason, verdict, ())  # type: ignore[arg-type]
    assert file_words(prediction) == said


def test_a_long_name_keeps_its_beginning_and_its_end() -> None:
    assert short_name("a" * 90) == "a" * 90
    assert short_name("a" * 60 + "b" * 60) == "a" * 40 + " … " + "b" * 45
    assert "\n" not in short_name("a\nb.mp4")


def test_the_places_with_most_evidence_come_first_and_what_lies_outside_is_one_of_them() -> None:
    shares = NOWHERE | {"mouth": 0.5, "nose": 0.3, "chin": 0.1}
    assert region_words(shares) == "mouth 50 %, nose 30 %"
    assert region_words(NOWHERE | {"mouth": 0.25}, most=1) == f"{OUTSIDE} 75 %"


@pytest.mark.parametrize("regions", [None, NOWHERE])
def test_without_evidence_no_place_is_named(regions: dict[str, float] | None) -> None:
    assert region_words(regions) == DASH
