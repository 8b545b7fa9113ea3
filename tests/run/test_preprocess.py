"""Videos to crops at the command line, and from the real crops to a trained detector."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from resgat.data.detector import Face, HaarDetector

Command = Callable[..., Any]

QUICK = ["size_px=32", "frames_per_video=2", "num_workers=0"]
REAL, FAKE = {"label": "REAL"}, {"label": "FAKE", "original": "real.mp4"}


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("video") / "video.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10, (64, 48))
    for grey in range(0, 200, 20):
        writer.write(np.full((48, 64, 3), grey, np.uint8))
    writer.release()
    return path.read_bytes()


@pytest.fixture
def one_face(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the detector see a face in every whole frame."""
    face = Face((20, 10, 40, 34), 0.95, None)

    def detect(self: HaarDetector, frame: np.ndarray, min_face_px: float = 0.0) -> list[Face]:
        return [face] if frame.shape[:2] == (48, 64) else []

    monkeypatch.setattr(HaarDetector, "detect", detect)


@pytest.fixture
def raw(tmp_path: Path, video: bytes) -> Path:
    """A part of DFDC: one real video, one fake of it."""
    part = tmp_path / "raw" / "dfdc_train_part_0"
    part.mkdir(parents=True)
    (part / "metadata.json").write_text(json.dumps({"real.mp4": REAL, "fake.mp4": FAKE}))
    (part / "real.mp4").write_bytes(video)
    (part / "fake.mp4").write_bytes(video)
    return tmp_path / "raw"


@pytest.fixture
def preprocess(command: Command, raw: Path, tmp_path: Path) -> Command:
    def run(*overrides: str) -> Any:
        folders = [f"data.raw_dir={raw}", f"data.crops_dir={tmp_path / 'crops'}"]
        folders += [f"hydra.run.dir={tmp_path / 'run'}"]
        return command("preprocess", "data=dfdc", *QUICK, *folders, *overrides)

    return run


def test_crops_index_and_manifest_are_made(
    preprocess: Command, one_face: None, tmp_path: Path
) -> None:
    done = preprocess()
    assert (done.status, done.err) == (0, "")
    assert len(pq.read_table(tmp_path / "crops" / "index.parquet")) == 4
    assert json.loads((tmp_path / "crops" / "manifest.json").read_text())["missing_videos"] == []
    rows = [line.replace("|", " ").split() for line in done.out.splitlines()]
    assert ["all", "2", "/", "2", "4", "/", "4", "0"] in rows
    assert f"crops and index in {tmp_path / 'crops'}" in done.out


def test_a_truncated_video_fails_alone(
    preprocess: Command, one_face: None, raw: Path, tmp_path: Path, video: bytes
) -> None:
    (raw / "dfdc_train_part_0" / "fake.mp4").write_bytes(video[: len(video) // 2])
    done = preprocess()
    assert done.status == 1
    assert done.err.startswith("error: 1 video(s) failed, such as dfdc/dfdc/h264/fake: ")
    assert "allow_failures=true" in done.err
    crops = tmp_path / "crops"
    assert len(pq.read_table(crops / "index.parquet")) == 2
    with (crops / "failures.csv").open(newline="") as file:
        failed = list(csv.DictReader(file))
    assert [row["path"] for row in failed] == ["dfdc_train_part_0/fake.mp4"]
    assert preprocess("allow_failures=true").status == 0
    (raw / "dfdc_train_part_0" / "fake.mp4").write_bytes(video)
    assert preprocess("retry_failures=true").status == 0
    assert len(pq.read_table(crops / "index.parquet")) == 4


def test_shards_are_made_by_as_many_runs_and_merged(
    preprocess: Command, one_face: None, raw: Path, tmp_path: Path, video: bytes
) -> None:
    crops = tmp_path / "crops"
    refused = preprocess("shard.count=2")
    assert refused.status == 1
    assert "2 videos are not cut yet" in refused.err
    assert "shard.count=2" in refused.err
    for index in (0, 1):
        done = preprocess("shard.count=2", f"shard.index={index}", "contact_sheet=true")
        assert (done.status, done.err) == (0, "")
        assert f"shard {index} of 2 is done; when all are, merge them" in done.out
        assert not (crops / "index.parquet").exists()
    done = preprocess("shard.count=2")
    assert (done.status, done.err) == (0, "")
    assert len(pq.read_table(crops / "index.parquet")) == 4


def test_a_shard_with_a_failure_says_so(
    preprocess: Command, one_face: None, raw: Path, tmp_path: Path
) -> None:
    (raw / "dfdc_train_part_0" / "fake.mp4").write_bytes(b"")
    ends = [preprocess("shard.count=2", f"shard.index={index}") for index in (0, 1)]
    assert sorted(end.status for end in ends) == [0, 1]
    (failed,) = (end for end in ends if end.status)
    assert "1 video(s) failed, such as dfdc/dfdc/h264/fake: expected a video" in failed.err


def test_contact_sheets_are_made_on_request(
    preprocess: Command, one_face: None, tmp_path: Path
) -> None:
    sheet = tmp_path / "crops" / "contact_sheets" / "sheet_000.png"
    assert preprocess().status == 0
    assert not sheet.exists()
    done = preprocess("--contact-sheet")
    assert (done.status, done.err) == (0, "")
    assert f"contact sheets in {sheet.parent}" in done.out
    assert sheet.is_file()


def test_a_fake_without_its_original_is_used_and_named(
    preprocess: Command, one_face: None, raw: Path, tmp_path: Path
) -> None:
    part = raw / "dfdc_train_part_0"
    (part / "real.mp4").unlink()
    (part / "metadata.json").write_text(json.dumps({"fake.mp4": FAKE}))
    done = preprocess()
    assert (done.status, done.err) == (0, "")
    assert "1 fakes without their original on disk: dfdc/dfdc/h264/fake" in done.out
    manifest = json.loads((tmp_path / "crops" / "manifest.json").read_text())
    assert "dfdc/dfdc/h264/fake" in json.dumps(manifest["absent_originals"])
    assert len(pq.read_table(tmp_path / "crops" / "index.parquet")) == 2


METADATA = {
    "no json": ("{", "expected JSON"),
    "a list": ("[]", "expected an object of video names, got list"),
    "no label": ('{"a.mp4": {}}', "label: expected FAKE or REAL, got None"),
    "a number": ('{"a.mp4": {"label": 1}}', "label: expected FAKE or REAL, got 1"),
    "an entry that is text": ('{"a.mp4": "FAKE"}', "expected an object with a label, got 'FAKE'"),
    "a path upwards": ('{"../a.mp4": {"label": "REAL"}}', "expected a plain file name"),
    "an original upwards": (
        '{"a.mp4": {"label": "FAKE", "original": "../../b.mp4"}}',
        "original: expected a plain file name",
    ),
}


@pytest.mark.parametrize("kind", METADATA)
def test_malformed_metadata_is_refused(
    preprocess: Command, raw: Path, tmp_path: Path, kind: str
) -> None:
    text, message = METADATA[kind]
    path = raw / "dfdc_train_part_0" / "metadata.json"
    path.write_text(text)
    done = preprocess()
    assert done.status == 1
    assert done.err.startswith(f"error: {path}: ")
    assert message in done.err
    assert len(done.err.splitlines()) == 1
    assert not (tmp_path / "crops").exists()


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["data.raw_dir=null"],
            "data.raw_dir: expected the folder of raw videos; add data.raw_dir=",
        ),
        (["data.raw_dir=/nowhere"], "no DFDC part under /nowhere"),
        (["data=ffpp"], "set raw_dir to the folder that holds original_sequences/"),
        (["data=synthetic"], "data=synthetic has no raw videos"),
        (["data=ffqq"], "data=ffqq: unknown option; data has "),
        (["frames_per_video=0"], "frames_per_video: expected a number in [1, inf], got 0"),
        (["alignment=similarity"], "alignment=similarity: this detector finds no landmarks"),
        (["quality=90"], "quality: PNG is lossless and has none, got 90"),
        (["shard.index=1"], "shard.index: expected a number in [0, 0], got 1"),
        (["shard.count=0"], "shard.count: expected a number in [1, inf], got 0"),
        (["timeout_s=0"], "timeout_s: expected a number in [1, inf], got 0"),
        (["detector=yunet"], "RESGAT_YUNET"),
    ],
)
def test_a_mistake_in_the_settings(
    preprocess: Command, tmp_path: Path, overrides: list[str], message: str
) -> None:
    done = preprocess(*overrides)
    assert done.status == 1
    assert message in done.err
    assert len(done.err.splitlines()) == 1
    assert not (tmp_path / "crops").exists()


def test_videos_without_a_face_leave_the_folder_free(preprocess: Command, tmp_path: Path) -> None:
    done = preprocess()
    assert done.status == 1
    assert "expected face crops, got none from 2 videos" in done.err
    assert not (tmp_path / "crops" / "index.parquet").exists()


def test_a_folder_of_other_crops_is_kept(
    preprocess: Command, one_face: None, tmp_path: Path
) -> None:
    assert preprocess().status == 0
    before = (tmp_path / "crops" / "index.parquet").read_bytes()
    done = preprocess("size_px=64")
    assert done.status == 1
    assert "size_px 32 there, 64 now" in done.err
    assert (tmp_path / "crops" / "index.parquet").read_bytes() == before


TINY_NET = [
    "model/backbone=resnet18",
    "model.backbone.last=layer2",
    "model/head=additive_layer2",
    "data.size_px=64",
    "data.batch_size=4",
    "data.num_workers=0",
    "trainer.max_epochs=2",
]
REAL_QUICK = ["size_px=64", "frames_per_video=4", "num_workers=0"]


@pytest.mark.real
def test_real_ffpp_videos_train_validate_and_test(
    command: Command, real_data: Path, tmp_path: Path
) -> None:
    folders = [f"data.raw_dir={real_data / 'ffpp'}", f"data.crops_dir={tmp_path / 'crops'}"]
    cut = command(
        "preprocess", "data=ffpp", *REAL_QUICK, *folders, f"hydra.run.dir={tmp_path / 'cut'}"
    )
    assert (cut.status, cut.err) == (0, "")
    assert "ffpp/Face2Face/c23/750_743 (original ffpp/original/c23/750)" in cut.out
    run = tmp_path / "run"
    done = command("train", "data=ffpp", *TINY_NET, *folders, f"hydra.run.dir={run}")
    assert (done.status, done.err) == (0, "")
    results = json.loads((run / "metrics.json").read_text())
    for split in ("val", "test"):
        video = results[split]["video"]
        assert (video["n"], video["n_fake"]) == (2, 1)
        coverage = results[split]["coverage"]
        assert coverage["videos_asked"] == coverage["videos_with_face"] == coverage["videos"] == 2
        assert video["auc"] in (0.0, 0.5, 1.0)
        assert video["auc_ci"] is None
        assert video["auc_ci_reason"]
    assert "reason" in results["test"]["evidence"]
    assert {path.stem for path in (run / "plots").iterdir()} == {
        "roc",
        "pr",
        "confusion",
        "calibration",
        "scores",
        "errors",
        "history",
    }
    assert (run / "report.html").is_file()
    assert (run / "gallery" / "gallery.png").is_file()


@pytest.mark.real
def test_real_dfdc_videos_that_are_missing_are_named(
    command: Command, real_data: Path, tmp_path: Path
) -> None:
    crops = tmp_path / "crops"
    folders = [f"data.raw_dir={real_data / 'dfdc'}", f"data.crops_dir={crops}"]
    cut = ["preprocess", "data=dfdc", *REAL_QUICK, *folders, f"hydra.run.dir={tmp_path / 'cut'}"]
    done = command(*cut)
    assert done.status == 1
    assert "4 video(s) failed, such as dfdc/dfdc/h264/" in done.err
    assert "the video file is missing; download it again" in done.err
    found = set(pq.read_table(crops / "index.parquet")["video_id"].to_pylist())
    assert found == {"dfdc/dfdc/h264/brtujopkby", "dfdc/dfdc/h264/widuwuoiur"}
    missing = json.loads((crops / "manifest.json").read_text())["missing_videos"]
    assert len(missing) == 4
    assert all(name in (crops / "failures.csv").read_text() for name in missing)
    assert command(*cut, "allow_failures=true").status == 0
    run = tmp_path / "run"
    trained = command("train", "data=dfdc", *TINY_NET, *folders, f"hydra.run.dir={run}")
    assert trained.status == 1
    assert "split 'train' has 0 real and 8 fake crops; expected both" in trained.err
    assert not (run / "config.yaml").exists()
