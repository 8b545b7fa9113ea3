import hashlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from resgat.data.corpora.dfdc import Dfdc
from resgat.data.corpora.ffpp import FaceForensics
from resgat.data.detector import Face, FaceDetector, HaarDetector
from resgat.data.extract import extract_video
from resgat.data.index import CropIndex
from resgat.data.outcome import PreprocessReport
from resgat.data.preprocess import preprocess
from resgat.errors import ConfigError, DatasetNotFoundError, ResgatError

Run = Callable[..., PreprocessReport]


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    return tmp_path / "crops"


@pytest.fixture
def run_ffpp(ffpp_raw: Path, crops: Path, fixed_detector: FaceDetector) -> Run:
    """Preprocess the toy FF++ with small settings; keywords override them."""

    def run(**changes: Any) -> PreprocessReport:
        settings: dict[str, Any] = {"size_px": 16, "frames_per_video": 4, "progress": False}
        settings |= {"detector": fixed_detector, "crops_dir": crops} | changes
        return preprocess(FaceForensics(), ffpp_raw, **settings)

    return run


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def tree(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_run_leaves_crops_index_failures_and_manifest(run_ffpp: Run, crops: Path) -> None:
    report = run_ffpp()
    files = {"index.parquet", "failures.csv", "manifest.json", "crop_spec.json", "ffpp"}
    assert names(crops) == files
    index = CropIndex.read(crops)
    assert len(index) == report.num_crops == 5 * 4
    assert index.crop_specs == [report.crop_spec]
    assert len(list(crops.rglob("*.png"))) == 20
    assert set(report.faces_found.values()) == {(4, 4)}


def test_the_manifest_tells_what_was_made_and_what_is_absent(run_ffpp: Run, crops: Path) -> None:
    report = run_ffpp()
    manifest = json.loads((crops / "manifest.json").read_text())
    index_sum = hashlib.sha256((crops / "index.parquet").read_bytes()).hexdigest()
    assert manifest["schema"] == 1
    assert manifest["corpus"] == "ffpp"
    assert manifest["crop_spec"]["hash"] == report.crop_spec
    assert manifest["crop_spec"]["detector"] == {"name": "fixed"}
    assert manifest["frames_per_video"] == 4
    assert manifest["counts"] == report.counts
    assert manifest["counts"]["Deepfakes"]["train"] == {
        "videos_asked": 2,
        "videos_found": 2,
        "videos_decoded": 2,
        "videos_with_face": 2,
        "frames_read": 8,
        "crops": 8,
    }
    assert manifest["absent_originals"] == {"ffpp/FaceSwap/c23/004_982": "ffpp/original/c23/004"}
    assert manifest["missing_videos"] == []
    assert manifest["index_sha256"] == index_sum


def test_broken_videos_are_recorded_and_the_run_goes_on(
    run_ffpp: Run, crops: Path, ffpp_raw: Path, short_video_bytes: bytes
) -> None:
    fakes = ffpp_raw / "manipulated_sequences/Deepfakes/c23/videos"
    (fakes / "054_071.mp4").write_bytes(b"")
    (fakes / "071_054.mp4").write_bytes(short_video_bytes)
    report = run_ffpp()
    assert report.num_crops == 3 * 4
    empty, short = (
        report.failures[f"ffpp/Deepfakes/c23/{name}"] for name in ("054_071", "071_054")
    )
    assert empty.startswith("expected a video, got 0 bytes")
    assert short.startswith("decoded ")
    lines = (crops / "failures.csv").read_text().splitlines()
    folder = "manipulated_sequences/Deepfakes/c23/videos"
    assert lines[1].startswith(f"ffpp/Deepfakes/c23/054_071,{folder}/054_071.mp4,")
    assert len(lines) == 3
    assert str(ffpp_raw) not in (crops / "failures.csv").read_text()


def test_a_listed_video_that_is_missing_is_a_failure(
    dfdc_raw: Path, crops: Path, fixed_detector: FaceDetector
) -> None:
    report = preprocess(
        Dfdc(), dfdc_raw, crops, detector=fixed_detector, frames_per_video=2, progress=False
    )
    assert list(report.failures) == ["dfdc/dfdc/h264/fake0"]
    assert report.failures["dfdc/dfdc/h264/fake0"].startswith("listed in metadata.json, file miss")
    manifest = json.loads((crops / "manifest.json").read_text())
    assert manifest["missing_videos"] == ["dfdc/dfdc/h264/fake0"]
    assert manifest["counts"]["dfdc"]["train"]["videos_found"] == 0
    assert {CropIndex.read(crops).row(i)["split"] for i in range(report.num_crops)} == {
        "train",
        "val",
        "test",
    }


def test_a_killed_run_is_completed_to_what_a_clean_run_gives(
    run_ffpp: Run, crops: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Any] = []

    def killed_in_the_third(*args: Any) -> Any:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(args)
        return extract_video(*args)

    with monkeypatch.context() as patch:
        patch.setattr("resgat.data.preprocess.extract_video", killed_in_the_third)
        with pytest.raises(KeyboardInterrupt):
            run_ffpp()
    assert not (crops / "index.parquet").exists()
    assert not (crops / "manifest.json").exists()
    half = crops / ".partial" / "tmp0" / "made"
    half.mkdir(parents=True)
    (half / "000000_0.png").write_bytes(b"half")
    run_ffpp()
    run_ffpp(crops_dir=tmp_path / "clean")
    assert tree(crops) == tree(tmp_path / "clean")


def test_a_second_run_changes_nothing(run_ffpp: Run, crops: Path) -> None:
    first = run_ffpp()
    files = tree(crops)
    assert run_ffpp() == first
    assert tree(crops) == files


def test_workers_give_what_one_process_gives(
    run_ffpp: Run, crops: Path, ffpp_raw: Path, tmp_path: Path
) -> None:
    (ffpp_raw / "original_sequences/youtube/c23/videos/071.mp4").write_bytes(b"")
    run_ffpp()
    run_ffpp(crops_dir=tmp_path / "parallel", num_workers=2)
    assert tree(tmp_path / "parallel") == tree(crops)


class DeadlyDetector:
    """Ends the process that unpickles it, as a crash in native code would."""

    spec: ClassVar[dict[str, Any]] = {"name": "deadly"}

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (1,)


def test_a_worker_that_dies_is_named(run_ffpp: Run, crops: Path) -> None:
    with pytest.raises(ResgatError, match=r"a preprocessing worker died .*fewer workers"):
        run_ffpp(detector=DeadlyDetector(), num_workers=1)
    assert not (crops / "index.parquet").exists()


def test_another_crop_spec_in_the_folder_is_refused(run_ffpp: Run, crops: Path) -> None:
    run_ffpp()
    files = tree(crops)
    expected = r"holds other crops: size_px 16 there, 32 now, hash \w+ there, \w+ now; choose an"
    with pytest.raises(ConfigError, match=expected):
        run_ffpp(size_px=32)
    assert tree(crops) == files


def test_another_corpus_in_the_folder_is_refused(
    run_ffpp: Run, dfdc_raw: Path, crops: Path, fixed_detector: FaceDetector
) -> None:
    run_ffpp()
    with pytest.raises(ConfigError, match=r"corpus ffpp there, dfdc now; choose another"):
        preprocess(Dfdc(), dfdc_raw, crops, detector=fixed_detector, size_px=16, progress=False)


def test_a_folder_that_something_else_filled_is_refused(run_ffpp: Run, crops: Path) -> None:
    crops.mkdir()
    (crops / "index.parquet").touch()
    with pytest.raises(ConfigError, match=r"index\.parquet that preprocessing did not write; cho"):
        run_ffpp()


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", r"crop_spec\.json: expected JSON"), ("[]", r"crop_spec\.json: expected an object")],
)
def test_a_malformed_note_of_the_crop_spec_is_refused(
    text: str, message: str, run_ffpp: Run, crops: Path
) -> None:
    crops.mkdir()
    (crops / "crop_spec.json").write_text(text)
    with pytest.raises(ConfigError, match=message):
        run_ffpp()


def test_a_file_in_place_of_the_folder_is_refused(run_ffpp: Run, crops: Path) -> None:
    crops.touch()
    with pytest.raises(ConfigError, match="crops: expected a folder, got a file"):
        run_ffpp()


def test_no_crop_at_all_is_an_error_and_leaves_the_folder_free(
    run_ffpp: Run, crops: Path, make_detector: Callable[[Iterable[Face]], FaceDetector]
) -> None:
    expected = r"got none from 5 videos; the first, ffpp/original/c23/054: no face found in 4 fra"
    with pytest.raises(DatasetNotFoundError, match=expected):
        run_ffpp(detector=make_detector([]))
    assert names(crops) == {"failures.csv"}
    assert run_ffpp(size_px=32).num_crops == 20


def test_numbers_out_of_range_are_refused_before_anything_is_made(
    run_ffpp: Run, crops: Path
) -> None:
    for key, value in {"frames_per_video": 0, "num_workers": -1, "size_px": 1, "margin": 9}.items():
        with pytest.raises(ConfigError, match=rf"{key}: expected a number in"):
            run_ffpp(**{key: value})
    assert not crops.exists()


def test_a_missing_corpus_leaves_nothing(
    tmp_path: Path, crops: Path, fixed_detector: FaceDetector
) -> None:
    with pytest.raises(DatasetNotFoundError, match="no FaceForensics"):
        preprocess(FaceForensics(), tmp_path / "absent", crops, detector=fixed_detector)
    assert not crops.exists()


def test_nothing_is_printed_where_nobody_watches(
    run_ffpp: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    run_ffpp(progress=True)
    assert capfd.readouterr() == ("", "")


@pytest.mark.real
def test_every_real_video_gives_its_face(real_data: Path, tmp_path: Path) -> None:
    for corpus in (FaceForensics(), Dfdc()):
        report = preprocess(
            corpus,
            real_data / corpus.name,
            tmp_path / corpus.name,
            detector=HaarDetector(),
            frames_per_video=1,
            progress=False,
        )
        assert all(found >= 1 for found, _ in report.faces_found.values())
        assert len(CropIndex.read(tmp_path / corpus.name)) == report.num_crops
