"""A search that is interrupted, fails in part, and goes on."""

import csv
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import optuna
import pytest
import yaml
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig, OmegaConf

from resgat.callbacks.pruning import write_reported
from resgat.errors import ConfigError, JobFailedError
from resgat.holding import held
from resgat.run.stopped import Stop, write_stop
from resgat.run.study import Search

Task = Callable[[int, float], float | None]


class Pretending(Launcher):
    """Runs a function of the trial's number and its learning rate; remembers both, and the rest."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.seen: list[tuple[int, float]] = []
        self.rest: list[list[str]] = []

    def setup(self, **_: Any) -> None:
        pass

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        ended = []
        for *rest, lr, subdir in job_overrides:
            number, rate = int(subdir.split("=")[1]), float(lr.removeprefix("lr="))
            self.seen.append((number, rate))
            self.rest.append(rest)
            one = JobReturn(status=JobStatus.COMPLETED)
            try:
                one.return_value = self.task(number, rate)
            except ValueError as error:
                one.status, one.return_value = JobStatus.FAILED, error
            ended.append(one)
        return ended


def search(**changed: Any) -> Search:
    sampler = partial(optuna.samplers.TPESampler, n_startup_trials=2)
    settings = {
        "sampler": sampler,
        "direction": "maximize",
        "storage": None,
        "study_name": "s",
        "n_trials": 5,
        "n_jobs": 1,
        "seed": 3,
        "params": {"lr": "interval(0.0,1.0)"},
    }
    return Search(**{**settings, **changed})


def config(folder: Path) -> DictConfig:
    return OmegaConf.create({"hydra": {"sweep": {"dir": str(folder)}}})


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "trials.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_search_that_is_interrupted_ends_like_one_that_was_not(tmp_path: Path) -> None:
    whole = Pretending(lambda _, lr: -((lr - 0.3) ** 2))
    search().run(["seed=0"], whole, config(tmp_path / "whole"))

    def interrupted(number: int, lr: float) -> float:
        if len(parts.seen) in (2, 5):
            raise KeyboardInterrupt
        return -((lr - 0.3) ** 2)

    parts = Pretending(interrupted)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            search().run(["seed=0"], parts, config(tmp_path / "parts"))
    search().run(["seed=0"], parts, config(tmp_path / "parts"))
    assert [number for number, _ in parts.seen] == [0, 1, 1, 2, 3, 3, 4]
    assert dict(parts.seen) == dict(whole.seen)
    assert rows(tmp_path / "parts") == rows(tmp_path / "whole")
    assert whole.rest == [["seed=0"]] * 5


def test_what_is_through_is_not_run_again_and_more_may_be_asked_for(tmp_path: Path) -> None:
    launcher = Pretending(lambda _, lr: lr)
    for n_trials in (3, 3, 4):
        search(n_trials=n_trials, n_jobs=2).run([], launcher, config(tmp_path))
    assert [number for number, _ in launcher.seen] == [0, 1, 2, 3]
    assert yaml.safe_load((tmp_path / "multirun.yaml").read_text())["hydra"]["sweep"]


def test_a_trial_that_fails_or_is_pruned_is_recorded_and_the_search_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def task(number: int, lr: float) -> float:
        folder = tmp_path / str(number)
        folder.mkdir()
        if number == 1:
            raise ValueError("no luck")
        if number == 2:
            write_reported(folder, {0: 0.25, 1: 0.125})
            write_stop(folder, Stop("pruned", "hopeless"))
            raise ValueError
        return float("nan") if number == 3 else lr

    search().run([], Pretending(task), config(tmp_path))
    told = [(row["state"], row["value"] != "", row["reason"]) for row in rows(tmp_path)]
    assert told == [
        ("complete", True, ""),
        ("fail", False, "ValueError: no luck"),
        ("pruned", False, "hopeless"),
        ("fail", False, "it came to no number, but to nan"),
        ("complete", True, ""),
    ]
    study = optuna.load_study(study_name="s", storage=f"sqlite:///{tmp_path / 'study.db'}")
    assert study.trials[2].intermediate_values == {0: 0.25, 1: 0.125}
    assert f"fail: 1, 3; the reasons are in {tmp_path / 'trials.csv'}" in caplog.text


def test_where_a_worker_takes_others_with_it_they_are_run_again_alone(tmp_path: Path) -> None:
    class Fragile(Pretending):
        def launch(
            self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
        ) -> Sequence[JobReturn]:
            if any("subdir=1" in job[-1] for job in job_overrides):
                raise RuntimeError("a worker died")
            return super().launch(job_overrides, initial_job_idx)

    search(n_trials=3, n_jobs=3).run([], Fragile(lambda _, lr: lr), config(tmp_path))
    told = [(row["state"], row["reason"]) for row in rows(tmp_path)]
    assert told == [("complete", ""), ("fail", "RuntimeError: a worker died"), ("complete", "")]


def test_a_search_without_a_number_is_none(tmp_path: Path) -> None:
    message = r"none of 5 trials came to a number; the last: it came to no number, but to None\. "
    with pytest.raises(JobFailedError, match=message):
        search().run([], Pretending(lambda *_: None), config(tmp_path))
    assert len(rows(tmp_path)) == 5


def test_the_command_line_wins_over_the_preset(tmp_path: Path) -> None:
    launcher = Pretending(lambda _, lr: lr)
    params = {"lr": "interval(0.0,1.0)", "seed": "1,2"}
    fixed = ["lr=choice(0.5,0.5)", "seed=7"]
    search(params=params, n_trials=1).run(fixed, launcher, config(tmp_path))
    assert (launcher.seen, launcher.rest) == ([(0, 0.5)], [["seed=7"]])


def test_two_processes_do_not_work_on_one_search(tmp_path: Path) -> None:
    with held(tmp_path / ".study.lock", ""), pytest.raises(ConfigError, match="at work in"):
        search().run([], Pretending(lambda _, lr: lr), config(tmp_path))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"direction": "up"}, "hydra.sweeper.direction: expected one of maximize, minimize"),
        ({"n_trials": 0}, "hydra.sweeper.n_trials: expected a number"),
        ({"n_jobs": 0}, "hydra.sweeper.n_jobs: expected a number"),
        ({"seed": -1}, "hydra.sweeper.seed: expected a number"),
    ],
)
def test_what_makes_no_search_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        search(**changed)
