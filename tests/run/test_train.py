"""A training run: what it leaves, that its numbers are true, repeatable, and survive a kill."""

import csv
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
import yaml
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
    log_loss,
    roc_auc_score,
)

from resgat.lit.detector import DetectorModule

LEAVES = {
    "checkpoints/best.ckpt",
    "checkpoints/last.ckpt",
    "config.yaml",
    "environment.json",
    "gallery/face_00.png",
    "gallery/face_01.png",
    "gallery/gallery.png",
    "history.csv",
    "metrics.json",
    "plots/confusion.png",
    "plots/history.png",
    "plots/pr.png",
    "plots/roc.png",
    "predictions.parquet",
    "train.log",
    "video_predictions.parquet",
}
EPOCH_STEPS = 6  # 4 pairs of 6 videos of 2 frames, in batches of 8


def numbers(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "metrics.json").read_text())
    return loaded


def test_a_run_leaves_everything(finished: Any) -> None:
    found = {path.relative_to(finished.folder) for path in finished.folder.rglob("*")}
    assert {str(path) for path in found} >= LEAVES
    assert [path for path in found if path.name.startswith(".") and path.name != ".hydra"] == []


def test_the_terminal_shows_a_short_table_and_nothing_else(finished: Any) -> None:
    assert finished.err == ""
    lines = finished.out.splitlines()
    assert [line.split("|")[:2] for line in lines if "|" in line][2:] == [
        [f"{split} ", f" {level} "] for split in ("val  ", "test ") for level in ("video", "frame")
    ]
    assert sum("epoch " in line for line in lines) == 2
    assert lines[-1].endswith(f"results in {finished.folder}")
    assert len(lines) < 12


@pytest.mark.parametrize("split", ["val", "test"])
@pytest.mark.parametrize("level", ["video", "frame"])
def test_the_numbers_follow_from_the_predictions(finished: Any, split: str, level: str) -> None:
    table = pq.read_table(finished.folder / "predictions.parquet")
    rows = [row for row in table.to_pylist() if row["split"] == split]
    if level == "video":
        videos: dict[str, list[Any]] = {}
        for row in rows:
            videos.setdefault(row["video_id"], []).append(row)
        rows = [
            part[0] | {"logit": np.mean([r["logit"] for r in part])} for part in videos.values()
        ]
    prob = 1 / (1 + np.exp([-row["logit"] for row in rows]))
    label = np.array([row["label"] for row in rows])
    reported = numbers(finished.folder)[split]
    threshold = numbers(finished.folder)["val"][level]["threshold_prob"]
    called = prob >= threshold
    assert reported[level] | {"threshold_prob": threshold} == reported[level]
    assert reported[level]["n"] == len(rows)
    for name, value in {
        "auc": roc_auc_score(label, prob),
        "ap": average_precision_score(label, prob),
        "log_loss": log_loss(label, prob),
        "balanced_accuracy": balanced_accuracy_score(label, called),
        "f1": f1_score(label, called),
    }.items():
        assert reported[level][name] == pytest.approx(value, abs=1e-6), name
    for method, part in reported["by_method"].items():
        mine = [row["method"] in (method, "original") for row in rows]
        auc = roc_auc_score(label[mine], prob[mine])
        assert part[level]["auc"] == pytest.approx(auc, abs=1e-6), method


def test_a_videos_prediction_is_the_mean_of_its_frames(finished: Any) -> None:
    frames = pq.read_table(finished.folder / "predictions.parquet").to_pylist()
    videos = pq.read_table(finished.folder / "video_predictions.parquet").to_pylist()
    assert [row["split"] for row in videos] == sorted((v["split"] for v in videos), reverse=True)
    assert len(videos) == len({(row["split"], row["video_id"]) for row in frames})
    for video in videos:
        own = [row for row in frames if row["video_id"] == video["video_id"]]
        assert video["num_frames"] == len(own) == 2
        assert video["logit"] == pytest.approx(np.mean([row["logit"] for row in own]))
        assert video["prob"] == pytest.approx(1 / (1 + np.exp(-video["logit"])))
        for name in ("label", "method", "compression", "identity_group", "split", "dataset"):
            assert {video[name]} == {row[name] for row in own}


def test_every_method_and_the_coverage_are_reported(finished: Any) -> None:
    results = numbers(finished.folder)
    assert results["schema"] == 2
    assert list(results) == ["schema", "val", "test"]
    assert len(results["test"]["by_method"]) == 4
    coverage = results["test"]["coverage"]
    assert (coverage["videos"], coverage["crops"]) == (12, 24)
    assert {"contribution", "attention", "random"} <= results["test"]["evidence"].keys()
    low, high = results["test"]["video"]["auc_ci"]
    assert 0 <= low <= high <= 1


def test_the_best_checkpoint_carries_what_a_judge_needs(finished: Any) -> None:
    checkpoint = torch.load(finished.folder / "checkpoints" / "best.ckpt", weights_only=True)
    facts = checkpoint["resgat"]
    config = yaml.safe_load((finished.folder / "config.yaml").read_text())
    val = numbers(finished.folder)["val"]
    assert facts["config"] == {key: config[key] for key in facts["config"]}
    assert {"model", "data", "seed"} <= facts["config"].keys()
    assert facts["thresholds"] == {k: val[k]["threshold_prob"] for k in ("video", "frame")}
    assert facts["temperatures"] == {k: val[k]["temperature"] for k in ("video", "frame")}
    environment = json.loads((finished.folder / "environment.json").read_text())
    assert facts["index_sha256"] == environment["index_sha256"]
    assert facts["callbacks"] == config["callbacks"]
    assert facts["reference"].shape == (16,)
    num_seen = {role: len(known["videos"]) for role, known in facts["seen"].items()}
    assert num_seen == {"train": 24, "val": 12}
    assert len(facts["crop_spec"]) > 0


def test_the_run_says_what_it_was_made_from(finished: Any) -> None:
    environment = json.loads((finished.folder / "environment.json").read_text())
    assert len(environment["index_sha256"]) == 64
    assert environment["seed"] == 0
    assert environment["code"]
    assert environment["packages"]["torch"] == torch.__version__.split("+")[0]


def test_the_history_has_one_row_of_val_per_epoch(finished: Any) -> None:
    with (finished.folder / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows if row["val/video_auc"]] == ["0", "1"]
    best = max(float(row["val/video_auc"]) for row in rows if row["val/video_auc"])
    assert numbers(finished.folder)["val"]["video"]["auc"] == pytest.approx(best)


def test_the_same_seed_gives_the_same_numbers_whatever_the_workers(
    command: Callable[..., Any], tiny: list[str], finished: Any, tmp_path: Path
) -> None:
    done = command("train", *tiny, "data.num_workers=1", f"hydra.run.dir={tmp_path}")
    assert done.status == 0
    assert numbers(tmp_path) == numbers(finished.folder)
    assert (tmp_path / "history.csv").read_text() == (finished.folder / "history.csv").read_text()


def test_another_seed_gives_other_numbers(
    command: Callable[..., Any], tiny: list[str], finished: Any, tmp_path: Path
) -> None:
    assert command("train", *tiny, "seed=1", f"hydra.run.dir={tmp_path}").status == 0
    assert numbers(tmp_path)["val"] != numbers(finished.folder)["val"]


def noisy(step: Callable[..., Any]) -> Callable[..., Any]:
    """Make a step's loss depend on random numbers, as dropout does."""
    return lambda self, batch, idx: step(self, batch, idx) * (0.5 + torch.rand(()))


def stopping(step: Callable[..., Any], at: int) -> Callable[..., Any]:
    """Leave no time for anything, as a power cut does."""

    def stopped(self: DetectorModule, batch: Any, idx: int) -> Any:
        if self.trainer.global_step == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return step(self, batch, idx)

    return stopped


MID_EPOCH_2 = EPOCH_STEPS + EPOCH_STEPS // 2
KILLED = f"""
import runpy, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_train import DetectorModule, noisy, stopping
DetectorModule.training_step = stopping(noisy(DetectorModule.training_step), at={MID_EPOCH_2})
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

#: What makes resuming hard: averaged weights, a schedule and a callback that remember the epochs,
#: and a best epoch that lies before the kill.
REMEMBERING = [
    "trainer.max_epochs=4",
    "callbacks=[ema,early_stopping]",
    "callbacks.ema.decay=0.8",
    "callbacks.checkpoint.monitor=epoch",
    "callbacks.checkpoint.mode=min",
]
RECIPES = {
    "one_cycle": REMEMBERING,
    "plateau": [*REMEMBERING, "scheduler=plateau", "scheduler.patience=0"],
}


@pytest.mark.parametrize("recipe", ["one_cycle", pytest.param("plateau", marks=pytest.mark.slow)])
def test_a_killed_run_resumes_to_the_numbers_of_the_run_that_was_not_killed(
    command: Callable[..., Any],
    tiny: list[str],
    repo: Path,
    data_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    recipe: str,
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    overrides = [*tiny, *RECIPES[recipe]]
    train = [str(repo / "src" / "train.py"), *overrides, f"hydra.run.dir={killed}"]
    with monkeypatch.context() as patch:
        patch.setattr(DetectorModule, "training_step", noisy(DetectorModule.training_step))
        assert command("train", *overrides, f"hydra.run.dir={whole}").status == 0
        dead = subprocess.run(
            [sys.executable, "-c", KILLED, *train],
            env=os.environ | {"RESGAT_DATA": str(data_home)},
            capture_output=True,
            check=False,
        )
        assert dead.returncode == -signal.SIGKILL, dead.stderr
        assert not (killed / "metrics.json").exists()
        last = killed / "checkpoints" / "last.ckpt"
        done = command("train", *overrides, f"ckpt_path={last}", f"hydra.run.dir={killed}")
    assert done.status == 0, done.err
    assert numbers(killed) == numbers(whole)
    assert (killed / "history.csv").read_text() == (whole / "history.csv").read_text()
    best = [torch.load(run / "checkpoints/best.ckpt", weights_only=True) for run in (whole, killed)]
    assert [checkpoint["epoch"] for checkpoint in best] == [0, 0]


def test_a_finished_run_may_be_resumed_and_ends_as_it_did(
    command: Callable[..., Any], tiny: list[str], finished: Any, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished.folder, run)
    last = run / "checkpoints" / "last.ckpt"
    # The copied folder is another one, so its best epoch is found by name.
    checkpoint = torch.load(last, weights_only=True)
    for state in checkpoint["callbacks"].values():
        if "dirpath" in state:
            state["dirpath"] = str(run / "checkpoints")
            state["best_model_path"] = str(
                run / "checkpoints" / Path(state["best_model_path"]).name
            )
    torch.save(checkpoint, last)
    done = command("train", *tiny, f"ckpt_path={last}", f"hydra.run.dir={run}")
    assert done.status == 0, done.err
    assert numbers(run) == numbers(finished.folder)


class Payload:
    """A pickle that would leave a mark if it were unpickled with its code."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return (Path.touch, (self.mark,))


def other_model(path: Path, mark: Path) -> None:
    checkpoint = torch.load(path, weights_only=True)
    checkpoint["resgat"]["config"]["model"]["head"]["heads"] = 3
    torch.save(checkpoint, path)


REFUSED: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "absent": (lambda path, mark: path.unlink(), "checkpoint not found: {path}. "),
    "empty": (lambda path, mark: path.write_bytes(b""), "{path} is truncated or no "),
    "truncated": (
        lambda path, mark: path.write_bytes(path.read_bytes()[:5000]),
        "{path} is truncated or no ",
    ),
    "no checkpoint": (lambda path, mark: path.write_text("epoch,loss\n0,1\n"), "{path} "),
    "bare weights": (
        lambda path, mark: torch.save({"conv.weight": torch.zeros(3)}, path),
        "{path} was not written by src/train.py: it has no 'resgat' entry",
    ),
    "code": (
        lambda path, mark: torch.save({"resgat": Payload(mark)}, path),
        "{path} holds more than tensors and plain values and is not loaded",
    ),
    "pickled code": (
        lambda path, mark: path.write_bytes(pickle.dumps(Payload(mark))),
        "{path} holds more than tensors and plain values and is not loaded",
    ),
    "other model": (
        other_model,
        "{path} is of a run with other settings: model.head.heads is 3 there and 4 here (1 differ)",
    ),
}


@pytest.mark.parametrize("name", ["train", "eval"])
@pytest.mark.parametrize("damage", REFUSED)
def test_an_unusable_checkpoint_is_refused_and_nothing_is_written_over(
    command: Callable[..., Any],
    tiny: list[str],
    tiny_data: list[str],
    finished: Any,
    tmp_path: Path,
    name: str,
    damage: str,
) -> None:
    run, mark = tmp_path / "run", tmp_path / "mark"
    shutil.copytree(finished.folder, run)
    path = run / "checkpoints" / "last.ckpt"
    break_it, expected = REFUSED[damage]
    break_it(path, mark)
    before = contents(run)
    overrides = tiny if name == "train" else tiny_data
    done = command(name, *overrides, f"ckpt_path={path}", f"hydra.run.dir={run}")
    assert done.status == 1
    assert done.err.startswith("error: ")
    assert len(done.err.splitlines()) == 1
    if name == "train" or damage != "other model":
        assert done.err.startswith(f"error: {expected.format(path=path)}")
    assert contents(run) == before
    assert not mark.exists()


def test_resuming_into_another_folder_is_refused(
    command: Callable[..., Any], tiny: list[str], finished: Any, tmp_path: Path
) -> None:
    last = finished.folder / "checkpoints" / "last.ckpt"
    done = command("train", *tiny, f"ckpt_path={last}", f"hydra.run.dir={tmp_path}")
    assert done.status == 1
    assert done.err == (
        f"error: {last} belongs to the run in {finished.folder}; a resumed run goes on in its own "
        f"folder: add hydra.run.dir={finished.folder}\n"
    )
    assert {path.name for path in tmp_path.iterdir()} == {".hydra", "train.log"}


def test_a_run_that_was_moved_is_refused_for_its_best_epoch_is_elsewhere(
    command: Callable[..., Any], tiny: list[str], finished: Any, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished.folder, run)
    before = contents(run)
    last = run / "checkpoints" / "last.ckpt"
    done = command("train", *tiny, f"ckpt_path={last}", f"hydra.run.dir={run}")
    assert done.status == 1
    assert f"{last} was written in {finished.folder / 'checkpoints'}" in done.err
    assert contents(run) == before


def test_resuming_on_other_crops_is_refused_and_nothing_is_written_over(
    command: Callable[..., Any], tiny: list[str], finished: Any, data_home: Path, tmp_path: Path
) -> None:
    crops = tmp_path / "crops"
    drawn = next(path for path in data_home.iterdir() if path.name.startswith("synthetic_32px_4"))
    shutil.copytree(drawn, crops)
    table = pq.read_table(crops / "index.parquet")
    pq.write_table(table, crops / "index.parquet", compression="gzip")
    before = contents(finished.folder)
    last = finished.folder / "checkpoints" / "last.ckpt"
    again = [f"data.crops_dir={crops}", f"ckpt_path={last}", f"hydra.run.dir={finished.folder}"]
    done = command("train", *tiny, *again)
    assert done.status == 1
    assert done.err.startswith(f"error: {last} is of a run on other crops: the SHA-256 of ")
    assert contents(finished.folder) == before


def contents(run: Path) -> dict[str, bytes]:
    """All files of a run but what Hydra itself writes when a command starts."""
    return {
        str(path.relative_to(run)): path.read_bytes()
        for path in run.rglob("*")
        if path.is_file() and ".hydra" not in path.parts and path.suffix != ".log"
    }
