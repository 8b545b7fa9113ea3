"""A search for the best settings by Optuna, which goes on where it was when its process ended."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig, OmegaConf
from optuna.trial import Trial, TrialState

from resgat.checks import check_choice, check_range
from resgat.errors import JobFailedError
from resgat.files import write_text
from resgat.holding import held
from resgat.run.space import Space
from resgat.run.trial_jobs import TrialJobs
from resgat.run.trials import REASON, tell, to_csv

logger = logging.getLogger(__name__)

#: Where a search keeps what it knows, unless it is told otherwise, and what it leaves to read.
STUDY_NAME = "study.db"
TRIALS_NAME = "trials.csv"
_DIRECTIONS = ("maximize", "minimize")
_PATIENCE_S = 60  # somebody may just be looking at the file


@dataclass(frozen=True)
class Search:
    """A study of ``n_trials`` jobs, however often it is interrupted and started again.

    What a trial tries follows from the seed, its number and the trials that had ended when it
    began. The name of its folder, in the sweep's, is its number.

    Attributes:
        sampler: Makes one of Optuna's samplers from a ``seed``.
        direction: maximize or minimize what the command returns.
        storage: Where the study is kept, as SQLAlchemy names data bases; None is ``study.db`` in
            the sweep's folder.
        study_name: In the storage.
        n_trials: Of the whole study; one that failed or was pruned is a trial, too.
        n_jobs: How many the launcher is given at a time.
        seed: Of what the sampler draws.
        params: Key -> values to search, as on the command line, which wins.

    Raises:
        ConfigError: A value cannot be used.
    """

    sampler: Callable[..., optuna.samplers.BaseSampler]
    direction: str
    storage: str | None
    study_name: str
    n_trials: int
    n_jobs: int
    seed: int
    params: Mapping[str, Any]

    def __post_init__(self) -> None:
        check_choice("hydra.sweeper.direction", self.direction, _DIRECTIONS)
        check_range("hydra.sweeper.n_trials", self.n_trials, low=1)
        check_range("hydra.sweeper.n_jobs", self.n_jobs, low=1)
        check_range("hydra.sweeper.seed", self.seed, low=0)

    def run(self, arguments: Sequence[str], launcher: Launcher, config: DictConfig) -> None:
        """Run what is missing.

        Args:
            arguments: Overrides, of which some name several values.
            launcher: Runs the jobs.
            config: Of the sweep.

        Raises:
            ConfigError: Another process is at work on the same study.
            JobFailedError: No trial of the study came to a number.
        """
        space = Space.of([*(f"{key}={values}" for key, values in self.params.items()), *arguments])
        jobs = TrialJobs(launcher, space.fixed)
        sweep_dir = Path(config.hydra.sweep.dir)
        sweep_dir.mkdir(parents=True, exist_ok=True)
        busy = f"another process is at work in {sweep_dir}; wait for its end, or stop it"
        with held(sweep_dir / ".study.lock", busy):
            OmegaConf.save(config, sweep_dir / "multirun.yaml")
            study = self._open(sweep_dir)
            while trials := self._next(study, space):
                for trial, ended in zip(trials, jobs.run(trials), strict=True):
                    tell(study, trial, ended, sweep_dir / str(trial.number))
                write_text(sweep_dir / TRIALS_NAME, to_csv(study.trials))
        _conclude(study, sweep_dir)

    def _open(self, sweep_dir: Path) -> optuna.Study:
        url = self.storage or f"sqlite:///{sweep_dir / STUDY_NAME}"
        options = {"connect_args": {"timeout": _PATIENCE_S}} if url.startswith("sqlite") else {}
        optuna.logging.set_verbosity(logging.WARNING)
        return optuna.create_study(
            storage=optuna.storages.RDBStorage(url, engine_kwargs=options),
            study_name=self.study_name,
            direction=self.direction,
            load_if_exists=True,
        )

    def _next(self, study: optuna.Study, space: Space) -> list[Trial]:
        """Return trials that a killed process has left, or else new ones."""
        known = study.get_trials(deepcopy=False)
        left = [one for one in known if one.state == TrialState.RUNNING]
        num_new = 0 if left else min(self.n_jobs, self.n_trials - len(known))
        begun = [self._seeded(study, one.number, one._trial_id) for one in left[: self.n_jobs]]
        begun += [self._seeded(study, len(known) + place) for place in range(num_new)]
        for trial in begun:
            for key, values in space.searched.items():
                trial._suggest(key, values)  # what it has drawn already stays
        return begun

    def _seeded(self, study: optuna.Study, number: int, trial_id: int | None = None) -> Trial:
        """Return a trial, a new one without an id, that draws what its number says."""
        seed = int(np.random.SeedSequence([self.seed, number]).generate_state(1)[0])
        study.sampler = self.sampler(seed=seed)
        return study.ask() if trial_id is None else Trial(study, trial_id)


def _conclude(study: optuna.Study, sweep_dir: Path) -> None:
    """Say what was found.

    Raises:
        JobFailedError: Nothing was.
    """
    trials = study.get_trials(deepcopy=False)
    with_value = [one for one in trials if one.state == TrialState.COMPLETE]
    table = sweep_dir / TRIALS_NAME
    if not with_value:
        reason = trials[-1].user_attrs.get(REASON)
        msg = (
            f"none of {len(trials)} trials came to a number; the last: {reason}. All reasons are "
            f"in {table}. Mend the cause, and search in another hydra.sweep.dir"
        )
        raise JobFailedError(msg)
    for state in (TrialState.FAIL, TrialState.PRUNED):
        numbers = ", ".join(str(one.number) for one in trials if one.state == state)
        if numbers:
            logger.warning("%s: %s; the reasons are in %s", state.name.lower(), numbers, table)
    best = study.best_trial
    found = " ".join(f"{key}={value}" for key, value in best.params.items())
    logger.info("best of %d trials: %d, %.4f, %s", len(trials), best.number, best.value, found)
    logger.info("results in %s", table)
