from collections.abc import Callable

from resgat.data.audit.crops import Video
from resgat.data.audit.identities import check_identity_groups

MakeVideo = Callable[..., Video]


def test_groups_that_stay_in_one_split_are_fine(make_video: MakeVideo) -> None:
    videos = [
        make_video("a", "train"),
        make_video("b", "train", identity_group="toy/a"),
        make_video("c", "test"),
        make_video("d", None, identity_group="toy/a"),
    ]
    check = check_identity_groups(videos)
    assert (check.verdict, check.summary) == ("ok", "2 groups, each in one split")
    assert check.details == {"crossing": {"count": 0, "first": []}}


def test_a_crossing_group_is_named_with_its_videos(make_video: MakeVideo) -> None:
    videos = [make_video(name, "train", identity_group="toy/x") for name in "abcd"]
    videos.append(make_video("e", "test", identity_group="toy/x", num_crops=3))
    check = check_identity_groups([*videos, make_video("f", "val")])
    assert check.verdict == "LEAK"
    assert check.summary == "1 of 2 groups lie in several splits: toy/x (test, train)"
    (group,) = check.details["crossing"]["first"]
    assert group["identity_group"] == "toy/x"
    assert group["splits"] == {
        "test": {"videos": 1, "crops": 3, "examples": ["toy/original/c0/e"]},
        "train": {
            "videos": 4,
            "crops": 32,
            "examples": [f"toy/original/c0/{name}" for name in "abc"],
        },
    }
