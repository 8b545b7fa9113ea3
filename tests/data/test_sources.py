from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from resgat.data.sources import open_source
from resgat.data.videos import VideoRecord
from resgat.errors import VideoReadError


@pytest.fixture
def stills(tmp_path: Path) -> tuple[Path, ...]:
    paths = tuple(tmp_path / f"{idx}.png" for idx in range(5))
    for idx, path in enumerate(paths):
        assert cv2.imwrite(str(path), np.full((6, 8, 3), 40 * idx, np.uint8))
    return paths


def test_a_video_file_is_read_as_one(
    make_record: Callable[..., VideoRecord], video_bytes: bytes, tmp_path: Path
) -> None:
    (tmp_path / "a.mp4").write_bytes(video_bytes)
    source = open_source(make_record("a", path=tmp_path / "a.mp4"))
    assert source.count() == 20
    assert [idx for idx, _ in source.read([3, 7])] == [3, 7]


def test_stills_are_frames_in_the_order_of_their_list(
    make_record: Callable[..., VideoRecord], stills: tuple[Path, ...], tmp_path: Path
) -> None:
    source = open_source(make_record("a", path=tmp_path, frames=stills[::-1]))
    assert source.count() == 5
    frames = dict(source.read([0, 3]))
    assert {idx: int(frame.mean()) for idx, frame in frames.items()} == {0: 160, 3: 40}


def test_a_broken_still_is_passed_over_like_a_broken_frame(
    make_record: Callable[..., VideoRecord], stills: tuple[Path, ...], tmp_path: Path
) -> None:
    stills[2].write_bytes(b"")
    source = open_source(make_record("a", path=tmp_path, frames=stills))
    assert [idx for idx, _ in source.read([0, 1, 2, 3])] == [0, 1, 3]


def test_where_no_still_can_be_read_the_first_says_why(
    make_record: Callable[..., VideoRecord], stills: tuple[Path, ...], tmp_path: Path
) -> None:
    for still in stills[1:3]:
        still.write_bytes(b"")
    source = open_source(make_record("a", path=tmp_path, frames=stills))
    with pytest.raises(VideoReadError, match=r"1\.png: expected an image, got 0 bytes"):
        list(source.read([1, 2]))


def test_one_image_is_a_video_of_one_frame(
    make_record: Callable[..., VideoRecord], stills: tuple[Path, ...]
) -> None:
    record = make_record("a", path=stills[1], frames=stills[1:2])
    assert open_source(record).count() == 1
    assert record.is_present
    assert not replace(record, path=stills[1].with_name("gone.png")).is_present
