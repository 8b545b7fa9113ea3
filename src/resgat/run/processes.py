"""The processes that share one run: which of them died, when the others cannot go on."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytorch_lightning as pl

from resgat.errors import JobFailedError, ResgatError

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
                return f"process {rank} of {len(others) + 1} {ended(process.returncode)}"
    return None
