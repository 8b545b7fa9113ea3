"""Trials as jobs of a launcher, and what is left of them where one of its workers is killed."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import optuna

from resgat.run.trial_jobs import TrialJobs


class Launcher:
    """Returns the overrides of each job; ends all of them where one is deadly."""

    def __init__(self) -> None:
        self.launched: list[tuple[int, int]] = []

    def launch(self, jobs: Sequence[Sequence[str]], initial_job_idx: int) -> list[Any]:
        self.launched.append((initial_job_idx, len(jobs)))
        if any("heads=8" in job for job in jobs):
            raise RuntimeError("a worker was killed")
        return [SimpleNamespace(overrides=list(job)) for job in jobs]


def trials(*heads: int) -> list[optuna.Trial]:
    study = optuna.create_study()
    asked = [study.ask() for _ in heads]
    for trial, value in zip(asked, heads, strict=True):
        trial.suggest_int("heads", value, value)
    return asked


def test_a_job_is_what_all_have_in_common_what_it_tries_and_its_number() -> None:
    launcher: Any = Launcher()
    ended: list[Any] = TrialJobs(launcher, ("seed=0",)).run(trials(2, 4))
    assert [one.overrides for one in ended] == [
        ["seed=0", "heads=2", "hydra.sweep.subdir=0"],
        ["seed=0", "heads=4", "hydra.sweep.subdir=1"],
    ]
    assert launcher.launched == [(0, 2)]


def test_one_that_kills_its_launcher_takes_no_other_with_it() -> None:
    launcher: Any = Launcher()
    ended: list[Any] = TrialJobs(launcher, ()).run(trials(2, 8, 4))
    assert str(ended[1]) == "a worker was killed"
    assert [ended[0].overrides[0], ended[2].overrides[0]] == ["heads=2", "heads=4"]
    assert launcher.launched == [(0, 3), (0, 1), (1, 1), (2, 1)]
