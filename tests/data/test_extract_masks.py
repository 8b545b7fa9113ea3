from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from resgat.data.cropping import CropSpec
from resgat.data.detector import Face
from resgat.data.extract import Cut, extract
from resgat.data.videos import VideoRecord
from resgat.errors import VideoReadError
from tests.data.detectors import FixedDetector, SpotDetector

MakeRecord = Callable[..., VideoRecord]
MakeVideo = Callable[..., Path]


def spec_of(**changes: Any) -> CropSpec:
    settings: dict[str, Any] = {"size_px": 16, "margin": 1.5, "detector": {"name": "fixed"}}
    return CropSpec(**settings | {"frames_per_video": 4} | changes)


def frame_idxs(cuts: list[Cut]) -> list[int]:
    return [cut.frame_idx for cut in cuts]


SIDE = 96
#: Frames are dark but for one square of 32 px, which the detector takes for the face.
LEFT, RIGHT = (8, 30), (56, 34)


def checkers(square_px: int) -> np.ndarray:
    """Black and white squares over a whole frame."""
    rows, columns = np.mgrid[:SIDE, :SIDE] // square_px
    return np.where((rows + columns) % 2, 255, 0).astype(np.uint8)


def blank(*places: tuple[int, int]) -> np.ndarray:
    frame = np.zeros((SIDE, SIDE, 3), np.uint8)
    for x, y in places:
        frame[y : y + 32, x : x + 32] = 255
    return frame


PLACES = {
    "inside": Face((30, 30, 66, 66), None, ((38, 42), (58, 42), (48, 50), (40, 58), (56, 58))),
    "turned": Face((30, 30, 66, 66), None, ((40, 36), (58, 46), (46, 50), (36, 56), (50, 63))),
    "at the edge": Face((60, -4, 98, 34), None, ((70, 8), (92, 9), (80, 18), (72, 27), (88, 27))),
}


@pytest.mark.parametrize("alignment", ["none", "similarity"])
@pytest.mark.parametrize("size_px", [24, 47, 120])
@pytest.mark.parametrize("where", PLACES)
def test_masks_are_cut_by_the_transform_of_the_image(
    where: str,
    size_px: int,
    alignment: str,
    make_record: MakeRecord,
    tmp_path: Path,
) -> None:
    """Image and mask show one checkerboard; stills and a lossless mask keep its pixels exact."""
    image, path = checkers(8)[..., None].repeat(3, axis=2), tmp_path / "0.png"
    assert cv2.imwrite(str(path), image)
    mask_path = lossless(tmp_path / "mask.avi", [checkers(8)])
    record = make_record("b", "a", path=path, frames=(path,), mask_path=mask_path)
    spec = spec_of(size_px=size_px, alignment=alignment, margin=1.3)
    (cut,) = extract(record, spec, FixedDetector((PLACES[where],), (SIDE, SIDE))).cuts
    assert cut.mask is not None
    np.testing.assert_array_equal(cut.mask, np.where(cut.crop[..., 0] > 127, 255, 0))
    assert 0.3 < (cut.mask > 0).mean() < 0.7


def lossless(path: Path, masks: list[np.ndarray]) -> Path:
    """Write masks as a video that keeps every pixel."""
    height, width = masks[0].shape
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), 10, (width, height))
    for mask in masks:
        writer.write(mask[..., None].repeat(3, axis=2))
    writer.release()
    return path


@pytest.fixture
def make_fake(
    make_record: MakeRecord, make_video: MakeVideo, tmp_path: Path
) -> Callable[..., VideoRecord]:
    """Describe a fake of 10 frames that show bright squares, with mask frames."""

    def make(places: list[tuple[int, int]], masks: list[np.ndarray]) -> VideoRecord:
        path = make_video("b.avi", [blank(*places)] * 10, "MJPG")
        return make_record("b", "a", path=path, mask_path=lossless(tmp_path / "mask.avi", masks))

    return make


def test_behind_the_end_of_a_short_mask_video_crops_have_no_mask(
    make_fake: Callable[..., VideoRecord],
) -> None:
    """FaceForensics++ has such; the crops are kept all the same."""
    fake = make_fake([LEFT], [blank(LEFT)[..., 0]] * 5)
    found = extract(fake, spec_of(frames_per_video=None), SpotDetector())
    assert [cut.mask is not None for cut in found.cuts] == [True] * 5 + [False] * 5


def test_a_mask_of_another_resolution_is_scaled(make_fake: Callable[..., VideoRecord]) -> None:
    small = cv2.resize(blank(LEFT)[..., 0], (48, 48), interpolation=cv2.INTER_NEAREST)
    fake = make_fake([LEFT], [np.asarray(small, np.uint8)] * 10)
    (cut,) = extract(fake, spec_of(frames_per_video=1, size_px=48), SpotDetector()).cuts
    assert cut.mask is not None
    np.testing.assert_array_equal(cut.mask, np.where(cut.crop[..., 0] > 127, 255, 0))
    assert cut.mask_share == 1.0


def test_frames_in_which_nothing_was_manipulated_are_no_fakes(
    make_fake: Callable[..., VideoRecord],
) -> None:
    masks = [blank(LEFT)[..., 0] if idx % 2 else blank()[..., 0] for idx in range(10)]
    fake = make_fake([LEFT], masks)
    found = extract(fake, spec_of(frames_per_video=None), SpotDetector())
    assert frame_idxs(found.cuts) == [1, 3, 5, 7, 9]
    found = extract(fake, spec_of(frames_per_video=3), SpotDetector())
    assert len(found.cuts) == 3
    assert all(idx % 2 for idx in frame_idxs(found.cuts))


def test_masks_that_are_empty_throughout_say_nothing(
    make_fake: Callable[..., VideoRecord],
) -> None:
    fake = make_fake([LEFT], [blank()[..., 0]] * 10)
    found = extract(fake, spec_of(), SpotDetector())
    assert len(found.cuts) == 4
    # Stored, an empty mask would say that nothing of this fake was forged.
    assert [cut.mask for cut in found.cuts] == [None] * 4


def test_empty_masks_that_end_early_cost_no_frame(make_fake: Callable[..., VideoRecord]) -> None:
    fake = make_fake([LEFT], [blank()[..., 0]] * 5)
    found = extract(fake, spec_of(frames_per_video=None), SpotDetector())
    assert frame_idxs(found.cuts) == list(range(10))
    assert [cut.mask for cut in found.cuts] == [None] * 10


class TwoPeople(FixedDetector):
    """Sees the left one in every frame and the right one, larger or not, in the odd ones."""

    def detect(self, frame: np.ndarray, min_face_px: float = 0.0) -> list[Face]:
        found = super().detect(frame)
        return found if round(float(frame.mean()) / 20) % 2 else found[:1]


@pytest.fixture
def two_people(make_video: MakeVideo) -> Path:
    return make_video(
        "two.avi", [np.full((SIDE, SIDE, 3), 20 * i, np.uint8) for i in range(10)], "MJPG"
    )


PEOPLE = TwoPeople((Face((8, 30, 40, 62)), Face((56, 34, 88, 66))), (SIDE, SIDE))


def mask_over(place: tuple[int, int], path: Path) -> Path:
    return lossless(path, [blank(place)[..., 0]] * 10)


def test_the_manipulated_face_is_taken_although_the_other_is_more_stable(
    two_people: Path, make_record: MakeRecord, tmp_path: Path
) -> None:
    record = make_record("b", "a", path=two_people)
    spec = spec_of(frames_per_video=None)
    assert {cut.face for cut in extract(record, spec, PEOPLE).cuts} == {PEOPLE.faces[0]}
    record = replace(record, mask_path=mask_over(RIGHT, tmp_path / "mask.avi"))
    found = extract(record, spec, PEOPLE)
    assert {cut.face for cut in found.cuts} == {PEOPLE.faces[1]}
    assert frame_idxs(found.cuts) == [1, 3, 5, 7, 9]
    assert {cut.mask_share for cut in found.cuts} == {1.0}


def test_the_mask_of_a_fake_chooses_the_originals_face_and_is_not_its_mask(
    two_people: Path, make_record: MakeRecord, tmp_path: Path
) -> None:
    """Elsewhere the pair would show two different people."""
    original = make_record("a", path=two_people)
    mask = mask_over(RIGHT, tmp_path / "mask.avi")
    found = extract(original, spec_of(frames_per_video=None), PEOPLE, choice_mask=mask)
    assert {cut.face for cut in found.cuts} == {PEOPLE.faces[1]}
    assert {cut.mask for cut in found.cuts} == {None}


def test_an_original_does_without_a_choice_mask_that_cannot_be_read(
    two_people: Path, make_record: MakeRecord, tmp_path: Path
) -> None:
    """The fake that the mask belongs to fails and says why; its original is none the worse."""
    broken = tmp_path / "mask.avi"
    broken.write_bytes(b"no video")
    original = make_record("a", path=two_people)
    for mask in (broken, tmp_path / "missing.avi"):
        found = extract(original, spec_of(frames_per_video=None), PEOPLE, choice_mask=mask)
        assert {cut.face for cut in found.cuts} == {PEOPLE.faces[0]}


def test_an_untouched_frame_of_an_original_is_kept(
    two_people: Path, make_record: MakeRecord, tmp_path: Path
) -> None:
    masks = [blank(RIGHT)[..., 0] if idx > 5 else blank()[..., 0] for idx in range(10)]
    mask = lossless(tmp_path / "mask.avi", masks)
    original = make_record("a", path=two_people)
    found = extract(original, spec_of(frames_per_video=None), PEOPLE, choice_mask=mask)
    assert frame_idxs(found.cuts) == [1, 3, 5, 7, 9]


def test_a_mask_video_that_cannot_be_read_is_a_failure(
    make_fake: Callable[..., VideoRecord], tmp_path: Path
) -> None:
    fake = make_fake([LEFT], [blank(LEFT)[..., 0]])
    (tmp_path / "mask.avi").write_bytes(b"")
    with pytest.raises(VideoReadError, match=r"mask\.avi: expected a video, got 0 bytes"):
        extract(fake, spec_of(), SpotDetector())
