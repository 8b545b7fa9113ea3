import logging
from pathlib import Path

import pytest

from resgat.data.layout.listing import is_video_name, warn_unlisted


def test_names_of_videos() -> None:
    assert is_video_name("aaagqkcdis.mp4")
    assert not any(map(is_video_name, ("a.avi", "../a.mp4", "a/b.mp4", "a..mp4", None, 3)))


def test_videos_of_no_list_are_counted_once(caplog: pytest.LogCaptureFixture) -> None:
    root = Path("raw")
    found = [root / "b/y.mp4", root / "a/x.mp4", root / "z.mp4"]
    with caplog.at_level(logging.WARNING):
        warn_unlisted(root, found, {root / "z.mp4"}, "labels.csv")
        warn_unlisted(root, found, set(found), "labels.csv")
    assert caplog.messages == ["2 videos are in no labels.csv and left out: a/x.mp4, b/y.mp4"]
