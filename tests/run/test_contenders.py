"""Run folders are compared where they judged the same crops, and the seeds of a recipe are one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from resgat.errors import ConfigError, RunFolderError
from resgat.run.contenders import (
    check_same_crops,
    contenders,
    find_runs,
    group_seeds,
    read_judged,
)

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return what writes a run as src/train.py leaves it: two videos of three crops each."""

    def run(
        folder: str,
        *,
        seed: int = 0,
        lr: float = 0.1,
        said: list[str] | None = None,
        change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = list,
    ) -> Path:
        path = tmp_path / folder
        (path / ".hydra").mkdir(parents=True)
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
        config = {"seed": seed, "optimizer": {"lr": lr}, "data": {"num_workers": seed}}
        (path / "config.yaml").write_text(yaml.safe_dump(config))
        (path / "environment.json").write_text(json.dumps({"task": "train", "code": "abc"}))
        results = {"test": {level: {"threshold_prob": 0.3} for level in ("video", "frame")}}
        (path / "metrics.json").write_text(json.dumps(results))
        (path / ".hydra" / "overrides.yaml").write_text(yaml.safe_dump(said or []))
        return path

    return run


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


def test_only_the_test_split_is_read_by_ascending_crop(write: Write) -> None:
    judged = read_judged(write("run"))
    ids = [f"v{video}/{frame}" for video in (0, 1) for frame in (0, 1, 2)]
    assert judged.table["crop_id"].to_pylist() == ids
    assert judged.table["logit"].to_pylist() == [0, 1, 2, 1, 2, 3]


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
