from collections.abc import Callable

import pytest

from resgat.data.audit.coverage import check_coverage
from resgat.data.audit.crops import Video

MakeVideo = Callable[..., Video]


@pytest.fixture
def videos(make_video: MakeVideo) -> list[Video]:
    numbers = {"a": 8, "b": 8, "c": 3, "d": 1}
    return [
        make_video(name, "train", num_crops=number, label=int(name > "b"))
        for name, number in numbers.items()
    ]


def test_videos_with_fewer_than_asked_are_named(videos: list[Video]) -> None:
    check = check_coverage(videos, 8)
    assert check.verdict == "warning"
    assert check.summary == (
        "2 of 4 videos have fewer than 8: toy/original/c0/c (3), toy/original/c0/d (1); "
        "crops per video: 1 to 8, median 5.5"
    )
    assert check.details["fewer_than_asked"]["first"][1] == {
        "video_id": "toy/original/c0/d",
        "crops": 1,
    }
    assert check.details["per_video"] == {"min": 1, "median": 5.5, "max": 8}
    assert check.details["per_real_video"] == {"min": 8, "median": 8.0, "max": 8}
    assert check.details["per_fake_video"] == {"min": 1, "median": 2.0, "max": 3}


def test_enough_is_fine(videos: list[Video]) -> None:
    check = check_coverage(videos[:2], 8)
    assert (check.verdict, check.summary) == (
        "ok",
        "crops per video: 8 to 8, median 8; 8 asked for",
    )
    assert check.details["per_fake_video"] is None


def test_without_a_number_asked_for_the_reason_is_given(videos: list[Video]) -> None:
    check = check_coverage(videos, None, "no manifest.json")
    assert check.verdict == "ok"
    assert check.summary == (
        "crops per video: 1 to 8, median 5.5; whether fewer than asked is not known: "
        "no manifest.json"
    )


def test_the_parts_of_one_video_are_added(make_video: MakeVideo) -> None:
    parts = [make_video("a", split, num_crops=4) for split in ("train", "test")]
    assert check_coverage(parts, 8).verdict == "ok"
