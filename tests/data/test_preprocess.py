import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from resgat.data.corpora.dfdc import Dfdc
from resgat.data.corpora.ffpp import FaceForensics
from resgat.data.corpora.folder import Folder
from resgat.data.cropping import CropSpec
from resgat.data.detector import Face, FaceDetector, HaarDetector
from resgat.data.families import Shard
from resgat.data.outcome import PreprocessReport
from resgat.data.preprocess import preprocess
from resgat.errors import ConfigError, DatasetNotFoundError, MetadataError
from tests.data.folders import names, tree

Run = Callable[..., PreprocessReport]

FAKES = "manipulated_sequences/Deepfakes/c23/videos"


def manifest(folder: Path) -> Any:
    return json.loads((folder / "manifest.json").read_text())


def test_a_run_leaves_crops_index_failures_and_manifest(run_ffpp: Run, crops: Path) -> None:
    report = run_ffpp()
    files = {"index.parquet", "failures.csv", "manifest.json", "crop_spec.json", "ffpp", "journal"}
    assert names(crops) == files
    table = pq.read_table(crops / "index.parquet")
    assert len(table) == report.tally.num_crops == 5 * 4
    assert set(table["crop_spec"].to_pylist()) == {report.crop_spec}
    assert {path for path in table["path"].to_pylist() if (crops / path).is_file()} == {
        path.relative_to(crops).as_posix() for path in crops.rglob("*.png")
    }
    assert report.is_complete
    assert report.tally.failures == []


def test_rows_come_in_the_order_of_the_corpus(run_ffpp: Run, crops: Path, ffpp_raw: Path) -> None:
    """Whatever family a video belongs to, and whoever was done first."""
    run_ffpp()
    found = pq.read_table(crops / "index.parquet")["video_id"].unique().to_pylist()
    assert found == [record.video_id for record in FaceForensics().videos(ffpp_raw)]


def test_the_manifest_tells_what_was_made_and_what_is_absent(run_ffpp: Run, crops: Path) -> None:
    report = run_ffpp()
    found = manifest(crops)
    index_sum = hashlib.sha256((crops / "index.parquet").read_bytes()).hexdigest()
    assert found["schema"] == 2
    assert found["corpus"] == "ffpp"
    assert found["crop_spec"]["hash"] == report.crop_spec
    assert found["crop_spec"]["detector"] == {"name": "fixed"}
    assert found["crop_spec"]["frames_per_video"] == 4
    assert found["counts"] == report.tally.counts
    assert found["counts"]["Deepfakes"]["train"] == {
        "videos_asked": 2,
        "videos_found": 2,
        "videos_decoded": 2,
        "videos_with_face": 2,
        "frames_asked": 8,
        "frames_decoded": 8,
        "frames_lost": 0,
        "frames_guided": 8,
        "crops": 8,
        "landmarks": 8,
        "masks": 0,
    }
    assert found["absent_originals"] == {"ffpp/FaceSwap/c23/004_982": "ffpp/original/c23/004"}
    assert (found["missing_videos"], found["failed_videos"]) == ([], 0)
    assert found["index_sha256"] == index_sum


def test_the_manifest_compares_with_the_official_numbers(run_ffpp: Run, crops: Path) -> None:
    """FF++ lists 720, 140 and 140 originals, as many fakes of each method; five are here."""
    run_ffpp()
    found = manifest(crops)
    assert found["official"]["original"] == {"train": 720, "val": 140, "test": 140}
    assert len(found["absent"]) == 5 * 1000 - 5
    assert "ffpp/original/c23/004" in found["absent"]
    assert "ffpp/original/c23/071" not in found["absent"]


def test_broken_videos_are_recorded_and_the_run_goes_on(
    run_ffpp: Run, crops: Path, ffpp_raw: Path, short_video_bytes: bytes
) -> None:
    (ffpp_raw / FAKES / "054_071.mp4").write_bytes(b"")
    (ffpp_raw / FAKES / "071_054.mp4").write_bytes(short_video_bytes)
    report = run_ffpp()
    assert report.tally.num_crops == 3 * 4
    empty, short = report.tally.failures
    assert empty.reason.startswith("expected a video, got 0 bytes")
    assert short.reason.startswith("decoded ")
    lines = (crops / "failures.csv").read_text().splitlines()
    assert lines[1].startswith(f"ffpp/Deepfakes/c23/054_071,{FAKES}/054_071.mp4,")
    assert len(lines) == 3
    assert str(ffpp_raw) not in (crops / "failures.csv").read_text()
    assert manifest(crops)["failed_videos"] == 2


def test_a_listed_video_that_is_missing_is_a_failure(
    dfdc_raw: Path, crops: Path, fixed_detector: FaceDetector
) -> None:
    spec = CropSpec(16, 1.3, fixed_detector.spec, frames_per_video=4)
    report = preprocess(Dfdc(), dfdc_raw, crops, spec=spec, detector=fixed_detector, num_workers=0)
    (failure,) = report.tally.failures
    assert failure.video_id == "dfdc/dfdc/h264/fake0"
    assert failure.reason.startswith("the video file is missing; download it again")
    assert manifest(crops)["missing_videos"] == ["dfdc/dfdc/h264/fake0"]
    assert manifest(crops)["counts"]["dfdc"]["train"]["videos_found"] == 0
    splits = pq.read_table(crops / "index.parquet")["split"].to_pylist()
    assert set(splits) == {"train", "val", "test"}


def test_failures_are_kept_and_tried_again_on_request_alone(
    run_ffpp: Run, crops: Path, ffpp_raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file has its size all along, so only trying shows that it is whole now."""
    path = ffpp_raw / FAKES / "054_071.mp4"
    whole = path.read_bytes()
    path.write_bytes(bytes(len(whole)))
    first = run_ffpp()
    assert [failure.video_id for failure in first.tally.failures] == ["ffpp/Deepfakes/c23/054_071"]
    path.write_bytes(whole)
    assert run_ffpp() == first
    assert run_ffpp(retry_failures=True).tally.failures == []
    assert (crops / "failures.csv").read_text() == "video_id,path,reason\n"
    run_ffpp(crops_dir=tmp_path / "clean")
    assert tree(crops) == tree(tmp_path / "clean")


def test_raw_videos_that_are_put_away_take_nothing_with_them(
    dfdc_raw: Path, crops: Path, fixed_detector: FaceDetector
) -> None:
    spec = CropSpec(16, 1.3, fixed_detector.spec, frames_per_video=4)

    def run() -> PreprocessReport:
        return preprocess(
            Dfdc(), dfdc_raw, crops, spec=spec, detector=fixed_detector, num_workers=0
        )

    whole = run()
    before = pq.read_table(crops / "index.parquet")
    for path in dfdc_raw.rglob("*.mp4"):
        path.unlink()
    assert run().tally.num_crops == whole.tally.num_crops
    assert pq.read_table(crops / "index.parquet") == before


def test_a_rerun_that_lists_fewer_videos_says_so_and_loses_none(
    run_ffpp: Run, crops: Path, ffpp_raw: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run_ffpp()
    before = tree(crops)
    away = ffpp_raw / FAKES / "054_071.mp4"
    content = away.read_bytes()
    away.unlink()
    assert run_ffpp().tally.num_crops == 4 * 4
    assert "1 videos that were cut here are not listed now, such as ffpp/Deepfakes/" in caplog.text
    assert manifest(crops)["unlisted_videos"] == ["ffpp/Deepfakes/c23/054_071"]
    away.write_bytes(content)
    run_ffpp()
    assert tree(crops) == before


def test_it_does_not_matter_whether_fake_or_original_came_first(
    run_ffpp: Run, crops: Path, ffpp_raw: Path, tmp_path: Path
) -> None:
    original = ffpp_raw / "original_sequences/youtube/c23/videos/071.mp4"
    content = original.read_bytes()
    original.unlink()
    run_ffpp()
    original.write_bytes(content)
    run_ffpp()
    run_ffpp(crops_dir=tmp_path / "clean")
    assert tree(crops) == tree(tmp_path / "clean")


def test_fakes_that_were_put_away_are_kept_when_their_original_comes(
    dfdc_raw: Path, crops: Path, fixed_detector: FaceDetector
) -> None:
    """They cannot be cut again by its boxes, and must not be lost for it."""
    spec = CropSpec(16, 1.3, fixed_detector.spec, frames_per_video=4)

    def run() -> set[str]:
        preprocess(Dfdc(), dfdc_raw, crops, spec=spec, detector=fixed_detector, num_workers=0)
        return set(pq.read_table(crops / "index.parquet")["video_id"].to_pylist())

    part = dfdc_raw / "dfdc_train_part_37"
    original = (part / "real37.mp4").read_bytes()
    (part / "real37.mp4").unlink()
    assert "dfdc/dfdc/h264/fake37" in run()
    (part / "fake37.mp4").unlink()
    (part / "real37.mp4").write_bytes(original)
    assert {"dfdc/dfdc/h264/fake37", "dfdc/original/h264/real37"} <= run()


def test_a_users_own_files_are_not_written_over(run_ffpp: Run, crops: Path, ffpp_raw: Path) -> None:
    own = crops / "ffpp/original/c23/071/notes.txt"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    with pytest.raises(ConfigError, match="holds ffpp, which preprocessing did not write"):
        run_ffpp()
    with pytest.raises(ConfigError, match="which preprocessing did not write; choose a new"):
        run_ffpp(crops_dir=ffpp_raw)
    assert own.read_text() == "mine"


def test_a_refused_merge_claims_nothing(run_ffpp: Run, crops: Path) -> None:
    with pytest.raises(ConfigError, match="5 videos are not cut yet"):
        run_ffpp(shard=Shard(count=2))
    assert not crops.exists()
    run_ffpp(size_px=32)


def test_crops_of_a_source_that_was_replaced_and_then_put_away_are_the_last_ones(
    dfdc_raw: Path, crops: Path, fixed_detector: FaceDetector, short_video_bytes: bytes
) -> None:
    spec = CropSpec(16, 1.3, fixed_detector.spec, frames_per_video=4)

    def run() -> list[str]:
        preprocess(Dfdc(), dfdc_raw, crops, spec=spec, detector=fixed_detector, num_workers=0)
        return list(pq.read_table(crops / "index.parquet")["path"].to_pylist())

    run()
    source = dfdc_raw / "dfdc_train_part_0/real0.mp4"
    source.write_bytes(source.read_bytes() + bytes(64))  # another file of the same name
    (crops / "dfdc/original/h264/real0/000000_0.png").unlink()
    paths = run()
    source.unlink()
    assert run() == paths
    assert all((crops / path).is_file() for path in paths)
    journal = sorted((crops / "journal").iterdir())
    generations = [
        json.loads(line.partition("\t")[0])["generation"]
        for path in journal
        for line in path.read_text().splitlines()
        if "h264/real0" in line.partition("\t")[0]
    ]
    assert sorted(generations) == [0, 1, 1]  # one takes back what was there


def test_no_crop_at_all_is_an_error_and_leaves_the_folder_free(
    run_ffpp: Run, crops: Path, make_detector: Callable[[Iterable[Face]], FaceDetector]
) -> None:
    expected = r"got none from 5 videos; the first, ffpp/original/c23/054: no face found in 20 fra"
    with pytest.raises(DatasetNotFoundError, match=expected):
        run_ffpp(detector=make_detector([]))
    assert names(crops) == {"failures.csv"}
    assert run_ffpp(size_px=32).tally.num_crops == 20


def test_another_crop_spec_in_the_folder_is_refused(run_ffpp: Run, crops: Path) -> None:
    run_ffpp()
    before = tree(crops)
    expected = r"holds other crops: hash \w+ there, \w+ now, size_px 16 there, 32 now; choose an"
    with pytest.raises(ConfigError, match=expected):
        run_ffpp(size_px=32)
    assert tree(crops) == before


def test_another_corpus_in_the_folder_is_refused(
    run_ffpp: Run, dfdc_raw: Path, crops: Path, fixed_detector: FaceDetector
) -> None:
    run_ffpp()
    spec = CropSpec(16, 1.3, fixed_detector.spec, frames_per_video=4)
    with pytest.raises(ConfigError, match=r"corpus ffpp there, dfdc now; choose another"):
        preprocess(Dfdc(), dfdc_raw, crops, spec=spec, detector=fixed_detector)


def test_another_corpus_of_the_same_name_in_the_folder_is_refused(
    tmp_path: Path, ffpp_raw: Path, crops: Path, fixed_detector: FaceDetector
) -> None:
    spec = CropSpec(16, 1.3, fixed_detector.spec, frames_per_video=4)
    video = next(ffpp_raw.rglob("*.mp4")).read_bytes()
    for name in ("mine", "theirs"):
        for label in ("real", "fake"):
            path = tmp_path / name / label / f"{name}.mp4"
            path.parent.mkdir(parents=True)
            path.write_bytes(video)

    def run(name: str) -> None:
        raw_dir = tmp_path / name
        preprocess(Folder(), raw_dir, crops, spec=spec, detector=fixed_detector, num_workers=0)

    run("mine")
    before = tree(crops)
    expected = (
        r"holds crops of other videos, such as folder/\w+/\w+/mine.mp4, and none of those in .*"
    )
    with pytest.raises(ConfigError, match=expected + r"theirs; choose another crops_dir"):
        run("theirs")
    assert tree(crops) == before


class Doubled(FaceForensics):
    """Lists every video twice."""

    def videos(self, raw_dir: Path) -> list[Any]:
        return 2 * super().videos(raw_dir)


class Empty(FaceForensics):
    """Lists no video."""

    def videos(self, raw_dir: Path) -> list[Any]:
        return []


def test_a_corpus_that_lists_no_video_leaves_nothing(
    ffpp_raw: Path, crops: Path, fixed_detector: FaceDetector
) -> None:
    spec = CropSpec(16, 1.3, fixed_detector.spec, frames_per_video=4)
    with pytest.raises(DatasetNotFoundError, match="ffpp: no video is listed under"):
        preprocess(Empty(), ffpp_raw, crops, spec=spec, detector=fixed_detector)
    assert not crops.exists()


def test_two_videos_of_one_id_are_refused(
    ffpp_raw: Path, crops: Path, fixed_detector: FaceDetector
) -> None:
    expected = r"5 video ids occur more than once: ffpp/original/c23/054, .* and 2 more; expected e"
    spec = CropSpec(16, 1.3, fixed_detector.spec, frames_per_video=4)
    with pytest.raises(MetadataError, match=expected):
        preprocess(Doubled(), ffpp_raw, crops, spec=spec, detector=fixed_detector)
    assert not crops.exists()


@pytest.mark.parametrize(("name", "value"), [("num_workers", -1), ("timeout_s", 0.5)])
def test_numbers_out_of_range_are_refused_before_anything_is_made(
    name: str, value: float, run_ffpp: Run, crops: Path
) -> None:
    with pytest.raises(ConfigError, match=rf"{name}: expected a number in"):
        run_ffpp(**{name: value})
    assert not crops.exists()


def test_a_missing_corpus_leaves_nothing(
    tmp_path: Path, crops: Path, fixed_detector: FaceDetector
) -> None:
    spec = CropSpec(16, 1.3, fixed_detector.spec, frames_per_video=4)
    with pytest.raises(DatasetNotFoundError, match=r"no ffpp video under .*set raw_dir to"):
        preprocess(FaceForensics(), tmp_path / "absent", crops, spec=spec, detector=fixed_detector)
    assert not crops.exists()


def test_nothing_is_printed_where_nobody_watches(
    run_ffpp: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    run_ffpp()
    assert capfd.readouterr() == ("", "")


@pytest.mark.real
@pytest.mark.parametrize("corpus", [FaceForensics(), Dfdc()])
def test_every_real_video_gives_its_face(corpus: Any, real_data: Path, tmp_path: Path) -> None:
    detector = HaarDetector()
    spec = CropSpec(64, 1.3, detector.spec, frames_per_video=1)
    folder = real_data / corpus.name
    report = preprocess(corpus, folder, tmp_path, spec=spec, detector=detector, num_workers=0)
    tally = report.tally
    assert tally.total("videos_with_face") == tally.total("videos_found") > 0
    assert len(pq.read_table(tmp_path / "index.parquet")) == tally.num_crops
