"""Why a job of a sweep has no results, in a file of its folder: it failed, or it was hopeless."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from resgat.errors import TrialPrunedError
from resgat.files import write_json

STOPPED_NAME = "stopped.json"


@dataclass(frozen=True)
class Stop:
    """How a job ended that has no results.

    Attributes:
        state: failed, or pruned: stopped on purpose, since others did better.
        reason: In words.
    """

    state: Literal["failed", "pruned"]
    reason: str

    @classmethod
    def of(cls, error: BaseException, message: str | None = None) -> Stop:
        """Return what an exception says.

        Args:
            error: What the job raised.
            message: What the user is told; None takes the exception's own words.

        Example:
            >>> Stop.of(ZeroDivisionError("division by zero"))
            Stop(state='failed', reason='ZeroDivisionError: division by zero')
        """
        state: Literal["failed", "pruned"] = "failed"
        if isinstance(error, TrialPrunedError):
            state = "pruned"
        return cls(state, message or f"{type(error).__name__}: {error}")


def write_stop(run_dir: Path, stop: Stop) -> None:
    """Note it."""
    write_json(run_dir / STOPPED_NAME, asdict(stop))


def read_stop(run_dir: Path) -> Stop | None:
    """Return what was noted; None of a job that has finished, is at work, or was killed."""
    try:
        return Stop(**json.loads((run_dir / STOPPED_NAME).read_text("utf-8")))
    except FileNotFoundError:
        return None


def with_reason(run_dir: Path, name: str) -> str:
    """Return a job's name, with the reason in brackets where one is known."""
    stop = read_stop(run_dir)
    return name if stop is None else f"{name} ({stop.state}: {stop.reason})"
