"""A run folder is of one command, and of one run at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytorch_lightning.utilities import rank_zero_only

from resgat.errors import ConfigError
from resgat.holding import held
from resgat.run.provenance import task_name
from resgat.run.recorded import ENVIRONMENT_NAME, task_of

LOCK_NAME = ".run.lock"


@contextmanager
def alone_in(run_dir: Path, *, waits: bool = False) -> Iterator[None]:
    """Hold a run folder while one works in it, once for all processes of the run.

    The same command may come again: a training goes on, a job of a sweep is repeated. Another
    command would replace the results of the first, and its settings.

    Args:
        run_dir: Which exists.
        waits: For a run that is at work there, instead of refusing: a job that outlived its sweep,
            say.

    Raises:
        ConfigError: The folder is of another command, or another run is at work there.
    """
    if getattr(rank_zero_only, "rank", 0) != 0:
        yield
        return
    busy = f"another run is at work in {run_dir}; "
    busy += "waiting for its end" if waits else "wait for its end, or choose another hydra.run.dir"
    with held(run_dir / LOCK_NAME, busy, waits=waits):
        _check_command(run_dir)
        yield


def _check_command(run_dir: Path) -> None:
    """Refuse a folder where another command has recorded a run."""
    try:
        other = task_of(json.loads((run_dir / ENVIRONMENT_NAME).read_text("utf-8")))
    except (OSError, ValueError, TypeError, AttributeError):  # no run, or none that says whose
        return
    mine = task_name()
    if other and other != mine:
        msg = (
            f"hydra.run.dir={run_dir} is the folder of a run of src/{other}.py, which a run of "
            f"src/{mine}.py would overwrite; choose another hydra.run.dir, or delete that folder"
        )
        raise ConfigError(msg)
