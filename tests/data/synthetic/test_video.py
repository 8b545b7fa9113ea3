"""A pair of people on film: all their videos, the same each time, altered under the mask alone."""

import cv2
import numpy as np
import pytest

from resgat.data.synthetic import video as video_module
from resgat.data.synthetic.drawing import Image
from resgat.data.synthetic.forgery import METHODS, Mask
from resgat.data.synthetic.video import DrawnVideo, draw_pair

SIDE_PX = 64
NAMES = [None, None, *(method.name for method in METHODS)]


def film(seed: int = 3, *, difficulty: float = 0.2, num_frames: int = 2) -> list[DrawnVideo]:
    return list(
        draw_pair((0, seed), size_px=SIDE_PX, frames_per_video=num_frames, difficulty=difficulty)
    )


def test_both_people_are_filmed_and_each_method_is_used_once() -> None:
    videos = film()
    assert [video.method for video in videos] == NAMES
    assert [video.target for video in videos[:2]] == ["a", "b"]
    assert sorted(video.target for video in videos[2:]) == ["a", "a", "b", "b"]
    assert all(len(video.frames) == 2 for video in videos)


def test_frames_are_crops_with_landmarks_and_a_mask_where_they_are_forged() -> None:
    for video in film():
        for frame in video.frames:
            assert frame.image.shape == (SIDE_PX, SIDE_PX, 3)
            assert frame.image.dtype == np.uint8
            assert frame.landmarks.shape == (5, 2)
            assert (frame.landmarks > 0).all()
            assert (frame.landmarks < SIDE_PX).all()
            assert (frame.mask is None) == (video.method is None)
            if frame.mask is not None:
                assert frame.mask.shape == (SIDE_PX, SIDE_PX)
                assert 0.005 < frame.mask.mean() < 0.3


def test_the_seed_decides_everything() -> None:
    first, again, other = film(3), film(3), film(4)
    for video, same, different in zip(first, again, other, strict=True):
        assert np.array_equal(video.frames[1].image, same.frames[1].image)
        assert not np.array_equal(video.frames[1].image, different.frames[1].image)


def test_the_frames_of_a_video_differ() -> None:
    for video in film():
        assert not np.array_equal(video.frames[0].image, video.frames[1].image)


@pytest.mark.parametrize("seed", range(4))
def test_pixels_differ_from_the_genuine_twin_where_the_mask_is_and_nowhere_else(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = film(seed, difficulty=0.0)

    def keep_genuine(
        genuine: Image, pasted: Image, mask: Mask, *, feather_px: float
    ) -> tuple[Image, Mask]:
        return genuine, mask

    # The generators of both runs stay in step, so the twins share pose, light and noise.
    monkeypatch.setattr(video_module, "forge", keep_genuine)
    for fake, twin in zip(forged[2:], film(seed, difficulty=0.0)[2:], strict=True):
        for frame, genuine in zip(fake.frames, twin.frames, strict=True):
            assert frame.mask is not None
            change = np.abs(frame.image.astype(int) - genuine.image.astype(int)).max(2)
            around = cv2.dilate(frame.mask.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
            assert not change[~around].any()
            assert (change[frame.mask] > 0).mean() > 0.9
            assert change[frame.mask].mean() > 4 * change[around & ~frame.mask].mean() > 0


def test_genuine_videos_do_not_depend_on_the_difficulty() -> None:
    for easy, hard in zip(film(difficulty=0.0)[:2], film(difficulty=1.0)[:2], strict=True):
        assert np.array_equal(easy.frames[0].image, hard.frames[0].image)
