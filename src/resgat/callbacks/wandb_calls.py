"""Calls to W&B that never ask a question, never hang, and never cost a run."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import wandb
from pytorch_lightning.loggers import WandbLogger

from resgat.errors import ConfigError

logger = logging.getLogger(__name__)

#: How long a call may take, in seconds; W&B itself would try for some twenty minutes.
_PATIENCE_S = 60.0
#: Set while W&B owes an answer: nothing more is sent then.
_is_silent = Event()


def begin(each: WandbLogger) -> None:
    """Begin the run of a logger.

    Raises:
        ConfigError: W&B cannot be reached, or does not know the user.
    """
    _is_silent.clear()
    try:
        with _nobody_to_ask():
            _ = each.experiment
    except wandb.errors.Error as error:
        msg = (
            f"W&B could not begin a run: {error}; check the network and the key (`wandb login`, or "
            "WANDB_API_KEY), or set logger.wandb.offline=true and send it later with `wandb sync`"
        )
        raise ConfigError(msg) from error


def send(each: WandbLogger, what: str, call: Callable[[], object]) -> None:
    """Call W&B; if it cannot be reached, say so and go on.

    Args:
        each: Whose run it is about.
        what: Ends the sentence "W&B could not ...".
        call: Does it.
    """
    if each.experiment.offline:
        call()
        return
    if _is_silent.is_set():
        return
    errors: list[Exception] = []
    thread = Thread(target=_attempt, args=(call, errors), daemon=True)
    thread.start()
    thread.join(_PATIENCE_S)
    if thread.is_alive():
        _is_silent.set()
        errors.append(TimeoutError(f"no answer within {_PATIENCE_S:.0f} s, no more is sent"))
    if errors:
        logger.warning("W&B could not %s; the run goes on: %s", what, errors[0])


def finish(exit_code: int) -> None:
    """Close the run that was begun, if one was."""
    errors: list[Exception] = []
    if wandb.run is not None:
        _attempt(lambda: wandb.finish(exit_code=exit_code), errors)
    if errors:
        logger.warning("W&B could not close the run, use `wandb sync`: %s", errors[0])


def _attempt(call: Callable[[], object], errors: list[Exception]) -> None:
    try:
        call()
    except Exception as error:  # noqa: BLE001  (its service raises what it likes)
        errors.append(error)


@contextmanager
def _nobody_to_ask() -> Iterator[None]:
    # W&B asks for a key where it finds a terminal, and waits.
    terminal, sys.stdin = sys.stdin, io.StringIO()
    try:
        yield
    finally:
        sys.stdin = terminal
