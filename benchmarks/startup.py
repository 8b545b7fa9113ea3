"""How long a command takes to begin, in seconds: its control is a second's work of one core."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from benchmarks.paired import Sides

_ROOT = Path(__file__).resolve().parents[1]
#: Name -> arguments of ``src/train.py``; and what the shell says when it asks for completion.
ANSWERS = {
    "help": ("--help",),
    "cfg_job": ("--cfg", "job"),
    "completion": ("-sc", "query=bash"),
}
_ASKING = {"COMP_LINE": "src/train.py model=", "COMP_POINT": "19"}
#: Runs the command up to the end of the first training step.
_FIRST_STEP = """
import os, runpy, sys
from resgat.lit.detector import DetectorModule
DetectorModule.on_train_batch_end = lambda *_: os._exit(0)
sys.path.insert(0, "src")
sys.argv[0] = "src/train.py"
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def answer_sides(name: str) -> Sides:
    """Compare an answer that needs no run with a second; ``name`` is of :data:`ANSWERS`."""
    command = [sys.executable, "src/train.py", *ANSWERS[name]]
    return Sides(partial(_run, command), a_second)


def first_step_sides(folder: Path) -> Sides:
    """Compare ``python src/train.py``, up to its first step, with a second.

    The faces are drawn in the round that is not measured.

    Args:
        folder: Where they and the run's folder lie.
    """
    command = [sys.executable, "-c", _FIRST_STEP, f"hydra.run.dir={folder / 'run'}"]
    return Sides(partial(_run, command, RESGAT_DATA=str(folder / "data")), a_second)


def a_second() -> None:
    """Keep one core at work for a second of its time."""
    end = time.process_time() + 1
    while time.process_time() < end:
        pass


def _run(command: list[str], **environment: str) -> None:
    variables = {**os.environ, **_ASKING, "WANDB_MODE": "offline", **environment}
    subprocess.run(command, check=True, capture_output=True, cwd=_ROOT, env=variables)
