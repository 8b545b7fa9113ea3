"""Runs compared by the command: what it leaves, what it refuses."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Command = Callable[..., Any]


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def worse(finished: Any, tmp_path: Path) -> Path:
    """The finished run as if of another model, whose logits have the wrong sign."""
    folder = Path(shutil.copytree(finished.folder, tmp_path / "worse"))
    path = folder / "predictions.parquet"
    table = pq.read_table(path)
    logits = [-logit for logit in table["logit"].to_pylist()]
    place = table.schema.get_field_index("logit")
    pq.write_table(table.set_column(place, "logit", pa.array(logits)), path)
    config = folder / "config.yaml"
    config.write_text(config.read_text().replace("optimizer:", "extra: 1\noptimizer:"))
    return folder


def test_two_runs_are_ranked_and_told_apart(
    command: Command, finished: Any, worse: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = command("compare", str(worse), str(finished.folder), f"hydra.run.dir={out}")
    assert done.status == 0, done.err
    assert "against the best" in done.out
    table = read(out / "comparison.csv")
    auc = {row["name"]: float(row["value"]) for row in table if row["metric"] == "auc"}
    told = json.loads((finished.folder / "metrics.json").read_text())["test"]["video"]["auc"]
    assert sorted(auc.values()) == pytest.approx(sorted([told, 1 - told]))
    assert list(auc.values()) == sorted(auc.values(), reverse=True)
    (pair,) = read(out / "pairs.csv")
    assert float(pair["diff"]) == pytest.approx(abs(2 * told - 1))
    page = (out / "report.html").read_text()
    assert "Comparison of 2 detectors" in page


def test_a_metric_without_resamples_ranks_and_says_why_it_tests_nothing(
    command: Command, write_run: Callable[..., Path], tmp_path: Path
) -> None:
    runs = [str(write_run("a")), str(write_run("b", lr=0.2))]
    done = command("compare", *runs, "metric=ece", f"hydra.run.dir={tmp_path / 'o'}")
    assert done.status == 0, done.err
    said = "there are no resamples of ECE: an estimate of it cannot fall below its own noise"
    assert f"not every difference is tested: {said}" in (tmp_path / "o" / "compare.log").read_text()
    assert said in (tmp_path / "o" / "report.html").read_text()
    assert read(tmp_path / "o" / "pairs.csv") == []


def test_one_run_has_no_pairs_and_their_table_its_header_alone(
    command: Command, finished: Any, tmp_path: Path
) -> None:
    done = command("compare", str(finished.folder), f"hydra.run.dir={tmp_path}")
    assert done.status == 0, done.err
    header = "first,second,metric,diff,low,high,p_value,p_holm,is_real\n"
    assert (tmp_path / "pairs.csv").read_text() == header
    assert len(read(tmp_path / "comparison.csv")) > 1


def test_a_training_and_the_evaluation_of_its_checkpoint_are_one_detector(
    command: Command, finished: Any, best: Path, tiny_data: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "eval"
    options = [f"ckpt_path={best}", "num_resamples=20", "callbacks.gallery=null"]
    assert command("eval", *tiny_data, *options, f"hydra.run.dir={folder}").status == 0
    runs = [str(finished.folder), str(folder)]
    done = command("compare", *runs, f"hydra.run.dir={tmp_path / 'o'}")
    assert done.status == 1
    assert "are of one recipe and of one seed, 0; leave out one of them" in done.err


def test_a_folder_of_runs_is_compared_whole(
    command: Command, finished: Any, worse: Path, tmp_path: Path
) -> None:
    shutil.copytree(finished.folder, worse.parent / "sweep" / "0")
    shutil.copytree(worse, worse.parent / "sweep" / "1")
    options = ["metric=eer", "level=frame", "num_resamples=50", f"hydra.run.dir={tmp_path / 'o'}"]
    done = command("compare", f"runs=[{worse.parent / 'sweep'}]", *options)
    assert done.status == 0, done.err
    assert "frame level" in done.out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["metric=acc"], "metric: expected one of auc, ap"),
        (["level=clip"], "level: expected one of video, frame; got 'clip'"),
        (["num_resamples=0"], "num_resamples: expected a number in"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    command: Command, finished: Any, tmp_path: Path, options: list[str], message: str
) -> None:
    done = command("compare", str(finished.folder), *options, f"hydra.run.dir={tmp_path / 'o'}")
    assert done.status == 1
    assert message in done.err
    assert not (tmp_path / "o" / "comparison.csv").exists()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("metrics.json", "{", "is broken: Expecting property name"),
        ("metrics.json", "{}", "lacks test."),
        ("metrics.json", '{"schema": 9}', "has numbers of layout 9"),
        ("predictions.parquet", "PAR1", "is broken: "),
        ("config.yaml", "{}", "does not say in config.yaml"),
    ],
)
def test_a_broken_run_is_named_with_what_is_wrong(
    command: Command, write_run: Callable[..., Path], name: str, text: str, said: str
) -> None:
    good, bad = write_run("sweep/0"), write_run("sweep/1", seed=1)
    (bad / name).write_text(text)
    done = command("compare", str(good.parent), f"hydra.run.dir={good.parent.parent / 'o'}")
    assert done.status == 1
    assert done.err.startswith(f"error: {bad}")
    assert said in done.err


def test_without_runs_the_key_is_named(command: Command, tmp_path: Path) -> None:
    done = command("compare", f"hydra.run.dir={tmp_path / 'o'}")
    assert done.status == 1
    assert "runs" in done.err


def test_a_run_that_knew_its_test_or_had_other_crops_is_told_of(
    command: Command, finished: Any, worse: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = worse / "metrics.json"
    results = json.loads(path.read_text())
    results["test"]["seen_in_training"] = {"train": {"videos": 3}}
    results["test"]["other_crop_spec"] = {"margin": {"trained": 1.3, "judged": 1.5}}
    path.write_text(json.dumps(results))
    done = command("compare", str(worse), str(finished.folder), f"hydra.run.dir={tmp_path / 'out'}")
    assert done.status == 0, done.err
    assert f"{worse} knew its test (3 videos were in train)" in done.out + done.err + caplog.text
    cut = "otherwise than in its training: margin 1.5 instead of 1.3"
    assert f"{worse} had crops cut {cut}" in done.out + done.err + caplog.text
    page = (tmp_path / "out" / "report.html").read_text()
    assert "learnt from: 3 videos were in train; cut otherwise than in training: margin 1.5" in page
    assert "learnt from: nothing; cut otherwise than in training: nothing" in page
