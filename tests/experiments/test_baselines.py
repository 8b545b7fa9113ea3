"""The table of baselines: what it reads from runs, and that the pages show what was read."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

REPO = Path(__file__).resolve().parents[2]
FOLDER = REPO / "experiments" / "baselines"
SCRIPT: dict[str, Any] = runpy.run_path(str(FOLDER / "analysis.py"))


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """Two seeds of one model and one of another."""
    for name, auc in (("resnet34/seed0", 0.75), ("resnet34/seed1", 0.25), ("xception/seed0", 0.5)):
        run = tmp_path / name
        run.mkdir(parents=True)
        level = {"auc": auc, "auc_ci": [auc - 0.125, auc + 0.125], "n": 1200}
        metrics = {"test": {"frame": level, "video": {**level, "auc": 1.0}}}
        (run / "metrics.json").write_text(json.dumps(metrics))
        command = ["/somewhere/src/train.py", "model=resnet34", f"hydra.run.dir={run}"]
        environment = {"seed": int(name[-1]), "command": command, "code": "abc"}
        (run / "environment.json").write_text(json.dumps(environment))
    return tmp_path


def test_a_run_has_the_number_of_its_corpus_level_and_its_command(finished: Path) -> None:
    first, *_ = SCRIPT["read_runs"]("planted", finished)
    assert first == SCRIPT["Run"](
        corpus="planted",
        model="resnet34",
        seed=0,
        level="frame",
        auc=0.75,
        low=0.625,
        high=0.875,
        n=1200,
        folder="resnet34/seed0",
        command="python src/train.py model=resnet34",
        code="abc",
    )
    assert next(SCRIPT["read_runs"]("synthetic", finished)).auc == 1.0


def test_seeds_are_their_mean_and_one_run_its_interval(finished: Path) -> None:
    runs = list(SCRIPT["read_runs"]("planted", finished))
    row = SCRIPT["overview"](runs, "page").splitlines()[-1]
    several = "[0.500](page#planted-resnet34) (0.250 to 0.750)"
    one = "[0.500](page#planted-xception) [0.375, 0.625]"
    assert row == f"| planted, frame AUC | - | {several} | {one} | - |"
    assert SCRIPT["read_results"](SCRIPT["results_csv"](runs)) == runs


def test_the_pages_show_what_was_read() -> None:
    text = (FOLDER / "results.csv").read_text(encoding="utf-8")
    runs = SCRIPT["read_results"](text)
    assert SCRIPT["runs_table"](runs) in (FOLDER / "README.md").read_text(encoding="utf-8")
    shown = SCRIPT["overview"](runs, SCRIPT["PAGE"])
    assert shown in (REPO / "README.md").read_text(encoding="utf-8")


def test_what_a_folder_does_not_hold_keeps_its_rows(finished: Path) -> None:
    runs = list(SCRIPT["read_runs"]("planted", finished))
    old = [run._replace(auc=0.1) for run in runs]
    demo = runs[0]._replace(corpus="synthetic", auc=0.9)
    again = [run for run in runs if run.model == "resnet34"][:1]
    assert SCRIPT["merge"]([*old, demo], again) == [demo, *again, old[-1]]
    assert SCRIPT["merge"]([], runs[::-1]) == runs
