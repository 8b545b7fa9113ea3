"""The processes that share one run: that they share its folder, and which of them died."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytorch_lightning as pl
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment

from resgat.errors import ConfigError, JobFailedError, ResgatError

_GRACE_S = 1.0  # its connections close a moment before it is known to have ended


@contextmanager
def naming_the_dead(trainer: pl.Trainer, run_dir: Path) -> Iterator[None]:
    """Say which process of the run was killed, where work fails because of that.

    What is left of the run learns of it by a connection that was closed, and says only that.

    Raises:
        JobFailedError: One was.
    """
    try:
        yield
    except ResgatError:
        raise
    except RuntimeError as error:
        said = _dead(getattr(trainer.strategy.launcher, "procs", []))
        if said is None:
            raise
        remedy = f"go on with ckpt_path=last hydra.run.dir={run_dir}"
        msg = f"{said}, and the run cannot go on without it; {remedy}"
        raise JobFailedError(msg) from error


def check_one_folder() -> None:
    """Refuse processes that somebody else has started, and that would each make a folder.

    Raises:
        ConfigError: The folder's name is the time at which each of them began.
    """
    hydra = HydraConfig.get()
    key = "hydra.sweep.dir" if hydra.mode == RunMode.MULTIRUN else "hydra.run.dir"
    is_named = any(one.startswith(f"{key}=") for one in hydra.overrides.hydra)
    if num_started() == 1 or is_named or is_launched():
        return
    msg = (
        f"{key}: each of the {num_started()} processes would make a folder of its own; name one "
        f"for all, such as {key}=outputs/mine"
    )
    raise ConfigError(msg)


def num_started() -> int:
    """Return how many processes ``torchrun`` or SLURM has started for this run.

    Raises:
        ConfigError: The cluster was asked for them in a way that Lightning does not support.
    """
    environments = (TorchElasticEnvironment, SLURMEnvironment)
    try:
        found = next((kind() for kind in environments if kind.detect()), None)
    except RuntimeError as error:
        raise ConfigError(str(error)) from error
    return found.world_size() if found else 1


def is_launched() -> bool:
    """Tell whether this is a job that one of submitit's launchers has started, with its folder."""
    return "SUBMITIT_EXECUTOR" in os.environ


def leave_together(run_dir: Path) -> None:
    """End processes that were started together, where the first finds that nothing is missing.

    The others did not wait for the run that has just finished, and would wait for the first.

    Raises:
        JobFailedError: There are others.
    """
    if num_started() > 1:
        msg = f"another run has finished {run_dir} meanwhile; nothing is missing there"
        raise JobFailedError(msg)


def ended(status: int) -> str:
    """Say how a process ended.

    Example:
        >>> ended(1), ended(-9)
        ('ended with status 1', 'was ended by SIGKILL')
    """
    if status > 0:
        return f"ended with status {status}"
    return f"was ended by {signal.Signals(-status).name}"


def _dead(others: list[subprocess.Popen[bytes]]) -> str | None:
    """Return which of the processes beside this one was ended by a signal, and by which."""
    for rank, process in enumerate(others, start=1):
        with suppress(subprocess.TimeoutExpired):
            if process.wait(_GRACE_S) < 0:
                return f"rank {rank} of {len(others) + 1} {ended(process.returncode)}"
    return None
