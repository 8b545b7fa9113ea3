from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from resgat.data import sources
from resgat.data.cropping import CropSpec
from resgat.data.detector import Face, FaceDetector
from resgat.data.extract import Cut, extract, place
from resgat.data.searching import Guide
from resgat.data.video_io import Frame, VideoEndsEarlyError, read_frames
from resgat.data.videos import VideoRecord
from resgat.errors import VideoReadError
from tests.data.detectors import GREY_STEP, FixedDetector, OddDetector

MakeRecord = Callable[..., VideoRecord]
MakeVideo = Callable[..., Path]

FACE = Face((20, 10, 40, 34), 0.95, ((26, 18), (34, 18), (30, 24), (27, 28), (33, 28)))


def spec_of(**changes: Any) -> CropSpec:
    settings: dict[str, Any] = {"size_px": 16, "margin": 1.5, "detector": {"name": "fixed"}}
    return CropSpec(**settings | {"frames_per_video": 4} | changes)


@pytest.fixture
def detector() -> FaceDetector:
    return FixedDetector((FACE,))


@pytest.fixture
def record(make_record: MakeRecord, tmp_path: Path, video_bytes: bytes) -> VideoRecord:
    """A grey video of 20 frames."""
    path = tmp_path / "a.mp4"
    path.write_bytes(video_bytes)
    return make_record("a", path=path)


def frame_idxs(cuts: list[Cut]) -> list[int]:
    return [cut.frame_idx for cut in cuts]


def test_frames_are_spread_and_crops_are_their_pixels(
    record: VideoRecord, detector: FaceDetector
) -> None:
    found = extract(record, spec_of(), detector)
    assert frame_idxs(found.cuts) == [0, 6, 13, 19]
    assert (found.frames_asked, found.frames_decoded, found.frames_guided) == (4, 4, 0)
    for cut in found.cuts:
        assert cut.crop.shape == (16, 16, 3)
        assert cut.face == FACE
        # The face is 20 x 24 px around (30, 22), so the square's side is 36 px.
        assert cut.placement.square == (12, 4, 48, 40)
        assert cut.mask is None
        assert abs(float(cut.crop.mean()) - GREY_STEP * cut.frame_idx) < 4


def test_what_was_found_guides_others(record: VideoRecord, detector: FaceDetector) -> None:
    guide = extract(record, spec_of(), detector).guide
    assert guide == Guide((48, 64), dict.fromkeys((0, 6, 13, 19), (FACE,)))
    taken = extract(record, spec_of(), FixedDetector(()), guide=guide)
    assert taken.frames_guided == 4
    assert frame_idxs(taken.cuts) == [0, 6, 13, 19]


def test_a_fake_of_another_length_is_cut_where_its_original_was(
    record: VideoRecord, detector: FaceDetector
) -> None:
    guide = Guide((48, 64), dict.fromkeys((0, 8, 16, 24, 31), (FACE,)))
    taken = extract(record, spec_of(), detector, guide=guide)
    assert frame_idxs(taken.cuts) == [0, 8, 10, 16]
    assert (taken.frames_asked, taken.frames_guided) == (4, 3)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"frames_per_video": 100}, list(range(20))),
        ({"frames_per_video": None, "stride": 6}, [0, 6, 12, 18]),
        ({"frames_per_video": 2, "stride": 8}, [0, 16]),
        ({"frames_per_video": 1}, [9]),
    ],
)
def test_frames_and_stride_choose_what_is_looked_at(
    change: dict[str, Any], expected: list[int], record: VideoRecord, detector: FaceDetector
) -> None:
    found = extract(record, spec_of(**change), detector)
    assert frame_idxs(found.cuts) == expected
    assert found.frames_asked == len(expected)


def test_stills_are_frames(make_record: MakeRecord, detector: FaceDetector, tmp_path: Path) -> None:
    paths = tuple(tmp_path / "stills" / f"{idx:04d}.png" for idx in range(5))
    (tmp_path / "stills").mkdir()
    for idx, path in enumerate(paths):
        assert cv2.imwrite(str(path), np.full((48, 64, 3), 40 * idx, np.uint8))
    record = make_record("a", path=tmp_path / "stills", frames=paths)
    found = extract(record, spec_of(frames_per_video=3), detector)
    assert [(cut.frame_idx, int(cut.crop.mean())) for cut in found.cuts] == [
        (0, 0), (2, 80), (4, 160),
    ]  # fmt: skip


def test_other_frames_stand_in_for_those_without_a_face(record: VideoRecord) -> None:
    """Of 0, 6, 13 and 19 two are even; of each two others that are looked at one is odd."""
    found = extract(record, spec_of(), OddDetector((FACE,)))
    assert len(found.cuts) == found.frames_asked == 4
    assert all(idx % 2 for idx in frame_idxs(found.cuts))
    assert {13, 19} <= set(frame_idxs(found.cuts))
    assert found.frames_decoded > 4


def test_what_was_looked_at_guides_with_all_frames(record: VideoRecord) -> None:
    found = extract(record, spec_of(), OddDetector((FACE,)))
    assert len(found.guide.faces) == found.frames_decoded
    assert list(found.guide.faces) == sorted(found.guide.faces)
    assert all(bool(faces) == bool(idx % 2) for idx, faces in found.guide.faces.items())


def test_other_frames_stand_in_for_those_that_cannot_be_decoded(
    record: VideoRecord, detector: FaceDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(path: Path, indices: Sequence[int]) -> Iterator[tuple[int, Frame]]:
        return (pair for pair in read_frames(path, indices) if pair[0] not in (0, 13))

    monkeypatch.setattr(sources, "read_frames", damaged)
    found = extract(record, spec_of(), detector)
    assert (found.frames_asked, found.frames_decoded, found.frames_lost) == (4, 2 + 4, 2)
    assert len(found.cuts) == 4
    assert not {0, 13} & {*frame_idxs(found.cuts), *found.guide.faces}
    for cut in found.cuts:
        assert abs(float(cut.crop.mean()) - GREY_STEP * cut.frame_idx) < 4


def test_masks_stay_with_their_frames_where_some_cannot_be_decoded(
    make_record: MakeRecord,
    make_video: MakeVideo,
    record: VideoRecord,
    detector: FaceDetector,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Mask i is white from column 2i on; the crop's square begins at column 12 of the frame."""
    drawn = []
    for idx in range(20):
        frame = np.zeros((48, 64, 3), np.uint8)
        frame[:, 2 * idx :] = 255
        drawn.append(frame)
    mask_path = make_video("mask.mp4", drawn)

    def damaged(path: Path, indices: Sequence[int]) -> Iterator[tuple[int, Frame]]:
        return (pair for pair in read_frames(path, indices) if pair[0] not in (6, 7, 10))

    monkeypatch.setattr(sources, "read_frames", damaged)
    fake = make_record("a_x", "a", path=record.path, mask_path=mask_path)
    found = extract(fake, spec_of(frames_per_video=20, size_px=36, resample=0), detector)
    assert found.frames_lost == 3
    for cut in found.cuts:
        assert cut.mask is not None
        first = int((cut.mask > 0).any(0).argmax())
        assert abs(first - max(0, 2 * cut.frame_idx - 12)) <= 1


def test_without_resampling_a_frame_without_a_face_is_lost(record: VideoRecord) -> None:
    found = extract(record, spec_of(resample=0), OddDetector((FACE,)))
    assert (frame_idxs(found.cuts), found.frames_asked, found.frames_decoded) == ([13, 19], 4, 4)


@pytest.mark.parametrize(("resample", "decoded"), [(0, 3), (1, 3 + 6), (2, 3 + 6 + 6), (8, 20)])
def test_it_gives_up_after_so_many_rounds_or_when_every_frame_was_seen(
    resample: int, decoded: int, record: VideoRecord
) -> None:
    found = extract(record, spec_of(frames_per_video=3, resample=resample), FixedDetector(()))
    assert found.cuts == []
    assert found.frames_decoded == decoded


def test_no_more_are_kept_than_were_asked_for(record: VideoRecord) -> None:
    """One is missing, two others are looked at, and both show the face."""

    class NotTheFirst(FixedDetector):
        def detect(self, frame: np.ndarray, min_face_px: float = 0.0) -> list[Face]:
            return super().detect(frame) if frame.mean() > 4 else []

    found = extract(record, spec_of(), NotTheFirst((FACE,)))
    assert found.frames_decoded == 4 + 2
    assert len(found.cuts) == 4
    assert frame_idxs(found.cuts) == sorted(frame_idxs(found.cuts))


def test_a_container_that_states_a_frame_too_many_gives_all_the_same(
    record: VideoRecord, detector: FaceDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = extract(record, spec_of(), detector)
    monkeypatch.setattr(sources, "count_frames", lambda path: 21)
    found = extract(record, spec_of(), detector)
    assert frame_idxs(found.cuts) == [0, 6, 13, 19]
    for a, b in zip(found.cuts, clean.cuts, strict=True):
        np.testing.assert_array_equal(a.crop, b.crop)
    assert (found.frames_asked, found.frames_decoded) == (4, 4)


def test_a_container_that_states_many_more_frames_is_broken(
    record: VideoRecord, detector: FaceDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "count_frames", lambda path: 22)
    with pytest.raises(VideoEndsEarlyError, match=r"a\.mp4: decoded 20 of 22 frames"):
        extract(record, spec_of(), detector)


def test_a_video_that_ends_early_is_refused(
    record: VideoRecord, detector: FaceDetector, short_video_bytes: bytes
) -> None:
    record.path.write_bytes(short_video_bytes)
    with pytest.raises(VideoReadError, match=r"a\.mp4: decoded \d+ of 20 frames"):
        extract(record, spec_of(), detector)


def test_a_video_that_is_missing_is_refused(record: VideoRecord, detector: FaceDetector) -> None:
    record.path.unlink()
    with pytest.raises(VideoReadError, match=r"a\.mp4: the video file is missing"):
        extract(record, spec_of(), detector)


def test_only_landmarks_turn_a_crop() -> None:
    turned = Face((30, 30, 66, 66), None, ((40, 36), (58, 46), (46, 50), (36, 56), (50, 63)))
    aligned = place(turned, spec_of(alignment="similarity"), (96, 96))
    np.testing.assert_allclose(aligned.move(turned.landmarks or ())[2], (8, 9), atol=1)
    without = replace(turned, landmarks=None)
    upright = place(turned, spec_of(), (96, 96))
    assert place(without, spec_of(alignment="similarity"), (96, 96)) == upright
