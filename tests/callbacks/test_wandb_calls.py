"""W&B that fails, keeps silent, or would ask: it never costs a run."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
import wandb

from resgat.callbacks import wandb_calls
from resgat.callbacks.wandb_calls import begin, finish, send
from resgat.errors import ConfigError


def logger_of(**run: Any) -> Any:
    return SimpleNamespace(experiment=SimpleNamespace(**{"offline": False, **run}))


def refuse() -> None:
    raise wandb.errors.CommError("no network")


def test_what_fails_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    each = logger_of()
    begin(each)
    send(each, "show roc", refuse)
    assert caplog.messages == ["W&B could not show roc; the run goes on: no network"]


def test_what_is_not_answered_is_waited_for_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(wandb_calls, "_PATIENCE_S", 0.01)
    answered, told = Event(), []
    each = logger_of()
    begin(each)
    send(each, "show roc", answered.wait)
    send(each, "show pr", lambda: told.append("pr"))
    assert (told, len(caplog.messages)) == ([], 1)
    assert "could not show roc; the run goes on: no answer within 0 s, no more" in caplog.text
    answered.set()
    begin(each)  # the next run of a sweep
    send(each, "show pr", lambda: told.append("pr"))
    assert told == ["pr"]


def test_a_mistake_in_a_run_that_is_offline_is_not_hidden() -> None:
    with pytest.raises(wandb.errors.CommError):
        send(logger_of(offline=True), "show roc", refuse)


def test_nobody_is_asked_for_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    asked = []

    class Asking:
        @property
        def experiment(self) -> None:
            asked.append(sys.stdin.isatty())

    each: Any = Asking()
    begin(each)
    assert asked == [False]
    assert sys.stdin is terminal


@pytest.mark.parametrize("kind", [wandb.errors.UsageError, wandb.errors.CommError])
def test_a_run_that_cannot_begin_is_an_error_with_its_remedy(kind: type[Exception]) -> None:
    class Unreachable:
        @property
        def experiment(self) -> None:
            raise kind("no key or no network")

    each: Any = Unreachable()
    with pytest.raises(ConfigError) as caught:
        begin(each)
    assert str(caught.value) == (
        "W&B could not begin a run: no key or no network; check the network and the key (`wandb "
        "login`, or WANDB_API_KEY), or set logger.wandb.offline=true and send it later with `wandb "
        "sync`"
    )


def test_a_wandb_that_is_silent_at_the_start_is_waited_for_a_minute(
    command: Callable[..., Any], tiny: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def silent(**settings: Any) -> None:
        asked.append(settings["settings"])
        raise wandb.errors.CommError("no answer")

    monkeypatch.setattr(wandb, "init", silent)
    online = ["logger=wandb", "logger.wandb.offline=false", f"hydra.run.dir={tmp_path}"]
    done = command("train", *tiny, *online)
    assert done.status == 1
    assert done.err.startswith("error: W&B could not begin a run: no answer; check the network")
    assert asked == [{"quiet": True, "init_timeout": 60, "finish_timeout": 600}]


def test_a_run_that_cannot_be_closed_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(exit_code: int) -> None:
        raise ConnectionResetError(exit_code)

    monkeypatch.setattr(wandb, "run", object())
    monkeypatch.setattr(wandb, "finish", fail)
    finish(exit_code=1)
    assert caplog.messages == ["W&B could not close the run, use `wandb sync`: 1"]


@pytest.mark.slow  # W&B tries again for a long time
def test_a_run_finishes_though_wandb_goes_away_in_the_middle(
    tiny: list[str], data_home: Path, repo: Path, tmp_path: Path, wandb_service: Any
) -> None:
    environment = {
        **os.environ,
        "RESGAT_DATA": str(data_home),
        "WANDB_API_KEY": "a" * 40,
        "WANDB_BASE_URL": wandb_service.url,
        "WANDB_MODE": "online",
    }
    online = ["logger=wandb", "logger.wandb.offline=false"]
    brief = ["logger.wandb.settings.finish_timeout=5", f"hydra.run.dir={tmp_path}"]
    command = [sys.executable, str(repo / "src" / "train.py"), *tiny, *online, *brief]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert wandb_service.has_begun.is_set()
    assert wandb_service.is_down.is_set()
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "metrics.json").read_text())["test"]["video"]["n"] > 0
    told = (tmp_path / "train.log").read_text()
    assert "W&B could not keep the checkpoint; the run goes on" in told
    assert list(tmp_path.glob("wandb/run-*/*.wandb"))  # for wandb sync
