from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resgat.errors import IndexSchemaError
from resgat.metrics.pooling import pool_videos


def test_mean_of_the_frame_logits() -> None:
    videos = pool_videos([1.0, 5.0, 3.0, -4.0], [1, 0, 1, 0], [9, 2, 9, 2])
    np.testing.assert_array_equal(videos.video_idx, [2, 9])
    np.testing.assert_array_equal(videos.logit, [0.5, 2.0])
    np.testing.assert_array_equal(videos.label, [0, 1])
    np.testing.assert_array_equal(videos.num_frames, [2, 2])


def test_no_frames_are_no_videos() -> None:
    assert pool_videos([], [], []).logit.shape == (0,)


@given(
    st.lists(st.tuples(st.floats(-50, 50), st.integers(0, 4)), min_size=1, max_size=40),
    st.randoms(use_true_random=False),
)
@settings(deadline=None)
def test_order_does_not_matter_to_the_last_bit(frames: Any, random: Any) -> None:
    def pool(rows: Any) -> Any:
        logit, video = zip(*rows, strict=True)
        return pool_videos(logit, np.array(video) % 2, video)

    shuffled = list(frames)
    random.shuffle(shuffled)
    for one, other in zip(pool(frames), pool(shuffled), strict=True):
        np.testing.assert_array_equal(one, other)


def test_agrees_with_a_loop(rng: np.random.Generator) -> None:
    logit, video = rng.normal(size=500), rng.integers(0, 30, 500)
    videos = pool_videos(logit, video % 2, video)
    for row, idx in enumerate(videos.video_idx):
        assert videos.logit[row] == pytest.approx(logit[video == idx].mean(), abs=1e-12)


def test_a_video_with_two_labels_is_named() -> None:
    with pytest.raises(IndexSchemaError, match="video_idx 3: expected one label per video"):
        pool_videos([1.0, 2.0, 3.0], [1, 1, 0], [5, 3, 3])
    with pytest.raises(IndexSchemaError, match=r"ffpp/b: .* mend the labels"):
        pool_videos([1.0, 2.0], [1, 0], [1, 1], video_ids=["ffpp/a", "ffpp/b"])


def test_bad_logits_are_refused() -> None:
    with pytest.raises(ValueError, match="1 of 2 that are nan"):
        pool_videos([1.0, np.nan], [1, 0], [0, 1])
