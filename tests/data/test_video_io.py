import os
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from resgat.data.video_io import (
    MAX_LOST,
    VideoEndsEarlyError,
    count_frames,
    frame_size_px,
    read_frames,
)
from resgat.errors import VideoReadError
from tests.data.detectors import GREY_STEP


@pytest.fixture
def video(tmp_path: Path, video_bytes: bytes) -> Path:
    path = tmp_path / "video.mp4"
    path.write_bytes(video_bytes)
    return path


def test_the_chosen_frames_come_in_order_with_their_own_pixels(video: Path) -> None:
    frames = list(read_frames(video, [0, 7, 19]))
    assert [idx for idx, _ in frames] == [0, 7, 19]
    for idx, frame in frames:
        assert frame.shape == (48, 64, 3)
        assert frame.dtype == np.uint8
        assert abs(float(frame.mean()) - GREY_STEP * idx) < 4


def test_reading_agrees_with_seeking(video: Path) -> None:
    capture = cv2.VideoCapture(str(video))
    capture.set(cv2.CAP_PROP_POS_FRAMES, 11)
    _, sought = capture.read()
    capture.release()
    ((_, frame),) = read_frames(video, [11])
    np.testing.assert_array_equal(frame, sought[..., ::-1])


def test_channels_are_rgb(make_video: Callable[..., Path]) -> None:
    red = np.full((48, 64, 3), (220, 0, 0), np.uint8)
    ((_, frame),) = read_frames(make_video("red.mp4", [red]), [0])
    assert frame[..., 0].mean() > 180
    assert frame[..., 2].mean() < 40


def test_no_frame_is_read_where_none_is_wanted(tmp_path: Path) -> None:
    assert list(read_frames(tmp_path / "absent.mp4", [])) == []


def test_count_is_what_the_container_states(video: Path) -> None:
    assert count_frames(video) == 20


def test_a_missing_video_is_named(tmp_path: Path) -> None:
    with pytest.raises(VideoReadError, match=r"gone\.mp4: the video file is missing; download"):
        count_frames(tmp_path / "gone.mp4")


@pytest.mark.parametrize("kept", [0, 500])
def test_an_empty_or_cut_video_is_named_and_nothing_else_is_printed(
    kept: int, tmp_path: Path, video_bytes: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cut.mp4"
    path.write_bytes(video_bytes[:kept])
    with pytest.raises(VideoReadError, match=rf"cut\.mp4: expected a video, got {kept} bytes"):
        list(read_frames(path, [0]))
    assert "OPENCV_FFMPEG_LOGLEVEL" in os.environ
    assert "cap.cpp" not in capfd.readouterr().err


def test_a_video_that_ends_early_tells_how_far_it_came(
    tmp_path: Path, short_video_bytes: bytes
) -> None:
    path = tmp_path / "short.mp4"
    path.write_bytes(short_video_bytes)
    assert count_frames(path) == 20
    message = r"short\.mp4: decoded \d+ of 16 frames, then the video ends"
    with pytest.raises(VideoEndsEarlyError, match=message) as caught:
        list(read_frames(path, [0, 15]))
    assert 0 < caught.value.num_decoded < 16


def test_a_frame_beyond_the_end_is_no_frame(video: Path) -> None:
    with pytest.raises(VideoReadError, match="decoded 20 of 31 frames"):
        list(read_frames(video, [30]))


class StatedCapture:
    """Stands before a real capture and states other numbers."""

    stated: dict[int, float]

    def __init__(self, *args: object) -> None:
        self._capture = self.opened(*args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._capture, name)

    def get(self, prop: int) -> float:
        return self.stated.get(prop, float(self._capture.get(prop)))


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[int, float]], None]:
    """Have every container state other numbers."""

    def patch(stated: dict[int, float]) -> None:
        members = {"stated": stated, "opened": staticmethod(cv2.VideoCapture)}
        monkeypatch.setattr(cv2, "VideoCapture", type("Stated", (StatedCapture,), members))

    return patch


@pytest.mark.parametrize("stated", [-1.0, 0.0, float(-(2**63)), 1e9])
def test_frames_are_counted_where_the_container_states_none_or_more_than_it_has_bytes(
    stated: float, video: Path, state: Callable[[dict[int, float]], None]
) -> None:
    state({cv2.CAP_PROP_FRAME_COUNT: stated})
    assert count_frames(video) == 20


def test_a_video_without_a_frame_is_refused(
    video: Path, state: Callable[[dict[int, float]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    state({cv2.CAP_PROP_FRAME_COUNT: -1.0})
    monkeypatch.setattr(StatedCapture, "grab", lambda self: False, raising=False)
    with pytest.raises(VideoReadError, match=r"video\.mp4: the video holds no frame that can be"):
        count_frames(video)


@pytest.mark.parametrize("size", [(0, 48), (64, -1), (65_536, 65_536)])
def test_frames_of_an_absurd_size_are_refused(
    size: tuple[int, int], video: Path, state: Callable[[dict[int, float]], None]
) -> None:
    width, height = size
    state({cv2.CAP_PROP_FRAME_WIDTH: width, cv2.CAP_PROP_FRAME_HEIGHT: height})
    message = rf"the container states frames of {width} x {height} px; download it again"
    with pytest.raises(VideoReadError, match=message):
        list(read_frames(video, [0]))


@pytest.fixture
def damaged(make_video: Callable[..., Path]) -> Path:
    """A grey MJPEG video of 20 frames, of which frames 7, 8 and 19 are zeros."""
    greys = [np.full((48, 64, 3), GREY_STEP * idx, np.uint8) for idx in range(20)]
    path = make_video("damaged.avi", greys, "MJPG")
    data = bytearray(path.read_bytes())
    movie = data.index(b"movi")
    chunks = [match.start() for match in re.finditer(b"00dc", data[movie:])]
    for idx in (7, 8, 19):
        start = movie + chunks[idx] + 8
        size = int.from_bytes(data[start - 4 : start], "little")
        data[start : start + size] = bytes(size)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [([6, 9], [6, 9]), ([0, 7, 18], [0, 18]), ([8], []), ([6, 7, 8, 9, 18], [6, 9, 18])],
)
def test_frames_that_cannot_be_decoded_keep_their_number_and_are_passed_over(
    wanted: list[int], expected: list[int], damaged: Path
) -> None:
    frames = list(read_frames(damaged, wanted))
    assert [idx for idx, _ in frames] == expected
    for idx, frame in frames:
        assert abs(float(frame.mean()) - GREY_STEP * idx) < 4


def test_what_no_whole_frame_follows_is_the_end(damaged: Path) -> None:
    assert count_frames(damaged) == 20
    with pytest.raises(VideoEndsEarlyError, match="decoded 19 of 20 frames, then") as caught:
        list(read_frames(damaged, [0, 19]))
    assert caught.value.num_decoded == 19


def test_where_frames_are_counted_by_decoding_damaged_ones_count(
    damaged: Path, state: Callable[[dict[int, float]], None]
) -> None:
    state({cv2.CAP_PROP_FRAME_COUNT: 0.0})
    assert count_frames(damaged) == 19


@pytest.mark.parametrize(("num_bad", "is_end"), [(MAX_LOST - 1, False), (MAX_LOST, True)])
def test_so_many_bad_frames_in_a_row_are_the_end(
    num_bad: int,
    is_end: bool,
    video: Path,
    state: Callable[[dict[int, float]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grabs = iter([True, *[False] * num_bad, *[True] * 9])
    state({})
    monkeypatch.setattr(StatedCapture, "grab", lambda self: next(grabs), raising=False)
    picture = np.zeros((48, 64, 3), np.uint8)
    monkeypatch.setattr(StatedCapture, "retrieve", lambda self: (True, picture), raising=False)
    if is_end:
        with pytest.raises(VideoEndsEarlyError, match=f"decoded 1 of {num_bad + 2} frames"):
            list(read_frames(video, [num_bad + 1]))
    else:
        assert [idx for idx, _ in read_frames(video, [num_bad + 1])] == [num_bad + 1]


def test_frames_that_can_be_grabbed_and_not_converted_are_passed_over(
    video: Path, state: Callable[[dict[int, float]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: StatedCapture) -> None:
        raise cv2.error

    state({})
    monkeypatch.setattr(StatedCapture, "retrieve", fail, raising=False)
    assert list(read_frames(video, [0, 3])) == []


def test_a_decoder_that_fails_within_ends_the_video(
    video: Path,
    state: Callable[[dict[int, float]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(self: StatedCapture) -> None:
        raise cv2.error

    state({})
    monkeypatch.setattr(StatedCapture, "grab", fail, raising=False)
    with pytest.raises(VideoEndsEarlyError, match="decoded 0 of 4 frames, then") as caught:
        list(read_frames(video, [0, 3]))
    assert caught.value.num_decoded == 0


def test_a_name_is_a_path_and_never_a_protocol_or_a_pattern(
    video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(video.parent)
    for name in ("concat:a.mp4", "file:a.mp4", "img_%03d.mp4", "-i.mp4"):
        Path(name).write_bytes(video.read_bytes())
        assert count_frames(Path(name)) == 20


def test_a_name_that_is_no_text_is_refused_for_opencv_would_crash(tmp_path: Path) -> None:
    with pytest.raises(VideoReadError, match="is no UTF-8; rename it"):
        count_frames(tmp_path / "a\udcff.mp4")


def test_how_far_a_video_came_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(VideoEndsEarlyError("a.mp4: ends", 7)))
    assert (str(error), error.num_decoded) == ("a.mp4: ends", 7)


@pytest.mark.real
def test_a_real_video_decodes_to_its_last_frame(real_data: Path) -> None:
    path = real_data / "ffpp/original_sequences/youtube/c23/videos/004.mp4"
    last = count_frames(path) - 1
    ((idx, frame),) = read_frames(path, [last])
    assert idx == last == 308
    assert frame.shape == (720, 1280, 3)


def test_the_size_of_the_frames_is_what_the_container_states(video: Path, tmp_path: Path) -> None:
    assert frame_size_px(video) == (64, 48)
    with pytest.raises(VideoReadError, match="is missing"):
        frame_size_px(tmp_path / "gone.mp4")
