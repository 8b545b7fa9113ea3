"""Stop the jobs of a sweep that do worse than the others did at the same age."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import optuna
import pytorch_lightning as pl

from resgat.checks import check_choice
from resgat.errors import ConfigError, TrialPrunedError
from resgat.files import write_json

#: What a job of a sweep has measured so far, in its folder: epoch -> value.
REPORTED_NAME = "reported.json"
#: What tells the folder of a sweep, and that of a job that has come to its end.
_OF_SWEEPS = "multirun.yaml"
_OF_FINISHED = "metrics.json"
_DIRECTIONS = {"max": "maximize", "min": "minimize"}


class Pruning(pl.Callback):
    """End a job whose monitored metric one of Optuna's pruners finds hopeless.

    The jobs of a sweep meet in the files of its folder: each writes its values to ``reported.json``
    in its own, and reads those of the jobs that have finished. So they may run on many machines,
    and under any sweeper; a run that is no job of a sweep is never ended.

    Args:
        pruner: Compares a trial's values with those of finished ones at the same epoch: median,
            percentile, threshold, patient. Those that keep notes of their own in the study
            (successive halving, Hyperband) find none here.
        monitor: The metric.
        mode: max, or min.

    Raises:
        TrialPrunedError: The job is hopeless.
        ConfigError: The mode is none, or nothing logs the metric.
    """

    def __init__(self, pruner: optuna.pruners.BasePruner, monitor: str, mode: str = "max") -> None:
        check_choice("mode", mode, _DIRECTIONS)
        optuna.logging.set_verbosity(logging.WARNING)
        self.pruner = pruner
        self.monitor = monitor
        self.direction = _DIRECTIONS[mode]

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Report, and compare."""
        folder = Path(trainer.default_root_dir)
        if trainer.state.fn != "fit" or not (folder.parent / _OF_SWEEPS).is_file():
            return
        if self.monitor not in trainer.callback_metrics:
            logged = ", ".join(sorted(trainer.callback_metrics))
            msg = f"callbacks.pruning.monitor={self.monitor}: nothing logs it; there is {logged}"
            raise ConfigError(msg)
        epoch, value = trainer.current_epoch, float(trainer.callback_metrics[self.monitor])
        hopeless = trainer.is_global_zero and self._is_hopeless(folder, epoch, value)
        if trainer.strategy.broadcast(hopeless):
            msg = f"hopeless after epoch {epoch + 1}: {self.monitor} was {value:.4f}"
            raise TrialPrunedError(msg)

    def _is_hopeless(self, folder: Path, epoch: int, value: float) -> bool:
        """Note a value; only those of this attempt before it are kept."""
        before = {step: known for step, known in read_reported(folder).items() if step < epoch}
        write_reported(folder, {**before, epoch: value})
        finished = [path.parent for path in folder.parent.glob(f"*/{_OF_FINISHED}")]
        others = [read_reported(one) for one in finished if one != folder]
        return is_hopeless(self.pruner, self.direction, {**before, epoch: value}, others)


def is_hopeless(
    pruner: optuna.pruners.BasePruner,
    direction: str,
    mine: Mapping[int, float],
    others: Iterable[Mapping[int, float]],
) -> bool:
    """Ask a pruner about a trial.

    Args:
        pruner: Decides.
        direction: maximize or minimize.
        mine: Step -> value of the trial.
        others: The same of each that has finished.
    """
    study = optuna.create_study(direction=direction, pruner=pruner)
    for values in others:
        study.tell(_told(study, values), 0.0)  # pruners look at what was reported
    return bool(_told(study, mine).should_prune())


def _told(study: optuna.Study, values: Mapping[int, float]) -> optuna.Trial:
    trial = study.ask()
    for step, value in values.items():
        trial.report(value, step)
    return trial


def read_reported(folder: Path) -> dict[int, float]:
    """Return what the job in a folder has measured, by epoch; nan where it was no number."""
    try:
        found = json.loads((folder / REPORTED_NAME).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return {int(step): math.nan if value is None else value for step, value in found.items()}


def write_reported(folder: Path, values: Mapping[int, float]) -> None:
    """Note what the job in a folder has measured."""
    known = {str(step): value if math.isfinite(value) else None for step, value in values.items()}
    write_json(folder / REPORTED_NAME, known)
