"""What became of the trials of a search, told to its study and written as a table."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path

import optuna
from hydra.core.utils import JobReturn, JobStatus
from optuna.trial import FrozenTrial, Trial, TrialState

from resgat.callbacks.pruning import read_reported
from resgat.run.stopped import Stop, read_stop

#: The attribute of a trial that says why it has no value.
REASON = "reason"


def tell(study: optuna.Study, trial: Trial, ended: JobReturn | Exception, folder: Path) -> None:
    """Enter how a trial ended.

    Args:
        study: It belongs to.
        trial: It is at work, as far as the study knows.
        ended: What the launcher said of its job.
        folder: Of the job.
    """
    for step, value in read_reported(folder).items():
        trial.report(value, step)
    number = _number(ended)
    if number is not None:
        study.tell(trial, number)
        return
    stop = read_stop(folder) or _stop(ended)
    trial.set_user_attr(REASON, stop.reason)
    state = TrialState.PRUNED if stop.state == "pruned" else TrialState.FAIL
    study.tell(trial, state=state)


def _number(ended: JobReturn | Exception) -> float | None:
    """Return the number that a job came to; None if it came to none."""
    if isinstance(ended, Exception) or ended.status != JobStatus.COMPLETED:
        return None
    number = ended.return_value
    return None if number is None or math.isnan(number) else float(number)


def _stop(ended: JobReturn | Exception) -> Stop:
    """Return the reason of a job that left none."""
    if isinstance(ended, Exception):
        return Stop.of(ended)
    if ended.status == JobStatus.COMPLETED:
        return Stop("failed", f"it came to no number, but to {ended.return_value}")
    return Stop.of(ended._return_value)


def to_csv(trials: Sequence[FrozenTrial]) -> str:
    """Return trials as CSV: number, state, value, reason, and what was tried; None is empty."""
    keys = sorted({key for trial in trials for key in trial.params})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["trial", "state", "value", "reason", *keys])
    for one in trials:
        tried = (one.params.get(key) for key in keys)
        value = one.value if one.state == TrialState.COMPLETE else None
        reason = one.user_attrs.get(REASON)
        writer.writerow([one.number, one.state.name.lower(), value, reason, *tried])
    return text.getvalue()
