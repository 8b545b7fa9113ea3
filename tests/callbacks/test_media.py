"""What W&B and TensorBoard are told in a run, read back from what they store."""

import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import wandb
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from wandb.proto import wandb_internal_pb2

BLOCK, FILE_HEADER, RECORD_HEADER = 32 * 1024, 7, 7
FULL, LAST = 1, 4


class Stored(NamedTuple):
    """One offline run of W&B."""

    run: Any
    files: Path
    history: list[dict[str, Any]]
    config: dict[str, Any]
    artifacts: dict[str, dict[str, Path]]
    metadata: dict[str, str]
    exit_code: int


@pytest.fixture(scope="module")
def runs(
    command: Callable[..., Any], tiny: list[str], tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    """A sweep of two runs; without an account, and with no network that it could use."""
    sweep = tmp_path_factory.mktemp("sweep")
    overrides = [*tiny[:-1], "callbacks.gallery.num_faces=2", "logger=wandb", "seed=1,2"]
    done = command("train", "--multirun", *overrides, f"hydra.sweep.dir={sweep}")
    assert done.status == 0, done.err
    wandb.teardown()  # W&B's own process writes on after a run has ended; not after this
    return [sweep / "0", sweep / "1"]


@pytest.fixture(scope="module")
def stored(runs: list[Path]) -> list[Stored]:
    return [read(next(run.glob("wandb/offline-run-*/*.wandb"))) for run in runs]


def test_each_run_of_a_sweep_is_a_run_of_its_own(runs: list[Path], stored: list[Stored]) -> None:
    assert [len(list(run.glob("wandb/offline-run-*"))) for run in runs] == [1, 1]
    assert [part.config["seed"] for part in stored] == [1, 2]
    assert [part.exit_code for part in stored] == [0, 0]
    assert wandb.run is None


def test_a_run_tells_its_sweep_its_command_and_its_corpus(
    runs: list[Path], stored: list[Stored]
) -> None:
    for part in stored:
        assert part.run.run_group == f"{runs[0].parents[1].name}/{runs[0].parent.name}"
        assert (part.run.job_type, list(part.run.tags)) == ("train", ["synthetic"])


def test_the_metrics_are_those_of_the_run(runs: list[Path], stored: list[Stored]) -> None:
    test = json.loads((runs[0] / "metrics.json").read_text())["test"]
    told = {key: value for row in stored[0].history for key, value in row.items()}
    for level in ("video", "frame"):
        for name in ("auc", "eer", "log_loss", "brier"):
            assert told[f"test/{level}_{name}"] == pytest.approx(test[level][name])
    aucs = [row["val/video_auc"] for row in stored[0].history if "val/video_auc" in row]
    assert len(aucs) == 2


def test_the_config_is_the_resolved_one_with_the_code_version(
    runs: list[Path], stored: list[Stored]
) -> None:
    environment = json.loads((runs[0] / "environment.json").read_text())
    config = stored[0].config
    assert config["model"]["backbone"]["arch"] == "resnet18"
    assert config["data"]["seed"] == 1
    assert config["data"]["crops_dir"].endswith("synthetic_32px_4-2-2x2_d0.2_s0")
    assert config["environment"]["code"] == environment["code"]
    assert config["environment"]["index_sha256"] == environment["index_sha256"]


def test_the_gallery_is_a_table_with_a_picture_of_each_face(
    runs: list[Path], stored: list[Stored]
) -> None:
    name = next(name for name in stored[0].artifacts if name.endswith("gallery_table"))
    files = stored[0].artifacts[name]
    table = json.loads(files["gallery_table.table.json"].read_text())
    assert table["columns"] == ["crop_id", "method", "label", "prob", "evidence"]
    assert len(table["data"]) == 2
    for row in table["data"]:
        picture = files[row[-1]["path"]]
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.is_relative_to(runs[0])


def test_the_videos_are_a_table_the_hardest_first(stored: list[Stored]) -> None:
    name = next(name for name in stored[0].artifacts if name.endswith("predictions"))
    table = json.loads(stored[0].artifacts[name]["predictions.table.json"].read_text())
    columns = ["video_id", "method", "compression", "label", "prob", "num_frames"]
    assert table["columns"] == columns
    errors = [abs(row[4] - row[3]) for row in table["data"]]
    assert len(errors) == 12
    assert errors == sorted(errors, reverse=True)


def test_the_plots_are_pictures(stored: list[Stored]) -> None:
    for name in ("gallery", "roc", "pr", "calibration", "scores", "confusion", "history"):
        told = next(row[name] for row in stored[0].history if name in row)
        assert (stored[0].files / told["path"]).is_file()


def test_the_best_checkpoint_is_an_artifact(runs: list[Path], stored: list[Stored]) -> None:
    name = next(name for name in stored[0].artifacts if name.startswith("checkpoint-"))
    assert stored[0].artifacts[name] == {"best.ckpt": runs[0] / "checkpoints" / "best.ckpt"}


def test_the_runs_of_a_sweep_have_their_crops_in_common(
    runs: list[Path], stored: list[Stored]
) -> None:
    environment = json.loads((runs[0] / "environment.json").read_text())
    name = f"crops-{environment['index_sha256'][:12]}"
    assert all(name in part.artifacts for part in stored)
    assert all(
        json.loads(part.metadata[name]) == {"sha256": environment["index_sha256"]}
        for part in stored
    )


def test_a_run_that_fails_is_finished_too(
    command: Callable[..., Any], tiny: list[str], tmp_path: Path
) -> None:
    overrides = [*tiny, "logger=wandb", "optimizer.lr=1e30", f"hydra.run.dir={tmp_path}"]
    assert command("train", *overrides).status == 1
    assert wandb.run is None  # a sweep's next run starts its own


def test_tensorboard_has_the_numbers_the_pictures_and_the_tables(
    command: Callable[..., Any], tiny: list[str], tmp_path: Path
) -> None:
    """Together with one option of each group that no other test trains with."""
    others = [
        "optimizer=sgd",
        "scheduler=plateau",
        "loss=focal",
        "callbacks=early_stopping",
        "callbacks.gallery.num_faces=2",
        "callbacks.early_stopping.patience=1",
        "trainer=smoke",
    ]
    done = command("train", *tiny[:-2], *others, "logger=tensorboard", f"hydra.run.dir={tmp_path}")
    assert (done.status, done.err) == (0, "")
    events = EventAccumulator(str(tmp_path / "tensorboard" / "version_0"))
    events.Reload()
    test = json.loads((tmp_path / "metrics.json").read_text())["test"]
    assert events.Scalars("test/video_auc")[-1].value == pytest.approx(test["video"]["auc"])
    assert {"roc", "pr", "confusion", "history", "gallery"} <= set(events.Tags()["images"])
    faces, videos = (text(events, name) for name in ("gallery_table", "predictions"))
    assert faces[0] == "| crop_id | method | label | prob | evidence |"
    assert len(faces) == 4
    named = [line.split(" | ")[-1].removesuffix(" |") for line in faces[2:]]
    assert named == ["gallery_table/evidence_00", "gallery_table/evidence_01"]
    assert {*named, "errors"} <= set(events.Tags()["images"])
    assert videos[0] == "| video_id | method | compression | label | prob | num_frames |"
    assert len(videos) == 14


def text(events: EventAccumulator, name: str) -> list[str]:
    stored: bytes = events.Tensors(f"{name}/text_summary")[-1].tensor_proto.string_val[0]
    return stored.decode().splitlines()


def read(path: Path) -> Stored:
    history: list[dict[str, Any]] = []
    config: dict[str, Any] = {}
    artifacts: dict[str, dict[str, Path]] = {}
    metadata: dict[str, str] = {}
    exit_code, run = -1, None
    for record in records(path.read_bytes()):
        if record.HasField("history"):
            history.append(merged(record.history.item))
        elif record.HasField("config"):
            config |= merged(record.config.update)
        elif record.HasField("artifact"):
            entries = record.artifact.manifest.contents
            artifacts[record.artifact.name] = {e.path: Path(e.local_path) for e in entries}
            metadata[record.artifact.name] = record.artifact.metadata
        elif record.HasField("run"):
            run = record.run
        elif record.HasField("exit"):
            exit_code = record.exit.exit_code
    return Stored(run, path.parent / "files", history, config, artifacts, metadata, exit_code)


def records(data: bytes) -> Iterator[Any]:
    """Read a log of records: blocks of 32 KiB, records in parts, no part across two blocks."""
    place, joined = FILE_HEADER, b""
    while place + RECORD_HEADER <= len(data):
        left = BLOCK - place % BLOCK
        if left < RECORD_HEADER:
            place += left
            continue
        length, kind = struct.unpack("<4xHB", data[place : place + RECORD_HEADER])
        place += RECORD_HEADER
        joined += data[place : place + length]
        place += length
        if kind in (FULL, LAST):
            record: Any = wandb_internal_pb2.Record()  # type: ignore[attr-defined]
            record.ParseFromString(joined)
            yield record
            joined = b""


def merged(items: Any) -> dict[str, Any]:
    """Turn ``[{nested_key: [a, b], value_json: 1}]`` into ``{a: {b: 1}}``."""
    values: dict[str, Any] = {}
    for item in items:
        *parents, last = list(item.nested_key) or [item.key]
        inner = values
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = json.loads(item.value_json)
    return values
