from collections.abc import Callable

import pytest

from resgat.data.audit.balance import check_balance
from resgat.data.audit.crops import Video

MakeVideo = Callable[..., Video]


@pytest.fixture
def videos(make_video: MakeVideo) -> list[Video]:
    found = []
    for split in ("train", "val", "test"):
        found.append(make_video(f"{split}_real", split, num_crops=5))
        for method in ("swap", "reenact"):
            found.append(make_video(f"{split}_{method}", split, label=1, method=method))
    return found


def test_classes_and_methods_are_counted_by_split(videos: list[Video]) -> None:
    check = check_balance(videos)
    assert check.verdict == "ok"
    assert check.summary == "real + fake videos: train 1 + 2, val 1 + 2, test 1 + 2"
    assert check.details["splits"]["val"] == {
        "real": {"videos": 1, "crops": 5},
        "fake": {"videos": 2, "crops": 16},
        "methods": {
            "original": {"videos": 1, "crops": 5},
            "reenact": {"videos": 1, "crops": 8},
            "swap": {"videos": 1, "crops": 8},
        },
    }
    assert check.details["none"] == {"videos": 0, "crops": 0}


@pytest.mark.parametrize("label", [0, 1])
def test_a_split_of_one_class_is_broken(videos: list[Video], label: int) -> None:
    kept = [video for video in videos if video.split != "val" or video.label == label]
    check = check_balance(kept)
    assert check.verdict == "broken"
    assert check.summary.startswith("only one class in val; real + fake videos: train 1 + 2, val ")


def test_an_absent_split_is_a_warning(videos: list[Video]) -> None:
    check = check_balance([video for video in videos if video.split == "test"])
    assert check.verdict == "warning"
    assert check.summary == "no video in train and val; real + fake videos: test 1 + 2"


def test_videos_in_no_split_are_counted(videos: list[Video], make_video: MakeVideo) -> None:
    check = check_balance([*videos, make_video("x", None)])
    assert check.summary.endswith("; 1 videos in no split")
    assert check.details["none"] == {"videos": 1, "crops": 8}


def test_no_split_at_all_is_broken(make_video: MakeVideo) -> None:
    check = check_balance([make_video("x", None)])
    assert check.verdict == "broken"
    assert check.summary.startswith("real + fake videos: no video is in a split")
