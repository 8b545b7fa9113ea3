"""The processes that share one run: that they share its folder, and which of them died."""

from __future__ import annotations

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
    environments = (TorchElasticEnvironment, SLURMEnvironment)
    found = next((kind() for kind in environments if kind.detect()), None)
    hydra = HydraConfig.get()
    is_named = any(one.startswith("hydra.run.dir=") for one in hydra.overrides.hydra)
    if found is None or found.world_size() == 1 or is_named or hydra.mode == RunMode.MULTIRUN:
        return
    msg = (
        f"hydra.run.dir: each of the {found.world_size()} processes would make a folder of its "
        "own; name one for all, such as hydra.run.dir=outputs/mine"
    )
    raise ConfigError(msg)


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
