"""A job of a sweep, run as the command that it would be alone.

One that takes several processes must be: Lightning starts the further processes of a machine by
repeating the command line, and that of a sweep would begin the whole sweep again in each of them.
Any other may be: when it is killed, the sweep goes on.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from pytorch_lightning.strategies import ParallelStrategy

from resgat.cli import CONF_DIR, quoted
from resgat.config import SWEEP_NAME, sweep_name
from resgat.errors import JobFailedError, TrialPrunedError
from resgat.run.device import check_accelerator
from resgat.run.processes import ended, is_launched, num_started
from resgat.run.stopped import STOPPED_NAME, read_stop

#: What decides how many processes there are, and who starts them.
_PROCESSES = ("accelerator", "devices", "num_nodes", "strategy")
#: Overrides of the sweep itself, which its single jobs know nothing of.
_OF_SWEEPS = (
    "hydra.mode",
    "hydra.run",
    "hydra.sweep",
    "hydra.launcher",
    "hydra/launcher",
    "hydra/sweeper",
)


def must_be_apart(trainer: Mapping[str, Any], *, asked: bool = False) -> bool:
    """Tell whether this is a job of a sweep for which Lightning would start more processes.

    Under SLURM or ``torchrun``, where they have started them already, it would not.

    Args:
        trainer: The section of the configuration.
        asked: Whether one that takes a single process shall be apart, too; those that a launcher
            has started by themselves are anyway.

    Raises:
        DeviceError: It asks for a GPU and there is none.
    """
    if HydraConfig.get().mode != RunMode.MULTIRUN:
        return False
    check_accelerator(trainer)
    if asked:
        return not (is_launched() or num_started() > 1)
    settings: dict[str, Any] = {key: trainer[key] for key in _PROCESSES if key in trainer}
    for unneeded in ("logger", "enable_checkpointing", "enable_model_summary"):
        settings[unneeded] = False
    strategy = pl.Trainer(**settings, enable_progress_bar=False).strategy
    if strategy.launcher is None or not isinstance(strategy, ParallelStrategy):
        return False
    cluster = strategy.cluster_environment
    return cluster is None or not cluster.creates_processes_externally


def run_apart(run_dir: Path) -> None:
    """Run this job of a sweep as a command of its own, in its folder, and wait for it.

    Raises:
        TrialPrunedError: It was hopeless.
        JobFailedError: It did not end well.
    """
    hydra = HydraConfig.get()
    script = CONF_DIR.parent / "src" / f"{hydra.job.name}.py"
    said = alone(hydra.overrides.task, hydra.overrides.hydra, run_dir)
    environment = {**os.environ, SWEEP_NAME: sweep_name() or ""}
    (run_dir / STOPPED_NAME).unlink(missing_ok=True)  # of an earlier attempt
    done = subprocess.run([sys.executable, str(script), *said], env=environment, check=False)
    if not done.returncode:
        return
    stop = read_stop(run_dir)
    if stop is None:
        msg = f"the job in {run_dir} {ended(done.returncode)}; the reason stands above"
        raise JobFailedError(msg)
    raise (TrialPrunedError if stop.state == "pruned" else JobFailedError)(stop.reason)


def alone(task: Sequence[str], hydra: Sequence[str], run_dir: Path) -> list[str]:
    """Return the arguments of one job's own command.

    Args:
        task: The job's overrides.
        hydra: The sweep's overrides of Hydra.
        run_dir: Of the job.

    Example:
        >>> alone(["seed=1"], ["hydra.mode=MULTIRUN", "hydra.verbose=true"], Path("sweep/0"))
        ['seed=1', 'hydra.verbose=true', "hydra.run.dir='sweep/0'"]
    """
    kept = [one for one in hydra if not one.lstrip("+~").startswith(_OF_SWEEPS)]
    return [*task, *kept, f"hydra.run.dir={quoted(str(run_dir))}"]
