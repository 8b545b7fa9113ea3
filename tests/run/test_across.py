"""Several evaluations of a sweep, side by side."""

import csv
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.table import Table

from resgat.metrics.detection import METRIC_NAMES
from resgat.records import to_csv
from resgat.run.across import (
    AcrossRow,
    name,
    read_swept,
    rows_of,
    show_across,
    write_across,
)
from resgat.run.stopped import Stop, write_stop

Command = Callable[..., Any]

LEVEL = {
    **dict.fromkeys(METRIC_NAMES),
    **dict.fromkeys(f"{metric}_ci" for metric in METRIC_NAMES),
    "auc": 0.75,
    "auc_ci": [0.7, 0.8],
    "auc_delong_ci": [0.6, 0.9],
    "eer_reason": "none",
    "n": 40,
}


MARKS = ("not checked", "not recorded")


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    """Two finished evaluations, and one that was stopped."""
    for number, corpus in ((10, "dfdc"), (2, "ffpp"), (3, "celebdf")):
        run = tmp_path / str(number)
        (run / ".hydra").mkdir(parents=True)
        chosen = {"hydra": {"runtime": {"choices": {"data": corpus}}}}
        (run / ".hydra" / "hydra.yaml").write_text(yaml.safe_dump(chosen))
        (run / "config.yaml").write_text(yaml.safe_dump({"ckpt_path": "best.ckpt"}))
        (run / "environment.json").write_text(json.dumps({"task": "eval"}))
        if corpus != "celebdf":
            numbers = {"test": {"video": LEVEL, "frame": {**LEVEL, "n": 400}}}
            (run / "metrics.json").write_text(json.dumps(numbers))
    return tmp_path


def test_finished_runs_are_read_in_the_order_of_the_sweep(sweep: Path) -> None:
    judged, left_out = read_swept(sweep)
    assert {folder: run["corpus"] for folder, run in judged.items()} == {"2": "ffpp", "10": "dfdc"}
    assert left_out == {"3": "it has no results"}
    assert [name(folder, judged) for folder in judged] == ["ffpp", "dfdc"]
    judged["2"]["ckpt_path"] = "other.ckpt"
    several = [name(folder, judged) for folder in judged]
    assert several == ["ffpp, other.ckpt", "dfdc, best.ckpt"]
    twice = {"0": judged["10"], "1": judged["10"]}
    assert [name(folder, twice) for folder in twice] == ["dfdc (0)", "dfdc (1)"]


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("metrics.json", '{"test": {"vid', "metrics.json is broken: Unterminated string"),
        ("metrics.json", "{}", "metrics.json lacks test. Evaluate the checkpoint again"),
        ("metrics.json", '{"schema": 3}', "metrics.json has numbers of layout 3"),
        ("config.yaml", "{}", "10 does not say what was judged on what: 'ckpt_path' is missing"),
        (".hydra/hydra.yaml", "hydra: 3", "10 does not say what was judged on what"),
        (".hydra/hydra.yaml", "a: [", "hydra.yaml is broken: while parsing"),
        ("environment.json", '{"task": "audit"}', "it was made by 'audit'"),
    ],
)
def test_a_broken_run_is_left_out_and_named(sweep: Path, file: str, text: str, said: str) -> None:
    (sweep / "10" / file).write_text(text)
    (sweep / "10" / "metrics.json").touch()
    judged, left_out = write_across(sweep)
    assert (list(judged), list(left_out)) == (["2"], ["3", "10"])
    assert said in left_out["10"]
    assert "<dt>10</dt>" in (sweep / "report.html").read_text("utf-8")


def test_results_of_an_earlier_run_of_a_job_do_not_count(sweep: Path) -> None:
    began = sweep / "10" / ".hydra" / "hydra.yaml"
    ended = (sweep / "10" / "metrics.json").stat().st_mtime_ns
    os.utime(began, ns=(ended, ended + 1))
    judged, left_out = read_swept(sweep)
    assert list(judged) == ["2"]
    assert "its results are of an earlier run" in left_out["10"]


def test_a_run_that_is_left_out_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, sweep: Path
) -> None:
    monkeypatch.setattr("resgat.report.console.metrics_table", lambda _: Table())
    show_across(sweep, read_swept(sweep))
    assert "not in the table: 3 (it has no results)" in caplog.text
    write_stop(sweep / "3", Stop("failed", "no disk"))
    show_across(sweep, read_swept(sweep))
    assert "not in the table: 3 (failed: no disk)" in caplog.text


def test_every_metric_is_a_row_and_what_is_missing_is_empty() -> None:
    run = {"corpus": "ffpp", "ckpt_path": "best.ckpt", "test": {"video": LEVEL, "frame": LEVEL}}
    rows = list(rows_of("2", run))
    first = AcrossRow("2", "ffpp", "best.ckpt", "video", "auc", 0.75, 0.7, 0.8, 40, *MARKS)
    assert rows[0] == first
    assert [(row.level, row.metric) for row in rows] == [
        (level, metric) for level in ("video", "frame") for metric in METRIC_NAMES
    ]
    assert (
        to_csv(AcrossRow, rows).splitlines()[3]
        == "2,ffpp,best.ckpt,video,eer,,,,40,not checked,not recorded"
    )


def test_every_row_tells_how_its_crops_were_cut_otherwise() -> None:
    spec = {"margin": {"trained": 1.3, "judged": 1.5}}
    test = {"video": LEVEL, "frame": LEVEL, "other_crop_spec": spec}
    rows = rows_of("2", {"corpus": "ffpp", "ckpt_path": "best.ckpt", "test": test})
    assert {row.other_crop_spec for row in rows} == {"margin 1.5 instead of 1.3"}


def test_every_row_tells_what_the_checkpoint_had_seen() -> None:
    test = {"video": LEVEL, "frame": LEVEL, "seen_in_training": {"val": {"videos": 3}}}
    rows = rows_of("2", {"corpus": "ffpp", "ckpt_path": "best.ckpt", "test": test})
    assert {row.seen_in_training for row in rows} == {"3 videos were in val"}


def test_nothing_finished_leaves_nothing_of_an_earlier_sweep_either(
    sweep: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_across(sweep)
    for folder in ("2", "10"):
        (sweep / folder / "metrics.json").unlink()
    show_across(sweep, write_across(sweep))
    assert [path.name for path in sweep.iterdir() if path.is_file()] == []
    assert caplog.text.count("it has no results") == 3


def test_a_sweep_of_evaluations_ends_with_a_table(
    command: Command, tiny_data: list[str], best: Path, tmp_path: Path
) -> None:
    swept = ["data=[synthetic]", "seed=0,1", f"ckpt_path={best}", f"hydra.sweep.dir={tmp_path}"]
    done = command("eval", *tiny_data, *swept, "num_resamples=20")
    assert done.status == 0, done.err
    with (tmp_path / "across.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    told = json.loads((tmp_path / "1" / "metrics.json").read_text())["test"]["video"]
    aucs = [r for r in rows if (r["level"], r["metric"]) == ("video", "auc")]
    assert [float(row["value"]) for row in aucs] == [told["auc"]] * 2
    assert {row["corpus"] for row in aucs} == {"synthetic"}
    assert 'href="1/report.html"' in (tmp_path / "report.html").read_text("utf-8")


def test_a_sweep_of_which_an_evaluation_fails_has_the_others_in_its_table(
    command: Command, tiny_data: list[str], best: Path, tmp_path: Path
) -> None:
    swept = ["data.test_split=val,test", "data.val_split=train", "data.train_split=none"]
    options = [
        *tiny_data,
        *swept,
        f"ckpt_path={best}",
        "num_resamples=20",
        "callbacks.gallery=null",
    ]
    done = command("eval", "-m", *options, f"hydra.sweep.dir={tmp_path}")
    assert done.status == 1
    assert "is not new to the checkpoint" in done.err
    # The job that fails has results of an earlier sweep in its folder.
    failed = tmp_path / "0"
    shutil.copytree(tmp_path / "1", failed, dirs_exist_ok=True)
    assert command("eval", "-m", *options, f"hydra.sweep.dir={tmp_path}").status == 1
    assert (failed / "metrics.json").is_file()
    with (tmp_path / "across.csv").open(encoding="utf-8", newline="") as file:
        assert {row["folder"] for row in csv.DictReader(file)} == {"1"}
    assert "its results are of an earlier run" in (tmp_path / "report.html").read_text("utf-8")
