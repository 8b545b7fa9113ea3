"""A run folder read back, and everything that is none."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from resgat.errors import RunFolderError
from resgat.run.recorded import read_recorded

ENVIRONMENT = {"task": "eval", "command": ["src/eval.py"]}
SUMMARY = """model,track,metric,method,mean,low,high,n_images,permuted,better,beats_controls
net,all,hit,contrib,0.5,0.25,0.75,12,,higher,True
net,all,hit,center,1e-05,,,12,nan,higher,False
net,f,hit,contrib,1.0,1.0,1.0,3,0.125,higher,False
"""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    write(folder, ENVIRONMENT, {"metrics.json": '{"schema": 1, "test": {"auc": 0.5}}'})
    return folder


def write(folder: Path, environment: object, files: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(yaml.safe_dump({"seed": 3}))
    (folder / "environment.json").write_text(json.dumps(environment))
    for name, text in files.items():
        (folder / name).write_text(text)


def refusal(folder: Path) -> str:
    with pytest.raises(RunFolderError) as refused:
        read_recorded(folder)
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_a_run_is_read_back(run: Path) -> None:
    recorded = read_recorded(run)
    assert (recorded.task, recorded.config, recorded.environment) == (
        "eval",
        {"seed": 3},
        ENVIRONMENT,
    )
    assert recorded.results == {"schema": 1, "test": {"auc": 0.5}}


@pytest.mark.parametrize("script", ["src/train.py", "/home/someone/resgat/src/train.py"])
def test_an_older_run_tells_its_command_by_its_command_line(run: Path, script: str) -> None:
    write(run, {"command": [script, "seed=1"]}, {})
    assert read_recorded(run).task == "train"


def test_a_summary_of_explanations_is_nested_and_its_mean_has_its_interval(tmp_path: Path) -> None:
    write(tmp_path, {"task": "explain"}, {"summary.csv": SUMMARY})
    hit = read_recorded(tmp_path).results["net"]["all"]["hit"]
    assert hit["contrib"] == {
        "mean": 0.5,
        "mean_ci": [0.25, 0.75],
        "n_images": 12,
        "permuted": None,
        "better": "higher",
        "beats_controls": True,
    }
    assert hit["center"]["mean_ci"] == [None, None]
    assert (hit["center"]["mean"], hit["center"]["permuted"]) == (1e-05, "nan")


def test_what_corruptions_cost_is_among_the_numbers_of_an_evaluation(run: Path) -> None:
    levels = "corruption,level,pooling,auc,auc_low,auc_high\njpeg,0,video,0.75,0.5,1\n"
    areas = (
        "corruption,pooling,area,area_low,area_high,drop,drop_low,drop_high\njpeg,video,1,,,0,,\n"
    )
    write(run, ENVIRONMENT, {"robustness.csv": levels, "robustness_areas.csv": areas})
    results = read_recorded(run).results
    assert list(results) == ["schema", "test", "robustness", "robustness_areas"]
    assert results["robustness"]["jpeg"]["video"] == {"0": {"auc": 0.75, "auc_ci": [0.5, 1]}}
    assert results["robustness_areas"]["jpeg"]["video"] == {
        "area": 1,
        "drop": 0,
        "area_ci": [None, None],
        "drop_ci": [None, None],
    }
    (run / "robustness.csv").write_text("corruption,level\n")
    assert "robustness.csv is broken: there is no column 'pooling'" in refusal(run)


def test_a_folder_that_is_not_there_or_is_a_file(run: Path, tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone").startswith(f"{tmp_path / 'gone'} does not exist; give the ")
    path = run / "metrics.json"
    assert refusal(path) == f"{path} is a file; give the run's folder: {run}"


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    (tmp_path / ".hydra").mkdir()
    (tmp_path / ".hydra" / "config.yaml").write_text("seed: 0")
    assert f"{tmp_path} is no run folder: it holds no config.yaml" in refusal(tmp_path)


def test_a_folder_of_several_runs_names_one_of_them(run: Path) -> None:
    said = refusal(run.parent)
    assert said == f"{run.parent} is the folder of several runs; give one of them, such as {run}"


def test_a_sweep_of_which_no_run_has_begun(tmp_path: Path) -> None:
    (tmp_path / "multirun.yaml").write_text("")
    assert refusal(tmp_path).endswith("is the folder of several runs; give one of them")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"task": "preprocess"}, "it was made by 'preprocess', and only runs of src/train.py, "),
        ({}, "it does not say which command made it"),
        ({"task": "reproduce"}, "repeats another run; give that one, see its reproduction.json"),
    ],
)
def test_a_run_of_another_command(run: Path, environment: dict[str, Any], said: str) -> None:
    write(run, environment, {})
    assert said in refusal(run)


def test_the_explanation_of_one_image_is_no_stopped_run(run: Path) -> None:
    write(run, {"task": "explain"}, {"config.yaml": yaml.safe_dump({"mode": "single"})})
    assert refusal(run) == (
        f"{run} holds the explanation of one image (mode=single), and no numbers; give a run of "
        "src/train.py, src/eval.py or src/explain.py with numbers"
    )


def test_no_refusal_speaks_of_what_was_to_be_done_with_the_run(run: Path) -> None:
    write(run, {"task": "preprocess"}, {})
    said = f"{run} holds no numbers of a detector: it was made by 'preprocess', and only runs of "
    assert refusal(run) == f"{said}src/train.py, src/eval.py or src/explain.py do"


def test_a_run_that_was_stopped(run: Path) -> None:
    (run / "metrics.json").unlink()
    assert refusal(run).endswith("stopped before its end. Give another run, or start it again")
    write(run, {"task": "train"}, {})
    last = run / "checkpoints" / "last.ckpt"
    last.parent.mkdir()
    last.touch()
    said = refusal(run)
    assert f"{run} holds no metrics.json, so there is no number to compare with" in said
    assert said.endswith(f"or go on with ckpt_path={last} hydra.run.dir={run}")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("metrics.json", '{"schema": 1,', "metrics.json is broken: Expecting property name"),
        ("metrics.json", '{"auc": NaN}', "metrics.json is broken: NaN is no JSON number"),
        ("metrics.json", "[]", "metrics.json is broken: expected named values, got list"),
        ("environment.json", "", "environment.json is broken: Expecting value"),
        ("config.yaml", "a: [1,\nb", "config.yaml is broken: while parsing a flow sequence"),
        ("config.yaml", "", "config.yaml is broken: expected named values, got NoneType"),
    ],
)
def test_a_file_that_cannot_be_read(run: Path, name: str, text: str, said: str) -> None:
    (run / name).write_text(text)
    assert f"{run}/{said}" in refusal(run)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no column 'model'"),
        (SUMMARY.replace("low", "lo"), "there is no column 'low'"),
        (SUMMARY + "net,all\n", "summary.csv is broken: zip()"),
    ],
)
def test_a_summary_that_cannot_be_read(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, {"task": "explain"}, {"summary.csv": text})
    assert said in refusal(tmp_path)


def test_bytes_that_are_no_text(run: Path) -> None:
    (run / "metrics.json").write_bytes(b"\xff\xfe")
    assert "metrics.json is broken: 'utf-8' codec" in refusal(run)


def test_a_file_that_is_a_folder(run: Path) -> None:
    (run / "environment.json").unlink()
    (run / "environment.json").mkdir()
    assert "environment.json is broken: [Errno 21] Is a directory" in refusal(run)


def test_a_run_without_its_environment(run: Path) -> None:
    (run / "environment.json").unlink()
    assert refusal(run) == (
        f"{run / 'environment.json'} is missing, and a run is of no use without what it records "
        "there. Restore it, or give another run"
    )
