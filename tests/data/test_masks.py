from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data import masks
from resgat.data.masks import fit_mask, read_masks, share_inside
from resgat.data.video_io import Frame, read_frames
from resgat.errors import VideoReadError


def squares(num_frames: int, height: int = 48, width: int = 64) -> list[np.ndarray]:
    """Frame i is white from column 2i on."""
    frames = []
    for idx in range(num_frames):
        frame = np.zeros((height, width, 3), np.uint8)
        frame[:, 2 * idx :] = 255
        frames.append(frame)
    return frames


def test_masks_are_black_and_white_and_belong_to_their_frames(
    make_video: Callable[..., Path],
) -> None:
    path = make_video("mask.mp4", squares(20))
    for idx, mask in zip((0, 8, 16), read_masks(path, [0, 8, 16]), strict=True):
        assert mask is not None
        assert mask.shape == (48, 64)
        assert mask.dtype == np.uint8
        assert set(np.unique(mask)) <= {0, 255}
        expected = squares(20)[idx][..., 0]
        assert (mask != expected).mean() < 0.04  # the codec frays the edge


def test_half_is_the_middle(make_video: Callable[..., Path]) -> None:
    greys = [np.full((48, 64, 3), grey, np.uint8) for grey in (100, 150)]
    dark, light = read_masks(make_video("mask.avi", greys, "MJPG"), [0, 1])
    assert dark is not None
    assert light is not None
    assert not dark.any()
    assert (light == 255).all()


def test_behind_the_end_of_a_short_mask_video_no_mask_is_known(
    make_video: Callable[..., Path],
) -> None:
    path = make_video("mask.mp4", squares(10))
    found = list(read_masks(path, [0, 9, 10, 15, 19]))
    assert [mask is not None for mask in found] == [True, True, False, False, False]


def test_of_a_frame_that_cannot_be_decoded_no_mask_is_known(
    make_video: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(path: Path, indices: Sequence[int]) -> Iterator[tuple[int, Frame]]:
        return (pair for pair in read_frames(path, indices) if pair[0] not in (0, 4, 5, 9))

    monkeypatch.setattr(masks, "read_frames", damaged)
    path = make_video("mask.mp4", squares(10))
    found = list(read_masks(path, [0, 3, 4, 5, 7, 9]))
    assert [mask is not None for mask in found] == [False, True, False, False, True, False]
    for idx, mask in zip((3, 7), (found[1], found[4]), strict=True):
        assert mask is not None
        assert (mask != squares(10)[idx][..., 0]).mean() < 0.04


def test_a_mask_video_that_cannot_be_opened_is_named_as_one(tmp_path: Path) -> None:
    path = tmp_path / "000_003.mp4"
    path.write_bytes(b"no video")
    message = r"its mask video .*/000_003\.mp4: expected a video, got 8 bytes"
    with pytest.raises(VideoReadError, match=message):
        list(read_masks(path, [0]))


def test_a_mask_of_the_frames_size_is_untouched() -> None:
    mask = np.zeros((48, 64), np.uint8)
    assert fit_mask(mask, (48, 64, 3)) is mask


def test_a_smaller_mask_grows_without_new_values() -> None:
    mask = np.zeros((24, 32), np.uint8)
    mask[:12, :16] = 255
    fitted = fit_mask(mask, (48, 64, 3))
    expected = np.zeros((48, 64), np.uint8)
    expected[:24, :32] = 255
    np.testing.assert_array_equal(fitted, expected)


def test_the_share_inside_by_hand() -> None:
    mask = np.zeros((10, 10), np.uint8)
    mask[2:6, 2:6] = 255
    assert share_inside(mask, (0, 0, 4, 10)) == 0.5
    assert share_inside(mask, (3.6, 3.6, 20, 20)) == 4 / 16
    assert share_inside(mask, (-5, -5, 0, 0)) == 0.0
    assert share_inside(np.zeros((4, 4), np.uint8), (0, 0, 4, 4)) == 0.0


@given(st.integers(1, 2**32 - 1), st.integers(-3, 12))
def test_two_halves_hold_all(seed: int, column: int) -> None:
    mask = (np.random.default_rng(seed).random((8, 9)) > 0.5).astype(np.uint8) * 255
    mask[0, 0] = 255
    halves = share_inside(mask, (-9, -9, column, 99)), share_inside(mask, (column, -9, 99, 99))
    assert sum(halves) == pytest.approx(1)
