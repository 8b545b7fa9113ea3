"""One checkpoint judged again: the same numbers on the same data, and no others by accident."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
import yaml

from resgat.run import zoo

Command = Callable[..., Any]


@pytest.fixture
def best(finished: Any) -> Path:
    path: Path = finished.folder / "checkpoints" / "best.ckpt"
    return path


def numbers(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "metrics.json").read_text())
    return loaded


def test_the_run_s_own_test_numbers_come_out_again(
    command: Command, tiny_data: list[str], finished: Any, best: Path, tmp_path: Path
) -> None:
    done = command("eval", *tiny_data, f"ckpt_path={best}", f"hydra.run.dir={tmp_path}")
    assert (done.status, done.err) == (0, "")
    assert numbers(tmp_path) == {"schema": 2, "test": numbers(finished.folder)["test"]}
    table = pq.read_table(finished.folder / "predictions.parquet")
    assert pq.read_table(tmp_path / "predictions.parquet").equals(
        table.filter(pa.compute.equal(table["split"], "test"))
    )
    leaves = {"config.yaml", "environment.json", "plots/roc.png", "gallery/gallery.png"}
    assert all((tmp_path / name).is_file() for name in leaves)
    assert "test  | video" in done.out


def test_the_val_numbers_are_those_of_the_best_averaged_weights(
    command: Command, tiny: list[str], tiny_data: list[str], tmp_path: Path
) -> None:
    """A callback that averages weights must not judge the best epoch with the last one's."""
    first_is_best = ["callbacks.checkpoint.monitor=epoch", "callbacks.checkpoint.mode=min"]
    ema = ["callbacks=ema", "callbacks.ema.decay=0.5", *first_is_best]
    run = tmp_path / "run"
    assert command("train", *tiny, *ema, f"hydra.run.dir={run}").status == 0
    swapped = ["data.test_split=val", "data.val_split=test", "callbacks.gallery=null"]
    path = run / "checkpoints" / "best.ckpt"
    where = [f"ckpt_path={path}", f"hydra.run.dir={tmp_path / 'eval'}"]
    refused = command("eval", *tiny_data, *swapped, *where)
    assert refused.status == 1
    assert "is not new to the checkpoint: 12 of its 12 videos were in val (such as" in refused.err
    assert not (tmp_path / "eval" / "config.yaml").exists()
    done = command("eval", *tiny_data, *swapped, *where, "allow_seen_videos=true")
    assert done.status == 0
    assert "the numbers will be too good, and are marked" in done.out
    judged = numbers(tmp_path / "eval")["test"]
    del judged["evidence"]
    assert judged.pop("other_crop_spec") == {}
    assert judged.pop("seen_in_training") == {"val": {"videos": 12, "identity_groups": 2}}
    assert judged == numbers(run)["val"]


def test_initial_weights_are_not_looked_for_again(
    command: Command, tiny_data: list[str], finished: Any, best: Path, tmp_path: Path
) -> None:
    moved = altered(best, tmp_path / "moved.ckpt", "backbone.weights", "/nowhere/weights.pth")
    overrides = [*tiny_data, "callbacks.gallery=null", "num_resamples=10"]
    done = command("eval", *overrides, f"ckpt_path={moved}", f"hydra.run.dir={tmp_path / 'eval'}")
    assert done.status == 0, done.err


@pytest.mark.slow  # each process imports everything
def test_two_processes_come_to_the_numbers_of_one(
    tiny_data: list[str], best: Path, data_home: Path, repo: Path, tmp_path: Path
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for run, processes in ((one, []), (two, ["strategy=ddp", "trainer.devices=2"])):
        said = [*tiny_data, *processes, f"ckpt_path={best}", f"hydra.run.dir={run}"]
        done = subprocess.run(
            [sys.executable, str(repo / "src" / "eval.py"), *said, "callbacks.gallery=null"],
            env={**os.environ, "RESGAT_DATA": str(data_home)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    assert numbers(one) == numbers(two)
    first, second = (pq.read_table(run / "predictions.parquet") for run in (one, two))
    assert first.equals(second)


def test_numbers_are_broken_down_by_what_is_known_of_people(
    command: Command, tiny_data: list[str], finished: Any, best: Path, tmp_path: Path
) -> None:
    table = pq.read_table(finished.folder / "predictions.parquet")
    rows = table.filter(pa.compute.equal(table["split"], "test")).to_pylist()
    people = {row["video_id"]: row["identity_group"] for row in rows}
    path = tmp_path / "people.csv"
    lines = [f"{video},{person}" for video, person in people.items()]
    path.write_text("\n".join(["video_id,person", *lines]), encoding="utf-8")
    run = tmp_path / "eval"
    quick = ["callbacks.gallery=null", "num_resamples=10", f"ckpt_path={best}"]
    done = command("eval", *tiny_data, *quick, f"attributes={path}", f"hydra.run.dir={run}")
    assert (done.status, done.err) == (0, "")
    found = numbers(run)["test"]["by_attribute"]["person"]
    assert list(found) == sorted(set(people.values()))
    assert sum(part["frame"]["n"] for part in found.values()) == len(rows)
    assert "By person" in (run / "report.html").read_text()
    judged = pq.read_table(run / "predictions.parquet")
    assert judged["attribute:person"].equals(judged["identity_group"])


def test_people_of_another_corpus_are_refused_before_anything_is_judged(
    command: Command, tiny_data: list[str], best: Path, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_text("video_id,gender\nffpp/original/c23/000,female\n", encoding="utf-8")
    run = tmp_path / "eval"
    overrides = [*tiny_data, f"ckpt_path={best}", f"attributes={path}", f"hydra.run.dir={run}"]
    done = command("eval", *overrides)
    assert done.status == 1
    assert done.err.startswith(f"error: {path} tells of none of the videos in ")
    assert {file.name for file in run.iterdir()} == {".hydra", "eval.log"}


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("_target_", "os.system", "_target_: os.system may not be built; allowed are "),
        ("_target_", "torch.nn.Linear", "_target_: torch.nn.Linear may not be built; allowed "),
        ("head.heads", 3, "holds the weights of another model than ResGAT as configured"),
    ],
)
def test_a_checkpoint_that_names_another_model_is_refused(
    command: Command,
    tiny_data: list[str],
    best: Path,
    tmp_path: Path,
    key: str,
    value: object,
    message: str,
) -> None:
    moved = altered(best, tmp_path / "moved.ckpt", key, value)
    run = tmp_path / "eval"
    done = command("eval", *tiny_data, f"ckpt_path={moved}", f"hydra.run.dir={run}")
    assert done.status == 1
    assert message in done.err
    assert {path.name for path in run.iterdir()} == {".hydra", "eval.log"}


def test_a_run_that_was_stopped_has_no_thresholds_to_judge_at(
    command: Command, tiny_data: list[str], finished: Any, tmp_path: Path
) -> None:
    last = finished.folder / "checkpoints" / "last.ckpt"
    done = command("eval", *tiny_data, f"ckpt_path={last}", f"hydra.run.dir={tmp_path}")
    assert done.status == 1
    assert done.err.startswith(f"error: {last} has no thresholds")
    assert "best.ckpt" in done.err


def test_crops_cut_in_another_way_need_a_word(
    command: Command, tiny_data: list[str], best: Path, data_home: Path, tmp_path: Path
) -> None:
    other = tmp_path / "crops"
    drawn = next(path for path in data_home.iterdir() if path.name.startswith("synthetic_32px_4"))
    shutil.copytree(drawn, other)
    index = pq.read_table(other / "index.parquet")
    spec = pa.array(["another"] * len(index))
    column = index.schema.get_field_index("crop_spec")
    field = index.schema.field("crop_spec")
    pq.write_table(index.set_column(column, field, spec), other / "index.parquet")
    overrides = [*tiny_data, f"data.crops_dir={other}", f"ckpt_path={best}"]
    quick = ["callbacks.gallery=null", "num_resamples=10"]
    refused = command("eval", *overrides, f"hydra.run.dir={tmp_path / 'refused'}")
    assert refused.status == 1
    assert f"{other} holds spec another: another size, margin or detector" in refused.err
    assert "allow_other_crop_spec=true" in refused.err
    assert not (tmp_path / "refused" / "config.yaml").exists()
    allowed = [*quick, "allow_other_crop_spec=true", f"hydra.run.dir={tmp_path / 'allowed'}"]
    assert command("eval", *overrides, *allowed).status == 0
    run = tmp_path / "allowed"
    told = json.loads((run / "metrics.json").read_text())["test"]["other_crop_spec"]
    assert told["crop_spec"]["judged"] == "another"
    said = "crops that were cut otherwise than those of the training (crop_spec another instead of"
    assert (run / "eval.log").read_text().count(said) == 1
    assert "These crops were cut otherwise than those of the training" in (
        run / "report.html"
    ).read_text("utf-8")


def test_images_of_another_size_than_in_training_are_refused(
    command: Command, tiny_data: list[str], best: Path, tmp_path: Path
) -> None:
    overrides = [*tiny_data, "data.size_px=64", f"ckpt_path={best}", f"hydra.run.dir={tmp_path}"]
    done = command("eval", *overrides)
    assert done.status == 1
    assert done.err == (
        "error: data.size_px=64, but the model was trained with 32; add data.size_px=32\n"
    )


def test_too_few_resamples_are_refused_before_the_checkpoint_is_opened(
    command: Command, tiny_data: list[str], tmp_path: Path
) -> None:
    options = ["ckpt_path=not/there.ckpt", "num_resamples=0", f"hydra.run.dir={tmp_path}"]
    done = command("eval", *tiny_data, *options)
    assert (done.status, done.err) == (
        1,
        "error: num_resamples: expected a number in [1, inf], got 0\n",
    )


def test_a_name_of_the_zoo_is_judged_and_recorded_as_what_it_names(
    command: Command,
    best: Path,
    tiny_data: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zoo, "read_zoo", lambda: {"mine": {"release": str(best)}})
    quick = ["callbacks.gallery=null", "num_resamples=10", f"hydra.run.dir={tmp_path}"]
    done = command("eval", *tiny_data, *quick, "ckpt_path=mine")
    assert done.status == 0, done.err
    assert yaml.safe_load((tmp_path / "config.yaml").read_text())["ckpt_path"] == str(best)


def test_a_file_that_is_missing_is_no_name(
    command: Command, tiny_data: list[str], tmp_path: Path
) -> None:
    done = command("eval", *tiny_data, "ckpt_path=not/there.ckpt", f"hydra.run.dir={tmp_path}")
    assert (done.status, done.err) == (
        1,
        "error: checkpoint not found: not/there.ckpt. Give a run's checkpoints/best.ckpt or "
        "last.ckpt\n",
    )


def test_the_checkpoint_has_to_be_given(command: Command, tmp_path: Path) -> None:
    done = command("eval", f"hydra.run.dir={tmp_path}")
    assert done.status == 1
    assert done.err == "error: ckpt_path: a value is required; add ckpt_path=... to the command\n"


def altered(source: Path, path: Path, key: str, value: object) -> Path:
    """Write a copy of a checkpoint with another value in its model's configuration."""
    checkpoint = torch.load(source, weights_only=True)
    *parents, last = key.split(".")
    section = checkpoint["resgat"]["config"]["model"]
    for parent in parents:
        section = section[parent]
    section[last] = value
    torch.save(checkpoint, path)
    return path
