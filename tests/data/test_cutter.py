import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from resgat.data import cutter as cutter_module
from resgat.data.commit import fingerprint
from resgat.data.cropping import CropSpec
from resgat.data.cutter import Cutter, Task
from resgat.data.detector import Face, FaceDetector
from resgat.data.entry import Entry
from resgat.data.inputs import Inputs
from resgat.data.journal import Journal, JournalWriter
from resgat.data.searching import Guide
from resgat.data.stills import read_still
from resgat.data.videos import VideoRecord
from resgat.errors import StorageError
from tests.data.detectors import FixedDetector

MakeRecord = Callable[..., VideoRecord]

SPEC = CropSpec(16, 1.5, {"name": "fixed"}, frames_per_video=2)
OTHER = Face((30, 12, 50, 36), 0.8)


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    return tmp_path / "crops"


@pytest.fixture
def pair(make_record: MakeRecord, video_bytes: bytes, tmp_path: Path) -> tuple[VideoRecord, ...]:
    """A grey original and its fake."""
    (tmp_path / "raw").mkdir()
    records = (make_record("a"), make_record("a_x", "a"))
    for record in records:
        record.path.write_bytes(video_bytes)
    return records


@pytest.fixture
def cutter(crops: Path, fixed_detector: FaceDetector) -> Cutter:
    return Cutter(crops, SPEC, fixed_detector)


def entry_of(crops: Path, record: VideoRecord) -> Entry:
    return Journal(crops, SPEC.hash).entry(record.video_id)


def seen(original: VideoRecord, face: Face) -> Entry:
    """Return what an earlier run noted of an original of 33 bytes."""
    guide = Guide((48, 64), {0: (face,), 19: (face,)})
    return Entry(original.video_id, Inputs(source=33), "done", guide=guide)


def names(crops: Path, record: VideoRecord) -> set[str]:
    return {path.name for path in (crops / record.video_id).iterdir()}


def test_crops_are_committed_and_noted(
    cutter: Cutter, crops: Path, pair: tuple[VideoRecord, ...], video_bytes: bytes
) -> None:
    cutter.run(Task(pair))
    for record in pair:
        entry = entry_of(crops, record)
        assert entry.status == "done"
        assert names(crops, record) == {"000000_0.png", "000019_0.png"}
        assert entry.files == fingerprint(names(crops, record))
        assert entry.inputs.source == len(video_bytes)
        assert read_still(crops / record.video_id / "000019_0.png").shape == (16, 16, 3)


def test_stored_colours_are_rgb(
    cutter: Cutter,
    crops: Path,
    make_record: MakeRecord,
    make_video: Callable[..., Path],
) -> None:
    path = make_video("red.mp4", [np.full((48, 64, 3), (220, 0, 0), np.uint8)])
    record = make_record("a", path=path)
    cutter.run(Task((record,)))
    crop = read_still(crops / record.video_id / "000000_0.png")
    assert crop[..., 0].mean() > 180
    assert crop[..., 2].mean() < 40


def test_a_fake_takes_over_the_faces_of_the_original_in_its_task(
    cutter: Cutter, crops: Path, pair: tuple[VideoRecord, ...]
) -> None:
    cutter.run(Task(pair))
    original, fake = (entry_of(crops, record) for record in pair)
    assert (original.frames_guided, fake.frames_guided) == (0, 2)
    assert original.guide is not None
    assert fake.guide is None


def test_a_fake_takes_over_what_an_earlier_run_found(
    cutter: Cutter, crops: Path, pair: tuple[VideoRecord, ...]
) -> None:
    """The guide's faces lie near those that the detector sees, so the crops tell them apart."""
    near = Face((22, 10, 42, 34), 0.7)
    cutter.run(Task(pair[1:], seen(pair[0], near)))
    assert entry_of(crops, pair[1]).inputs.guide == seen(pair[0], near).found != ""
    assert [note.det_prob for note in entry_of(crops, pair[1]).crops] == [0.7, 0.7]


def test_an_original_is_never_guided(
    cutter: Cutter, crops: Path, pair: tuple[VideoRecord, ...]
) -> None:
    near = Face((22, 10, 42, 34), 0.7)
    cutter.run(Task(pair[:1], seen(pair[0], near)))
    entry = entry_of(crops, pair[0])
    assert entry.frames_guided == 0
    assert [note.det_prob for note in entry.crops] == [0.95, 0.95]


def test_a_broken_video_fails_alone(
    cutter: Cutter, crops: Path, pair: tuple[VideoRecord, ...]
) -> None:
    pair[0].path.write_bytes(b"")
    cutter.run(Task(pair))
    broken, fake = (entry_of(crops, record) for record in pair)
    assert (broken.status, broken.is_decoded) == ("failed", False)
    assert broken.reason is not None
    assert broken.reason.startswith("expected a video, got 0 bytes")  # without the path
    assert (fake.status, fake.frames_guided) == ("done", 0)
    assert not (crops / pair[0].video_id).exists()


def test_a_video_without_a_face_leaves_no_folder(
    crops: Path, pair: tuple[VideoRecord, ...]
) -> None:
    Cutter(crops, SPEC, FixedDetector(())).run(Task(pair[:1]))
    assert entry_of(crops, pair[0]).reason is not None
    assert sorted(path.name for path in crops.iterdir()) == ["journal"]


def test_what_opencv_does_not_survive_is_a_failure(
    crops: Path, pair: tuple[VideoRecord, ...]
) -> None:
    class Failing(FixedDetector):
        def detect(self, frame: np.ndarray, min_face_px: float = 0.0) -> list[Face]:
            cv2.cvtColor(np.zeros((2, 2), np.uint8), cv2.COLOR_RGB2GRAY)
            return []

    Cutter(crops, SPEC, Failing(())).run(Task(pair))
    for record in pair:
        assert (entry_of(crops, record).reason or "").startswith("OpenCV fails on it: ")


def test_a_video_that_takes_more_memory_than_there_is_fails_alone(
    crops: Path, pair: tuple[VideoRecord, ...]
) -> None:
    class Hungry(FixedDetector):
        def detect(self, frame: np.ndarray, min_face_px: float = 0.0) -> list[Face]:
            raise MemoryError

    Cutter(crops, SPEC, Hungry(())).run(Task(pair))
    assert entry_of(crops, pair[0]).reason == "it takes more memory than there is"
    assert entry_of(crops, pair[1]).status == "failed"


def test_an_unforeseen_error_fails_one_video_and_says_where(
    crops: Path, pair: tuple[VideoRecord, ...]
) -> None:
    class Broken(FixedDetector):
        def detect(self, frame: np.ndarray, min_face_px: float = 0.0) -> list[Face]:
            raise IndexError("no row 7")

    Cutter(crops, SPEC, Broken(())).run(Task(pair))
    for record in pair:
        reason = entry_of(crops, record).reason or ""
        assert re.fullmatch(r"unforeseen IndexError in test_cutter\.py:\d+: no row 7", reason)


def test_masks_lie_beside_their_crops(
    crops: Path,
    pair: tuple[VideoRecord, ...],
    make_record: MakeRecord,
    make_video: Callable[..., Path],
) -> None:
    white = np.full((48, 64, 3), 255, np.uint8)
    mask_path = make_video("mask.mp4", [white] * 10)
    fake = make_record("a_x", "a", mask_path=mask_path)
    Cutter(crops, SPEC, FixedDetector((OTHER,))).run(Task((fake,)))
    entry = entry_of(crops, fake)
    assert [note.has_mask for note in entry.crops] == [True, False]
    expected = {"000000_0.png", "000000_0_mask.png", "000019_0.png"}
    assert names(crops, fake) == expected
    assert entry.files == fingerprint(expected)
    assert entry.inputs == Inputs(fake.path.stat().st_size, mask_path.stat().st_size)


def test_the_mask_of_a_fake_chooses_the_face_of_its_original_alone(
    crops: Path, pair: tuple[VideoRecord, ...], make_video: Callable[..., Path]
) -> None:
    """Without a mask the larger face is taken; a fake would bring a mask of its own."""
    larger, smaller = Face((2, 2, 30, 40), 0.9), Face((44, 12, 60, 36), 0.8)
    mask = np.zeros((48, 64, 3), np.uint8)
    mask[12:36, 44:60] = 255
    cutter = Cutter(crops, SPEC, FixedDetector((larger, smaller)))
    chooser = replace(pair[1], mask_path=make_video("mask.mp4", [mask] * 20))
    cutter.run(Task(pair, None, chooser))
    probs = [{note.det_prob for note in entry_of(crops, record).crops} for record in pair]
    assert probs == [{0.8}, {0.9}]


def test_the_mask_of_a_fake_is_none_of_its_original(
    cutter: Cutter, crops: Path, pair: tuple[VideoRecord, ...], make_video: Callable[..., Path]
) -> None:
    mask_path = make_video("mask.mp4", [np.full((48, 64, 3), 255, np.uint8)] * 20)
    cutter.run(Task(pair, None, replace(pair[1], mask_path=mask_path)))
    for record in pair:
        assert not any(note.has_mask for note in entry_of(crops, record).crops)


def test_a_full_disk_ends_the_run_and_says_what_is_kept(
    cutter: Cutter, pair: tuple[VideoRecord, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cutter_module, "commit", full)
    message = r"crops: cannot write the crops of toy/original/c0/a \(No space left on device\); "
    with pytest.raises(StorageError, match=message + "make room and run again"):
        cutter.run(Task(pair))


def test_an_entry_follows_its_files(
    cutter: Cutter, crops: Path, pair: tuple[VideoRecord, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other way round, a kill in between would leave a line about files that are not there."""
    seen: list[tuple[bool, bool]] = []

    def noting(writer: JournalWriter, entry: Entry) -> None:
        seen.append((entry.status == "done", (crops / entry.video_id).is_dir()))

    monkeypatch.setattr(JournalWriter, "add", noting)
    cutter.run(Task(pair))
    assert seen == [(True, True)] * 2


def test_a_broken_mask_is_named_without_the_folder_of_this_machine(
    cutter: Cutter, crops: Path, pair: tuple[VideoRecord, ...], tmp_path: Path
) -> None:
    mask = tmp_path / "masks" / "a_x.mp4"
    mask.parent.mkdir()
    mask.write_bytes(b"no video")
    fake = replace(pair[1], mask_path=mask)
    cutter.run(Task((fake,)))
    reason = entry_of(crops, fake).reason
    assert reason is not None
    assert reason.startswith("its mask video a_x.mp4: expected a video, got 8 bytes")
    assert str(tmp_path) not in reason


def test_a_broken_still_is_named_without_the_folder_of_this_machine(
    cutter: Cutter, crops: Path, make_record: MakeRecord, tmp_path: Path
) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    (folder / "000.png").write_bytes(b"no image")
    record = replace(make_record("s"), path=folder, frames=(folder / "000.png",))
    cutter.run(Task((record,)))
    assert str(entry_of(crops, record).reason).startswith("000.png: expected an image")
