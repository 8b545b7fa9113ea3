"""Runs that continue, share or repeat the work of others, and leave what one run leaves."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from resgat.data.corpora.folder import Folder
from resgat.data.cropping import CropSpec
from resgat.data.detector import Face, FaceDetector
from resgat.data.families import Shard
from resgat.data.lock import at_work
from resgat.data.outcome import PreprocessReport
from resgat.data.preprocess import preprocess
from resgat.data.videos import VideoRecord
from resgat.errors import ConfigError
from tests.data.detectors import DyingOnce, FixedDetector, TroubleDetector
from tests.data.folders import names, tree

Run = Callable[..., PreprocessReport]

FAKES = "manipulated_sequences/Deepfakes/c23/videos"


def times_of(crops: Path) -> dict[Path, int]:
    """Return when each crop and each file of the journal was written."""
    paths = [*crops.rglob("*.png"), *crops.glob("journal/*")]
    return {path: path.stat().st_mtime_ns for path in paths}


def test_a_second_run_changes_nothing(run_ffpp: Run, crops: Path) -> None:
    first = run_ffpp()
    files, times = tree(crops), times_of(crops)
    assert run_ffpp() == first
    assert tree(crops) == files
    assert times_of(crops) == times


def test_only_what_is_missing_is_cut(run_ffpp: Run, crops: Path, ffpp_raw: Path) -> None:
    run_ffpp()
    clean = tree(crops)
    (crops / "ffpp/Deepfakes/c23/071_054/000000_0.png").unlink()
    shutil.rmtree(crops / "ffpp/original/c23/054")
    (crops / "index.parquet").unlink()
    untouched = crops / "ffpp/Deepfakes/c23/054_071/000000_0.png"
    before = untouched.stat().st_mtime_ns
    run_ffpp()
    assert tree(crops) == clean
    assert untouched.stat().st_mtime_ns == before


def test_a_changed_source_is_cut_again(
    run_ffpp: Run, crops: Path, ffpp_raw: Path, make_video: Callable[..., Path]
) -> None:
    run_ffpp()
    white = make_video("white.mp4", [np.full((48, 64, 3), 255, np.uint8)] * 20)
    shutil.copy(white, ffpp_raw / FAKES / "054_071.mp4")
    before = tree(crops)
    run_ffpp()
    after = tree(crops)
    changed = {name for name in before if before[name] != after[name]}
    assert {Path(name).parent.name for name in changed if name.endswith(".png")} == {"054_071"}


def test_workers_give_what_one_process_gives(
    run_ffpp: Run, crops: Path, ffpp_raw: Path, tmp_path: Path
) -> None:
    (ffpp_raw / "original_sequences/youtube/c23/videos/071.mp4").write_bytes(b"")
    run_ffpp()
    run_ffpp(crops_dir=tmp_path / "parallel", num_workers=2)
    assert tree(tmp_path / "parallel") == tree(crops)


def test_a_video_that_kills_its_worker_counts_as_broken_and_takes_no_other_with_it(
    run_ffpp: Run, crops: Path, ffpp_raw: Path, tmp_path: Path, make_video: Callable[..., Path]
) -> None:
    red = make_video("red.mp4", [np.full((48, 64, 3), (220, 0, 0), np.uint8)] * 20)
    bad = ffpp_raw / FAKES / "071_054.mp4"
    shutil.copy(red, bad)
    detector = TroubleDetector((Face((20, 10, 40, 34), 0.9),))
    deadly = run_ffpp(num_workers=2, detector=detector)
    (failure,) = deadly.tally.failures
    assert failure.video_id == "ffpp/Deepfakes/c23/071_054"
    assert failure.reason.startswith("the worker process died on it")
    bad.write_bytes(b"")
    broken = tmp_path / "broken"
    run_ffpp(crops_dir=broken, detector=detector)
    shutil.copy(red, bad)
    assert tree(crops) | {"failures.csv": b""} == tree(broken) | {"failures.csv": b""}
    # It is not tried again, so the run needs no worker.
    assert run_ffpp(detector=detector) == deadly


def test_shards_in_any_order_merged_twice_give_what_one_run_gives(
    run_ffpp: Run, crops: Path, tmp_path: Path
) -> None:
    run_ffpp()
    parts = tmp_path / "parts"
    videos = []
    for index in (2, 0, 3, 1):
        report = run_ffpp(crops_dir=parts, shard=Shard(index, 4))
        assert not report.is_complete
        assert names(parts) <= {"crop_spec.json", "ffpp", "journal", ".partial"}
        videos.append(report.tally.total("videos_asked") if report.tally.counts else 0)
    assert sum(videos) == 5
    for _ in range(2):
        assert run_ffpp(crops_dir=parts, shard=Shard(None, 4)).is_complete
        assert tree(parts) == tree(crops)


def test_a_shard_that_holds_no_video_is_done_at_once(run_ffpp: Run, crops: Path) -> None:
    tallies = [run_ffpp(shard=Shard(index, 50)).tally for index in range(50)]
    assert sum(not tally.counts for tally in tallies) >= 47


def test_a_merge_refuses_while_a_shard_is_missing_and_names_it(run_ffpp: Run, crops: Path) -> None:
    """071 and 054 with their fakes, and the fake of 004, fall into three of these shards."""
    owners = {}
    for index in range(7):
        report = run_ffpp(crops_dir=crops.with_name(str(index)), shard=Shard(index, 7))
        if report.tally.counts:
            owners[index] = report.tally.total("videos_asked")
    first, *others = owners
    run_ffpp(shard=Shard(first, 7))
    left = " and ".join(f"shard.index={index}" for index in others)
    message = rf"{5 - owners[first]} videos are not cut yet, such as ffpp/.*; run first {left} "
    with pytest.raises(ConfigError, match=message + r"with shard\.count=7"):
        run_ffpp(shard=Shard(None, 7))
    assert not (crops / "index.parquet").exists()
    for index in others:
        run_ffpp(shard=Shard(index, 7))
    assert run_ffpp(shard=Shard(None, 7)).tally.num_crops == 20


def test_a_run_over_all_finishes_what_shards_began(
    run_ffpp: Run, crops: Path, tmp_path: Path
) -> None:
    run_ffpp(shard=Shard(0, 2))
    run_ffpp()
    run_ffpp(crops_dir=tmp_path / "clean")
    assert tree(crops) == tree(tmp_path / "clean")


MASKS = "manipulated_sequences/Deepfakes/masks/videos"


def face_mask(make_video: Callable[..., Path]) -> bytes:
    """A mask video whose left half is white."""
    frame = np.zeros((48, 64, 3), np.uint8)
    frame[:, :32] = 255
    return make_video("mask.mp4", [frame] * 20).read_bytes()


def test_masks_that_come_after_their_videos_were_cut_are_cut_in(
    run_ffpp: Run,
    crops: Path,
    ffpp_raw: Path,
    tmp_path: Path,
    make_video: Callable[..., Path],
) -> None:
    run_ffpp()
    assert not list(crops.rglob("*_mask.png"))
    before = times_of(crops)
    path = ffpp_raw / MASKS / "071_054.mp4"
    path.parent.mkdir(parents=True)
    path.write_bytes(face_mask(make_video))
    run_ffpp()
    assert len(list(crops.rglob("*_mask.png"))) == 4
    run_ffpp(crops_dir=tmp_path / "clean")
    assert tree(crops) == tree(tmp_path / "clean")
    untouched = crops / "ffpp/Deepfakes/c23/054_071/000000_0.png"  # of another family
    assert times_of(crops)[untouched] == before[untouched]
    whole = tree(crops)
    path.unlink()
    run_ffpp()
    assert tree(crops) == whole


def test_an_original_that_is_replaced_guides_its_fakes_anew(
    run_ffpp: Run, crops: Path, ffpp_raw: Path, tmp_path: Path, make_video: Callable[..., Path]
) -> None:
    run_ffpp()
    other = make_video("other.mp4", [np.full((48, 64, 3), 5 * idx, np.uint8) for idx in range(31)])
    shutil.copy(other, ffpp_raw / "original_sequences/youtube/c23/videos/071.mp4")
    run_ffpp()
    run_ffpp(crops_dir=tmp_path / "clean")
    assert tree(crops) == tree(tmp_path / "clean")


def test_a_file_that_was_replaced_and_comes_back_is_cut_from_itself(
    run_ffpp: Run, crops: Path, ffpp_raw: Path, make_video: Callable[..., Path]
) -> None:
    path = ffpp_raw / FAKES / "054_071.mp4"
    first = path.read_bytes()
    white = make_video("white.mp4", [np.full((48, 64, 3), 255, np.uint8)] * 20).read_bytes()
    run_ffpp()
    clean = tree(crops)
    for content in (white, first):
        path.write_bytes(content)
        run_ffpp()
    assert tree(crops) == clean


def test_a_video_that_is_replaced_by_a_broken_one_leaves_no_crops_behind(
    run_ffpp: Run, crops: Path, ffpp_raw: Path, tmp_path: Path
) -> None:
    run_ffpp()
    (ffpp_raw / FAKES / "054_071.mp4").write_bytes(b"broken")
    run_ffpp()
    assert not (crops / "ffpp/Deepfakes/c23/054_071").exists()
    run_ffpp(crops_dir=tmp_path / "clean")
    assert tree(crops) == tree(tmp_path / "clean")


def test_a_broken_mask_that_is_taken_away_takes_its_failure_with_it(
    run_ffpp: Run, crops: Path, ffpp_raw: Path
) -> None:
    run_ffpp()
    clean = tree(crops)
    path = ffpp_raw / MASKS / "071_054.mp4"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no video")
    (failure,) = run_ffpp().tally.failures
    assert failure.reason.startswith("its mask video 071_054.mp4: expected a video, got 8 bytes")
    path.unlink()
    run_ffpp()
    assert tree(crops) == clean


def test_masks_of_one_method_that_are_put_away_take_nothing_with_them(
    run_ffpp: Run, crops: Path, ffpp_raw: Path, make_video: Callable[..., Path]
) -> None:
    other = "manipulated_sequences/Face2Face"
    videos = ffpp_raw / other / "c23/videos"
    videos.mkdir(parents=True)
    shutil.copy(ffpp_raw / FAKES / "071_054.mp4", videos)
    for number, folder in enumerate((MASKS, f"{other}/masks/videos")):
        path = ffpp_raw / folder / "071_054.mp4"
        path.parent.mkdir(parents=True)
        path.write_bytes(face_mask(make_video) + bytes(number))
    run_ffpp()
    whole, times = tree(crops), times_of(crops)
    shutil.rmtree(ffpp_raw / MASKS)
    for _ in range(2):
        run_ffpp()
        assert tree(crops) == whole
        assert times_of(crops) == times


def test_a_mask_that_comes_when_its_original_was_put_away_is_cut_once(
    dfdc_like: Callable[[], PreprocessReport],
    crops: Path,
    tmp_path: Path,
    make_video: Callable[..., Path],
) -> None:
    dfdc_like()
    (tmp_path / "listed" / "real.mp4").unlink()
    (tmp_path / "listed" / "mask.mp4").write_bytes(face_mask(make_video))
    assert dfdc_like().tally.total("masks") == 4
    times = times_of(crops)
    dfdc_like()
    assert times_of(crops) == times


@pytest.fixture
def dfdc_like(
    tmp_path: Path, crops: Path, video_bytes: bytes, fixed_detector: FaceDetector
) -> Callable[[], PreprocessReport]:
    """Preprocess an original and its fake that are listed whether or not they are there."""
    raw = tmp_path / "listed"
    raw.mkdir()
    for name in ("real", "fake"):
        (raw / f"{name}.mp4").write_bytes(video_bytes)
    spec = CropSpec(16, 1.3, fixed_detector.spec, frames_per_video=4)

    def run() -> PreprocessReport:
        return preprocess(Listed(), raw, crops, spec=spec, detector=fixed_detector, num_workers=0)

    return run


class Listed(Folder):
    """Lists two videos by name alone."""

    def videos(self, raw_dir: Path) -> list[VideoRecord]:
        mask = raw_dir / "mask.mp4"
        real = VideoRecord(
            path=raw_dir / "real.mp4",
            label=0,
            dataset="folder",
            method="original",
            compression="c0",
            name="real",
            target_id="p",
            source_id=None,
            identity_group="p",
            original_video_id=None,
            split="train",
        )
        fake = replace(
            real,
            path=raw_dir / "fake.mp4",
            label=1,
            method="swap",
            name="fake",
            original_video_id=real.video_id,
            mask_path=mask if mask.is_file() else None,
        )
        return [real, fake]


def test_a_file_that_changes_while_it_is_cut_is_cut_again_by_the_next_run(
    run_ffpp: Run, crops: Path, ffpp_raw: Path, tmp_path: Path
) -> None:
    path = ffpp_raw / FAKES / "054_071.mp4"
    content = path.read_bytes()

    class Downloading(FixedDetector):
        def detect(self, frame: np.ndarray, min_face_px: float = 0.0) -> list[Face]:
            path.write_bytes(content)  # the rest of it arrives
            return super().detect(frame, min_face_px)

    path.write_bytes(content[:1000])
    detector = Downloading((Face((20, 10, 40, 34), 0.95),))
    run_ffpp(detector=detector)
    run_ffpp(detector=detector)
    run_ffpp(detector=detector, crops_dir=tmp_path / "clean")
    assert tree(crops) == tree(tmp_path / "clean")


def test_fakes_of_an_original_that_a_worker_died_on_once_are_guided_all_the_same(
    run_ffpp: Run, crops: Path, tmp_path: Path
) -> None:
    detector = DyingOnce(str(tmp_path / "died"), Face((20, 10, 40, 34), 0.95))
    run_ffpp(detector=detector, num_workers=1)
    assert (tmp_path / "died").exists()
    run_ffpp(detector=detector, crops_dir=tmp_path / "clean")
    assert tree(crops) == tree(tmp_path / "clean")


def test_while_another_run_is_at_work_nothing_is_cut_or_swept(run_ffpp: Run, crops: Path) -> None:
    run_ffpp()
    begun = crops / ".partial" / "0123" / "made" / "000000_0.png"
    begun.parent.mkdir(parents=True)
    begun.write_bytes(b"half")
    for shard in (Shard(), Shard(0, 2)):
        with at_work(crops, shard), pytest.raises(ConfigError, match="another run is at work in"):
            run_ffpp()
    with at_work(crops, Shard(0, 2)):
        run_ffpp(shard=Shard(1, 2))
    assert begun.is_file()
    run_ffpp()
    assert not begun.exists()


def test_what_is_left_of_a_video_that_was_put_away_is_not_removed(
    dfdc_like: Callable[[], PreprocessReport], crops: Path, tmp_path: Path
) -> None:
    """A crop was lost and cannot be cut again; the others are all that there is."""
    dfdc_like()
    (tmp_path / "listed" / "fake.mp4").unlink()
    folder = crops / "folder/swap/c0/fake"
    first, *others = sorted(folder.iterdir())
    first.unlink()
    (failure,) = dfdc_like().tally.failures
    assert failure.video_id == "folder/swap/c0/fake"
    assert sorted(folder.iterdir()) == others
