"""src/predict.py on drawn faces: what it writes, and that it says what evaluation says."""

import csv
import io
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from resgat.data.stills import read_still
from resgat.errors import VideoReadError
from resgat.files import file_sha256
from resgat.holding import held
from resgat.inference.stream import Predicted, Predictor
from resgat.run.alone import LOCK_NAME
from tests.conftest import Finished

Command = Callable[..., Any]


@pytest.fixture
def inputs(data_home: Path, tmp_path: Path) -> Path:
    """Two crops, a file that is none, and one in a folder below."""
    folder = tmp_path / "in"
    (folder / "below").mkdir(parents=True)
    crops = sorted(data_home.rglob("test*/*_0.png"))
    for at, name in enumerate(("a.png", "b.png", "below/a.png")):
        shutil.copy(crops[at], folder / name)
    (folder / "broken.mp4").write_bytes(b"xx")
    return folder


def run(command: Command, best: Path, folder: Path, *more: str) -> Any:
    return command("predict", f"ckpt_path={best}", f"hydra.run.dir={folder}", "jobs=0", *more)


def test_crops_get_the_logits_of_evaluation(
    command: Command, finished: Finished, best: Path, tmp_path: Path
) -> None:
    table = pq.read_table(finished.folder / "predictions.parquet").to_pylist()
    known = {row["crop_id"]: row["logit"] for row in table if row["split"] == "test"}
    config = yaml.safe_load((finished.folder / "config.yaml").read_text())
    index = Path(config["data"]["crops_dir"]) / "index.parquet"
    paths = {row["path"]: row["crop_id"] for row in pq.read_table(index).to_pylist()}
    crops = [index.parent / path for path, crop_id in paths.items() if crop_id in known]
    done = run(command, best, tmp_path / "out", *map(str, crops), "faces=crop", "overlays=false")
    assert done.status == 0, done.err
    files = json.loads((tmp_path / "out" / "predictions.json").read_text())["files"]
    assert len(files) == len(crops)
    for crop, said in zip(crops, files, strict=True):
        crop_id = paths[crop.relative_to(index.parent).as_posix()]
        assert said["verdict"]["logit"] == pytest.approx(known[crop_id], abs=1e-5)
    assert not (tmp_path / "out" / "overlays").exists()


def test_a_folder_is_predicted_and_what_is_broken_tells_the_status(
    command: Command, best: Path, inputs: Path, tmp_path: Path
) -> None:
    done = run(command, best, tmp_path / "out", str(inputs), "faces=crop")
    assert done.status == 1
    assert "1 of 4 files could not be read" in done.err
    assert "broken.mp4: expected a video, got 2 bytes" in done.err
    document = json.loads((tmp_path / "out" / "predictions.json").read_text())
    assert document["is_complete"]
    assert document["limits"][0].startswith("The detector has seen drawn faces only")
    assert [Path(said["path"]).name for said in document["files"]] == [
        "a.png", "b.png", "a.png", "broken.mp4",
    ]  # fmt: skip
    text = (tmp_path / "out" / "predictions.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["status"] for row in rows] == ["scored"] * 3 + ["failed"]
    overlays = sorted(path.name for path in (tmp_path / "out" / "overlays").iterdir())
    assert overlays[:2] == ["a.png.png", "b.png.png"]
    assert overlays[2].startswith("below_a.png-")
    assert "P(fake)" in done.out
    assert "3 faces in " in done.out
    assert "of the work: decode " in done.out
    assert "the model waited for faces " in done.out


def test_a_list_comes_in_by_standard_input(
    command: Command, best: Path, inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of names in whatever bytes, under a standard input that takes UTF-8 only."""
    named = inputs / os.fsdecode(b" \xe9.png")
    shutil.copy(inputs / "b.png", named)
    lines = os.fsencode(f"{inputs / 'b.png'}\n\n{named}\n")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines), "utf-8", "strict"))
    done = run(command, best, tmp_path / "out", "input=-", "faces=crop", "overlays=false")
    assert done.status == 0, done.err
    files = json.loads((tmp_path / "out" / "predictions.json").read_text())["files"]
    assert [Path(said["path"]).name for said in files] == ["b.png", r" \udce9.png"]
    assert [said["status"] for said in files] == ["scored", "scored"]


def test_who_is_told_to_stop_writes_what_is_there(
    command: Command, best: Path, inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told_to_stop(path: Path) -> Any:
        if path.name == "b.png":
            signal.raise_signal(signal.SIGTERM)
        return read_still(path)

    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, lambda *_: pytest.fail("nobody listened"))
    monkeypatch.setattr("resgat.run.predict.read_still", told_to_stop)
    try:
        done = run(command, best, tmp_path / "out", str(inputs), "faces=crop", "batch_size=1")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (done.status, done.err) == (130, "error: interrupted\n")
    document = json.loads((tmp_path / "out" / "predictions.json").read_text())
    assert not document["is_complete"]
    assert [Path(said["path"]).name for said in document["files"]] == ["a.png"]
    assert (tmp_path / "out" / "predictions.csv").read_text().count("a.png") == 1


@pytest.mark.parametrize(("name", "workers"), [("a.png", 0), ("broken.mp4", 1)])
def test_a_single_video_is_read_in_a_process_that_can_be_ended(
    command: Command,
    best: Path,
    inputs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    workers: int,
) -> None:
    told: list[dict[str, Any]] = []
    stream = Predictor.stream

    def noted(self: Predictor, paths: list[Path], **how: Any) -> Iterator[Predicted]:
        told.append(how)
        return stream(self, paths, num_workers=0, timeout_s=how["timeout_s"])

    monkeypatch.setattr(Predictor, "stream", noted)
    to = [f"hydra.run.dir={tmp_path / 'out'}", "faces=crop", "overlays=false", "timeout_s=7"]
    command("predict", f"ckpt_path={best}", str(inputs / name), *to)
    assert told == [{"num_workers": workers, "timeout_s": 7.0}]


def test_a_folder_holds_one_run_and_says_of_what(
    command: Command, best: Path, inputs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run(command, best, out, str(inputs / "a.png"), "faces=crop")
    done = run(command, best, out, str(inputs / "b.png"), "faces=crop")
    assert done.status == 0, done.err
    assert [path.name for path in (out / "overlays").iterdir()] == ["b.png.png"]
    noted = json.loads((out / "environment.json").read_text())
    assert (noted["task"], noted["checkpoint_sha256"]) == ("predict", [file_sha256(best)])
    assert yaml.safe_load((out / "config.yaml").read_text())["ckpt_path"] == str(best)
    done = command("export", f"ckpt_path={best}", "name=a", "onnx=false", f"hydra.run.dir={out}")
    assert f"{out} is the folder of a run of src/predict.py" in done.err
    assert not (out / "a").exists()


def test_another_command_s_folder_and_a_busy_one_are_left_alone(
    command: Command, finished: Finished, best: Path, inputs: Path, tmp_path: Path
) -> None:
    trained = tmp_path / "trained"
    trained.mkdir()
    shutil.copy(finished.folder / "environment.json", trained)
    done = run(command, best, trained, str(inputs / "a.png"), "faces=crop")
    assert done.status == 1
    assert f"{trained} is the folder of a run of src/train.py" in done.err
    left = {path.name for path in trained.iterdir()}
    assert left == {".hydra", "environment.json", "predict.log"}
    with held(tmp_path / LOCK_NAME, "not busy"):
        done = run(command, best, tmp_path, str(inputs / "a.png"), "faces=crop")
    assert done.err.startswith(f"error: another run is at work in {tmp_path}; wait for its end")


def test_without_pyav_no_video_is_asked_for(
    command: Command, inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the checkpoint is looked for."""
    monkeypatch.setitem(sys.modules, "av", None)
    done = run(command, tmp_path / "no.ckpt", tmp_path / "out", str(inputs), "video=true")
    assert done.status == 1
    words = "error: video=true needs PyAV; install it with pip install 'resgat[video]'\n"
    assert done.err == words
    assert not (tmp_path / "out" / "overlays").exists()


def test_a_file_that_is_gone_before_it_is_drawn_stops_no_other(
    command: Command, best: Path, inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone_or_still(path: Path) -> Any:
        if path.name == "b.png":
            msg = f"{path}: cannot be read as an image (No such file or directory)"
            raise VideoReadError(msg)
        return read_still(path)

    monkeypatch.setattr("resgat.run.predict.read_still", gone_or_still)
    (inputs / "broken.mp4").unlink()
    done = run(command, best, tmp_path / "out", str(inputs), "faces=crop")
    assert done.status == 1
    assert "1 of 3 files could not be read" in done.err
    files = json.loads((tmp_path / "out" / "predictions.json").read_text())["files"]
    assert [said["status"] for said in files] == ["scored", "failed", "scored"]
    assert files[1]["reason"] == "cannot be read as an image (No such file or directory)"


def test_names_that_are_no_text_or_another_script_are_written_and_drawn(
    command: Command, best: Path, inputs: Path, tmp_path: Path
) -> None:
    for name in ("a\udcff\n.png", "\u65e5.png"):
        shutil.copy(inputs / "a.png", inputs / "below" / name)
    done = run(command, best, tmp_path / "out", str(inputs / "below"), "faces=crop")
    assert done.status == 0, done.err
    files = json.loads((tmp_path / "out" / "predictions.json").read_text())["files"]
    names = {Path(said["path"]).name for said in files}
    assert names == {"a.png", "a\\udcff\n.png", "\u65e5.png"}
    assert len(list((tmp_path / "out" / "overlays").iterdir())) == 3


def test_a_method_of_the_catalogue_may_explain(
    command: Command, best: Path, inputs: Path, tmp_path: Path
) -> None:
    more = ["faces=crop", "overlays=false", "method=occlusion"]
    done = run(command, best, tmp_path / "out", str(inputs / "a.png"), *more)
    assert done.status == 0, done.err


def test_faces_are_searched_by_a_named_detector(
    command: Command, best: Path, inputs: Path, tmp_path: Path
) -> None:
    done = run(command, best, tmp_path / "out", str(inputs / "a.png"), "detector=haar")
    assert done.status == 0, done.err
    (said,) = json.loads((tmp_path / "out" / "predictions.json").read_text())["files"]
    assert said["status"] in ("no_face", "scored")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ([], "how to find faces for it is not known. Give face crops and add faces=crop"),
        (["faces=crop", "method=gradcamm"], "Did you mean 'gradcam'"),
        (["faces=crop", "batch_size=0"], "batch_size: expected a number in [1, inf], got 0"),
        (["faces=crop", "jobs=-1"], "jobs: expected a number in [0, inf], got -1"),
        (["faces=crop", "timeout_s=0"], "timeout_s: expected a number in [1, inf], got 0"),
        (["faces=crop", "frames=0"], "frames: expected a number in [1, inf], got 0"),
        (["faces=crop", "device=gpu7"], "device: expected auto, cpu, cuda or cuda:N, got 'gpu7'"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(
    command: Command, best: Path, inputs: Path, tmp_path: Path, more: list[str], message: str
) -> None:
    done = run(command, best, tmp_path / "out", str(inputs / "a.png"), *more)
    assert done.status == 1
    assert message in done.err
    assert not (tmp_path / "out" / "predictions.csv").exists()


def test_no_input_and_no_checkpoint_are_named(command: Command, best: Path, tmp_path: Path) -> None:
    done = run(command, best, tmp_path / "out", str(tmp_path / "*.png"), "faces=crop")
    assert f"input: no image and no video in {tmp_path}" in done.err
    done = run(command, tmp_path / "no.ckpt", tmp_path / "out", str(best))
    assert "no.ckpt: no such file or folder, no model of the zoo" in done.err
