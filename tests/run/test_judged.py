"""Finished runs are found, and their test crops read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resgat.errors import ConfigError, RunFolderError
from resgat.run.judged import find_runs, read_judged

Write = Callable[..., Path]
Rows = list[dict[str, Any]]


def test_a_run_is_itself_and_a_multirun_is_its_runs(write_run: Write, tmp_path: Path) -> None:
    one, two = write_run("sweep/0"), write_run("sweep/1", seed=1)
    other = write_run("other", lr=0.2)
    assert find_runs([str(tmp_path / "sweep"), str(other)]) == [one, two, other]


def test_folders_without_runs_and_runs_named_twice_are_refused(
    write_run: Write, tmp_path: Path
) -> None:
    run = write_run("run")
    with pytest.raises(RunFolderError, match="nothing: neither a finished run"):
        find_runs([str(tmp_path / "nothing")])
    with pytest.raises(ConfigError, match=r"runs: .*run is named twice"):
        find_runs([str(run), str(run / ".." / "run")])
    with pytest.raises(ConfigError, match="runs: expected the folders of runs"):
        find_runs([])


def test_runs_without_results_are_left_out_and_named(
    write_run: Write,
    begin_run: Callable[..., None],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    finished, cut = write_run("sweep/0"), write_run("sweep/1", seed=1)
    (cut / "metrics.json").unlink()
    crashed, other = tmp_path / "sweep" / "2", tmp_path / "sweep" / "3"
    begin_run(crashed)
    begin_run(other, "explain")
    bare = tmp_path / "sweep" / "4"
    bare.mkdir()
    for name in ("config.yaml", "environment.json"):
        (bare / name).write_text("{}")
    assert find_runs([str(tmp_path / "sweep")]) == [finished]
    said = f"3 of 4 runs have no results and are left out: {cut}, {crashed}, {bare}"
    assert [record.getMessage() for record in caplog.records] == [said]


def test_a_sweep_whose_runs_all_crashed_is_refused(
    begin_run: Callable[..., None], tmp_path: Path
) -> None:
    for name in ("0", "1"):
        begin_run(tmp_path / "sweep" / name)
    with pytest.raises(
        RunFolderError, match="nor a folder with such runs; 2 there have no results"
    ):
        find_runs([str(tmp_path / "sweep")])


def test_a_stopped_run_that_is_named_itself_is_refused_with_a_remedy(write_run: Write) -> None:
    cut = write_run("cut")
    (cut / "metrics.json").unlink()
    (run,) = find_runs([str(cut)])
    with pytest.raises(RunFolderError, match=r"holds no metrics.json.*start it again"):
        read_judged(run)


def test_only_the_test_split_is_read_by_ascending_crop(write_run: Write) -> None:
    judged = read_judged(write_run("run"))
    ids = [f"v{video}/{frame}" for video in (0, 1) for frame in (0, 1, 2)]
    assert judged.table["crop_id"].to_pylist() == ids
    assert judged.table["logit"].to_pylist() == [0, 1, 2, 1, 2, 3]


def test_the_test_split_has_the_name_that_the_run_gave_it(write_run: Write) -> None:
    def renamed(rows: Rows) -> Rows:
        return [row | {"split": {"test": "unseen", "val": "test"}[row["split"]]} for row in rows]

    def shifted(rows: Rows) -> Rows:
        return [row | {"logit": row["logit"] + 9 * (row["split"] == "unseen")} for row in rows]

    names = {"val_split": "test", "test_split": "unseen"}
    judged = read_judged(write_run("run", data=names, change=lambda rows: shifted(renamed(rows))))
    assert judged.table["logit"].to_pylist() == [9, 10, 11, 10, 11, 12]


def test_a_run_is_refused_whose_seed_is_not_known(write_run: Write) -> None:
    said = "run does not say in config.yaml or environment.json with which seed its detector"
    run = write_run("run")
    (run / "config.yaml").write_text("optimizer: {lr: 0.1}")
    with pytest.raises(RunFolderError, match=said):
        read_judged(run)


def test_numbers_without_a_threshold_are_refused(write_run: Write) -> None:
    run = write_run("run")
    (run / "metrics.json").write_text(json.dumps({"test": {"video": {}, "frame": {}}}))
    with pytest.raises(RunFolderError, match=r"metrics.json lacks test.video.threshold_prob"):
        read_judged(run)
