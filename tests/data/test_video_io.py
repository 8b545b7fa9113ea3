import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from resgat.data.video_io import count_frames, read_frames
from resgat.errors import VideoReadError

GREY_STEP = 12


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


def test_channels_are_rgb(tmp_path: Path) -> None:
    path = tmp_path / "red.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10, (64, 48))
    writer.write(np.full((48, 64, 3), (0, 0, 220), np.uint8))
    writer.release()
    ((_, frame),) = read_frames(path, [0])
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
    with pytest.raises(VideoReadError, match=r"short\.mp4: decoded \d+ of 20 frames, then"):
        list(read_frames(path, [0, 15]))


def test_a_frame_beyond_the_end_is_no_frame(video: Path) -> None:
    with pytest.raises(VideoReadError, match="decoded 20 of 31 frames"):
        list(read_frames(video, [30]))


def test_a_container_without_frames_is_refused(
    video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = cv2.VideoCapture

    class Countless:
        def __init__(self, *args: object) -> None:
            self.capture = opened(*args)

        def isOpened(self) -> bool:  # noqa: N802
            return True

        def get(self, prop: int) -> float:
            return -1.0

        def release(self) -> None:
            self.capture.release()

    monkeypatch.setattr(cv2, "VideoCapture", Countless)
    with pytest.raises(VideoReadError, match=r"video\.mp4: the container states -1 frames"):
        count_frames(video)


@pytest.mark.real
def test_a_real_video_decodes_to_its_last_frame(real_data: Path) -> None:
    path = real_data / "ffpp/original_sequences/youtube/c23/videos/004.mp4"
    last = count_frames(path) - 1
    ((idx, frame),) = read_frames(path, [last])
    assert idx == last == 308
    assert frame.shape == (720, 1280, 3)
