"""Trials of a search, run as jobs by any of Hydra's launchers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from optuna.trial import Trial


@dataclass(frozen=True)
class TrialJobs:
    """Runs trials.

    Attributes:
        launcher: Of the sweep.
        fixed: Overrides of every job.
    """

    launcher: Launcher
    fixed: tuple[str, ...]

    def run(self, trials: Sequence[Trial]) -> list[JobReturn | Exception]:
        """Run trials at a time, and return how each ended.

        A launcher whose worker is killed ends all jobs that it was given, and does not say which
        was to blame. Each is then run again alone: those that had finished have nothing to do.
        """
        jobs = [self._overrides(trial) for trial in trials]
        try:
            return list(self.launcher.launch(jobs, initial_job_idx=trials[0].number))
        # joblib's TerminatedWorkerError, submitit's UncompletedJobError
        except RuntimeError as error:
            if len(trials) == 1:
                return [error]
            return [ended for trial in trials for ended in self.run([trial])]

    def _overrides(self, trial: Trial) -> list[str]:
        tried = (f"{key}={value}" for key, value in trial.params.items())
        return [*self.fixed, *tried, f"hydra.sweep.subdir={trial.number}"]
