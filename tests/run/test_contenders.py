"""Run folders are compared where they judged the same crops, and the seeds of a recipe are one."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
import yaml

from resgat.errors import ConfigError, RunFolderError
from resgat.files import file_sha256
from resgat.run.contenders import (
    check_same_crops,
    contenders,
    find_runs,
    group_seeds,
    read_judged,
)

Write = Callable[..., Path]
Rows = list[dict[str, Any]]

BEST = {"monitor": "val/video_auc", "mode": "max"}
CALLBACKS = {"checkpoint": BEST, "gallery": {"num_faces": 8}}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return what writes a run as src/train.py leaves it: two videos of three crops each."""

    def run(
        folder: str,
        *,
        seed: int = 0,
        lr: float = 0.1,
        said: list[str] | None = None,
        change: Callable[[Rows], Rows] = list,
        data: dict[str, Any] | None = None,
        callbacks: dict[str, Any] | None = None,
        **environment: Any,
    ) -> Path:
        path = tmp_path / folder
        begin(path)
        rows = [
            {
                "crop_id": f"v{video}/{frame}",
                "video_id": f"v{video}",
                "dataset": "d",
                "method": "original" if video == 0 else "swap",
                "compression": "c23",
                "identity_group": f"g{video}",
                "label": video,
                "frame_idx": frame,
                "logit": float(video + frame),
                "prob": 0.5,
                "split": split,
            }
            for split in ("test", "val")
            for video in (1, 0)
            for frame in (2, 0, 1)
        ]
        table = pa.Table.from_pylist(change(rows))
        place = table.schema.get_field_index("label")
        table = table.set_column(place, "label", table["label"].cast(pa.int8()))
        pq.write_table(table, path / "predictions.parquet")
        config: dict[str, Any] = {"seed": seed, "optimizer": {"lr": lr}}
        config |= {"data": {"num_workers": seed, **(data or {})}, "callbacks": callbacks}
        (path / "config.yaml").write_text(yaml.safe_dump(config))
        told = {"task": "train", "code": "abc", **environment}
        (path / "environment.json").write_text(json.dumps(told))
        results = {"test": {level: {"threshold_prob": 0.3} for level in ("video", "frame")}}
        (path / "metrics.json").write_text(json.dumps(results))
        (path / ".hydra" / "overrides.yaml").write_text(yaml.safe_dump(said or []))
        return path

    return run


def begin(path: Path, task: str = "train") -> None:
    """Leave what Hydra leaves of a command before its first line."""
    (path / ".hydra").mkdir(parents=True)
    chosen = {"hydra": {"job": {"name": task}}}
    (path / ".hydra" / "hydra.yaml").write_text(yaml.safe_dump(chosen))


@pytest.fixture
def judge(write: Write, tmp_path: Path) -> Write:
    """Return what writes an evaluation of a checkpoint, with the facts that this carries."""

    def run(
        folder: str,
        *,
        seed: int = 0,
        data: dict[str, Any] | None = None,
        states: dict[str, Any] | None = None,
        gone: bool = False,
        **facts: Any,
    ) -> Path:
        trained = {"seed": seed, "optimizer": {"lr": 0.1}, "data": {"seed": seed, **(data or {})}}
        checkpoint = tmp_path / f"{folder}.ckpt"
        facts = {"schema": 1, "config": trained, **facts}
        torch.save({"resgat": facts, "state_dict": {}, "callbacks": states or {}}, checkpoint)
        hashes = [file_sha256(checkpoint)]
        path = write(folder, task="eval", trained_config=trained, checkpoint_sha256=hashes)
        config = yaml.safe_load((path / "config.yaml").read_text())
        config["ckpt_path"] = str(checkpoint)
        (path / "config.yaml").write_text(yaml.safe_dump(config))
        if gone:
            checkpoint.unlink()
        return path

    return run


def grouped(*folders: Path) -> list[int]:
    return [len(group) for group in group_seeds([read_judged(folder) for folder in folders])]


def test_a_run_is_itself_and_a_multirun_is_its_runs(write: Write, tmp_path: Path) -> None:
    one, two = write("sweep/0"), write("sweep/1", seed=1)
    other = write("other", lr=0.2)
    assert find_runs([str(tmp_path / "sweep"), str(other)]) == [one, two, other]


def test_folders_without_runs_and_runs_named_twice_are_refused(
    write: Write, tmp_path: Path
) -> None:
    run = write("run")
    with pytest.raises(RunFolderError, match="nothing: neither a finished run"):
        find_runs([str(tmp_path / "nothing")])
    with pytest.raises(ConfigError, match=r"runs: .*run is named twice"):
        find_runs([str(run), str(run / ".." / "run")])
    with pytest.raises(ConfigError, match="runs: expected the folders of runs"):
        find_runs([])


def test_runs_without_results_are_left_out_and_named(
    write: Write, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    finished, cut = write("sweep/0"), write("sweep/1", seed=1)
    (cut / "metrics.json").unlink()
    crashed, other = tmp_path / "sweep" / "2", tmp_path / "sweep" / "3"
    begin(crashed)
    begin(other, "explain")
    bare = tmp_path / "sweep" / "4"
    bare.mkdir()
    for name in ("config.yaml", "environment.json"):
        (bare / name).write_text("{}")
    assert find_runs([str(tmp_path / "sweep")]) == [finished]
    said = f"3 of 4 runs have no results and are left out: {cut}, {crashed}, {bare}"
    assert [record.getMessage() for record in caplog.records] == [said]


def test_a_sweep_whose_runs_all_crashed_is_refused(tmp_path: Path) -> None:
    for name in ("0", "1"):
        begin(tmp_path / "sweep" / name)
    with pytest.raises(
        RunFolderError, match="nor a folder with such runs; 2 there have no results"
    ):
        find_runs([str(tmp_path / "sweep")])


def test_a_stopped_run_that_is_named_itself_is_refused_with_a_remedy(write: Write) -> None:
    cut = write("cut")
    (cut / "metrics.json").unlink()
    (run,) = find_runs([str(cut)])
    with pytest.raises(RunFolderError, match=r"holds no metrics.json.*start it again"):
        read_judged(run)


def test_only_the_test_split_is_read_by_ascending_crop(write: Write) -> None:
    judged = read_judged(write("run"))
    ids = [f"v{video}/{frame}" for video in (0, 1) for frame in (0, 1, 2)]
    assert judged.table["crop_id"].to_pylist() == ids
    assert judged.table["logit"].to_pylist() == [0, 1, 2, 1, 2, 3]


def test_the_test_split_has_the_name_that_the_run_gave_it(write: Write) -> None:
    def renamed(rows: Rows) -> Rows:
        return [row | {"split": {"test": "unseen", "val": "test"}[row["split"]]} for row in rows]

    def shifted(rows: Rows) -> Rows:
        return [row | {"logit": row["logit"] + 9 * (row["split"] == "unseen")} for row in rows]

    names = {"val_split": "test", "test_split": "unseen"}
    judged = read_judged(write("run", data=names, change=lambda rows: shifted(renamed(rows))))
    assert judged.table["logit"].to_pylist() == [9, 10, 11, 10, 11, 12]


def test_a_table_without_a_test_crop_is_refused(write: Write) -> None:
    run = write("run", data={"test_split": "unseen"})
    said = (
        r"run/predictions.parquet holds no crop of the run's test split 'unseen'; .*'test', 'val'"
    )
    with pytest.raises(RunFolderError, match=said):
        read_judged(run)


def test_another_runs_val_is_another_test_and_both_names_are_said(write: Write) -> None:
    def apart(rows: Rows) -> Rows:
        return [row | {"crop_id": f"{row['split']}/{row['crop_id']}"} for row in rows]

    index = {"index_sha256": "a" * 64}
    one = read_judged(write("one", change=apart, **index))
    swapped = {"val_split": "test", "test_split": "val"}
    two = read_judged(write("two", change=apart, data=swapped, **index))
    with pytest.raises(RunFolderError, match=r"\(data.test_split is 'test' and 'val'\)"):
        check_same_crops([one, two])


def test_broken_predictions_are_refused(write: Write) -> None:
    twice = write("twice", change=lambda rows: [*rows, rows[0]])
    with pytest.raises(RunFolderError, match=r"crop v1/2 is there 2 times; evaluate again"):
        read_judged(twice)
    broken = write("nan", change=lambda rows: [rows[0] | {"logit": float("nan")}, *rows[1:]])
    with pytest.raises(RunFolderError, match="1 of 6 logits are not finite"):
        read_judged(broken)
    (broken / "predictions.parquet").write_bytes(b"no parquet")
    with pytest.raises(RunFolderError, match=r"predictions.parquet is broken: .*Evaluate"):
        read_judged(broken)


def test_runs_on_different_data_are_refused_and_the_difference_is_named(write: Write) -> None:
    run = read_judged(write("run"))
    check_same_crops([run, run])
    fewer = read_judged(write("fewer", change=lambda rows: rows[1:]))
    for pair in ([run, fewer], [fewer, run]):
        with pytest.raises(RunFolderError, match=r"fewer lacks 1 of 6 crops, such as v1/2"):
            check_same_crops(pair)
    moved = read_judged(
        write("moved", change=lambda rows: [row | {"identity_group": "g"} for row in rows])
    )
    with pytest.raises(RunFolderError, match="another identity_group has 6 of 6 crops"):
        check_same_crops([run, moved])


@pytest.mark.parametrize("column", ["video_id", "method", "compression"])
def test_whatever_is_believed_of_a_crop_must_be_alike(write: Write, column: str) -> None:
    run = read_judged(write("run"))
    other = read_judged(write("other", change=lambda rows: [row | {column: "x"} for row in rows]))
    with pytest.raises(RunFolderError, match=f"another {column} has 6 of 6 crops"):
        check_same_crops([run, other])
    missing = read_judged(write("none", change=lambda rows: [rows[0] | {column: None}, *rows[1:]]))
    with pytest.raises(RunFolderError, match=f"another {column} has 1 of 6 crops"):
        check_same_crops([run, missing])
    check_same_crops([missing, missing])


def test_a_table_without_a_column_is_broken(write: Write) -> None:
    run = write(
        "run", change=lambda rows: [{k: row[k] for k in row if k != "method"} for row in rows]
    )
    with pytest.raises(RunFolderError, match=r"predictions.parquet is broken: .*method"):
        read_judged(run)


def test_crops_of_another_index_are_refused_though_their_ids_are_equal(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    a, b = "a" * 64, "b" * 64
    run, same = (read_judged(write(name, index_sha256=a)) for name in ("run", "same"))
    check_same_crops([run, same])
    assert caplog.records == []
    unknown, other = read_judged(write("old")), read_judged(write("other", index_sha256=b))
    said = (
        r"run and .*other were tested on different data: the SHA-256 of the index of their crops "
        r"begins a{12} and b{12}\. Evaluate both with src/eval.py on the same crops folder"
    )
    for order in ([run, same, other], [unknown, run, other]):
        with pytest.raises(RunFolderError, match=said):
            check_same_crops(order)


def test_a_run_that_did_not_record_the_index_is_warned_of(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    run, old = read_judged(write("run", index_sha256="a" * 64)), read_judged(write("old"))
    check_same_crops([run, old])
    (record,) = caplog.records
    assert record.getMessage().endswith(f"the index was not recorded by {old.name}")
    assert record.levelno == logging.WARNING
    large = read_judged(write("large", data={"size_px": 299}))
    with pytest.raises(RunFolderError, match=r"data.size_px is 299 and None, and .*large did not"):
        check_same_crops([run, large])
    seen = read_judged(write("seen", data={"size_px": 299}, index_sha256="a" * 64))
    check_same_crops([run, seen])


def test_seeds_of_one_recipe_are_together(write: Write) -> None:
    runs = [read_judged(write(f"r{k}", seed=k % 2, lr=0.1 + k // 2)) for k in range(4)]
    assert group_seeds(runs) == [runs[:2], runs[2:]]
    again = read_judged(write("again"))
    with pytest.raises(ConfigError, match=r"r0 and .*again are of one recipe and of one seed, 0"):
        group_seeds([*runs, again])


def test_an_evaluation_has_the_recipe_of_its_checkpoint(write: Write) -> None:
    runs = []
    for seed in (0, 1):
        folder = write(f"eval{seed}", lr=seed)
        told = {"task": "eval", "trained_config": {"seed": seed, "optimizer": {"lr": 0.1}}}
        (folder / "environment.json").write_text(json.dumps(told))
        runs.append(read_judged(folder))
    assert group_seeds(runs) == [runs]


@pytest.mark.parametrize(
    "other",
    [
        {**CALLBACKS, "ema": {"decay": 0.999}},
        {**CALLBACKS, "early_stopping": {"patience": 5}},
        {**CALLBACKS, "checkpoint": {"monitor": "val/loss", "mode": "min"}},
    ],
)
def test_callbacks_that_decide_numbers_tell_detectors_apart(
    write: Write, judge: Write, other: dict[str, Any]
) -> None:
    one, two = write("one", callbacks=CALLBACKS), write("two", seed=1, callbacks=other)
    assert grouped(one, two) == [1, 1]
    known = {"index_sha256": "a" * 64}
    one = judge("j1", callbacks=CALLBACKS, **known)
    two = judge("j2", callbacks=other, **known)  # of the same seed, too
    assert grouped(one, two) == [1, 1]


def test_callbacks_that_only_watch_and_the_runs_folder_do_not(write: Write) -> None:
    def moved(name: str) -> dict[str, Any]:
        return {"checkpoint": {**BEST, "dirpath": f"{name}/checkpoints"}}

    watching = {name: {"num_faces": 2} for name in ("evidence_log", "epoch_log", "guard")}
    one = write("one", callbacks={**moved("one"), **watching, "last_checkpoint": moved("x")})
    two = write("two", seed=1, callbacks={**moved("two"), "gallery": None, "ema": None})
    assert grouped(one, two) == [2]


def test_detectors_of_other_training_crops_are_apart(
    judge: Write, caplog: pytest.LogCaptureFixture
) -> None:
    def of(folder: str, seed: int, crops: str, **facts: Any) -> Path:
        return judge(folder, seed=seed, callbacks=CALLBACKS, data={"crops_dir": crops}, **facts)

    a, b = {"index_sha256": "a" * 64}, {"index_sha256": "b" * 64}
    assert grouped(of("k0", 0, "x", **a), of("k1", 1, "x", **b)) == [1, 1]
    assert grouped(of("m0", 0, "x", **a), of("m1", 1, "elsewhere", **a)) == [2]
    assert caplog.records == []
    assert grouped(of("o0", 0, "x"), of("o1", 1, "y")) == [1, 1]
    assert grouped(of("s0", 0, "x", crop_spec="1"), of("s1", 1, "x", crop_spec="2")) == [1, 1]
    assert caplog.records == []
    old = of("p0", 0, "x"), of("p1", 1, "x")
    assert grouped(*old) == [2]
    (record,) = caplog.records
    assert record.getMessage().endswith(f"of an older version: {old[0]}, {old[1]}")


def test_a_training_and_an_evaluation_of_its_other_seed_are_one_recipe(
    write: Write, judge: Write
) -> None:
    index = {"index_sha256": "a" * 64}
    trained = write("t", callbacks=CALLBACKS, **index)
    assert grouped(trained, judge("j", seed=1, callbacks=CALLBACKS, **index)) == [2]
    with pytest.raises(ConfigError, match="of one recipe and of one seed, 0"):
        grouped(trained, judge("same", callbacks=CALLBACKS, **index))


def test_an_older_checkpoint_tells_by_its_states_what_trained_it(judge: Write) -> None:
    best: dict[str, Any] = {"ModelCheckpoint": {}}
    ema: dict[str, Any] = {**best, "EMAWeightAveraging": {}}
    assert grouped(judge("j0", states=best), judge("j1", seed=1, states=ema)) == [1, 1]
    assert grouped(judge("k0", states=best), judge("k1", seed=1, states=best)) == [2]


def test_a_checkpoint_that_is_gone_or_another_by_now_says_nothing(
    judge: Write, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gone = judge("j0", callbacks=CALLBACKS, gone=True)
    written_over = judge("j1", seed=1, callbacks=CALLBACKS)
    (tmp_path / "j1.ckpt").write_bytes(b"other")
    assert grouped(gone, written_over) == [2]
    assert "taken for seeds of one recipe by what is known of it" in caplog.text
    known = {"callbacks": CALLBACKS, "index_sha256": "a" * 64}
    assert grouped(gone, judge("j2", seed=2, **known)) == [1, 1]


def test_an_evaluation_that_says_nothing_of_its_training_is_by_itself(write: Write) -> None:
    runs = [write(f"eval{seed}", seed=seed, task="eval") for seed in (0, 1)]
    for run in runs:
        config = yaml.safe_load((run / "config.yaml").read_text())
        text = yaml.safe_dump({**config, "ckpt_path": f"{run.name}.ckpt"})
        (run / "config.yaml").write_text(text)
    assert grouped(*runs) == [1, 1]


def test_detectors_have_the_logits_and_thresholds_of_their_seeds(write: Write) -> None:
    def shifted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row | {"logit": row["logit"] + 1} for row in rows]

    groups = [[read_judged(write("a")), read_judged(write("b", seed=1, change=shifted))]]
    (frames,), rows = contenders(groups, "frame")
    np.testing.assert_array_equal(frames.logits, [[0, 1, 2, 1, 2, 3], [1, 2, 3, 2, 3, 4]])
    assert list(frames.threshold_probs) == [0.3, 0.3]
    assert rows["label"].to_pylist() == [0, 0, 0, 1, 1, 1]
    (videos,), rows = contenders(groups, "video")
    np.testing.assert_array_equal(videos.logits, [[1, 2], [2, 3]])
    assert rows["identity_group"].to_pylist() == ["g0", "g1"]


def test_a_name_is_what_was_said_of_one_and_not_of_all(write: Write) -> None:
    said = [["data=ffpp", "model=a", "seed=0"], ["data=ffpp", "model=b", "hydra.run.dir=x"]]
    groups = [[read_judged(write(f"r{k}", said=one))] for k, one in enumerate(said)]
    assert [one.name for one in contenders(groups, "video")[0]] == ["model=a", "model=b"]


def test_without_words_a_name_is_the_folder_that_is_its_own(write: Write) -> None:
    alike = [read_judged(write(f"x/seed{k}", seed=k)) for k in (0, 1)]
    scattered = [read_judged(write(f"y{k}", seed=k, lr=0.2)) for k in (0, 1)]
    groups = [alike, scattered, [read_judged(write("z", lr=0.3, said=["lr=0.3"]))]]
    names = [one.name for one in contenders(groups, "video")[0]]
    assert names == ["x", "y0 and 1 more", "lr=0.3"]
