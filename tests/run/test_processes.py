"""Which process of a run died."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import OmegaConf

from resgat.errors import ConfigError, JobFailedError
from resgat.run.processes import check_one_folder, leave_together, naming_the_dead, num_started


def run_of(*processes: subprocess.Popen[bytes]) -> Any:
    launcher = SimpleNamespace(procs=list(processes))
    return SimpleNamespace(strategy=SimpleNamespace(launcher=launcher))


def waiting() -> subprocess.Popen[bytes]:
    """A process that lives until it is killed, or its input ends."""
    return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)


def test_a_process_that_was_killed_is_named() -> None:
    with waiting() as alive, waiting() as dead:
        dead.send_signal(signal.SIGKILL)
        remedy = r"go on with ckpt_path=last hydra\.run\.dir=out/run"
        message = f"rank 2 of 3 was ended by SIGKILL, and the run cannot go on .*; {remedy}"
        with (
            pytest.raises(JobFailedError, match=message),
            naming_the_dead(run_of(alive, dead), Path("out/run")),
        ):
            raise RuntimeError("Connection closed by peer")
        alive.kill()


@pytest.mark.parametrize("error", [RuntimeError("out of memory"), ConfigError("no"), KeyError(1)])
def test_what_fails_by_itself_keeps_its_words(error: Exception) -> None:
    with waiting() as alive:
        with pytest.raises(type(error), match=str(error)), naming_the_dead(run_of(alive), Path()):
            raise error
        alive.kill()
    alone: Any = SimpleNamespace(strategy=SimpleNamespace(launcher=None))
    with pytest.raises(type(error), match=str(error)), naming_the_dead(alone, Path()):
        raise error


@pytest.fixture
def hydra() -> Iterator[Callable[..., None]]:
    """Pretend that Hydra runs a command."""
    before = HydraConfig.instance().cfg

    def pretend(mode: RunMode, *said: str) -> None:
        made = {"mode": mode, "overrides": {"hydra": list(said)}}
        HydraConfig.instance().cfg = OmegaConf.create({"hydra": made})  # type: ignore[assignment]

    yield pretend
    HydraConfig.instance().cfg = before


TORCHRUN = {"TORCHELASTIC_RUN_ID": "a", "RANK": "0", "GROUP_RANK": "0", "LOCAL_WORLD_SIZE": "2"}


@pytest.mark.parametrize(
    "told",
    [
        {**TORCHRUN, "WORLD_SIZE": "2"},
        {"SLURM_NTASKS": "2", "SLURM_JOB_NAME": "x", "SLURM_NTASKS_PER_NODE": "2"},
    ],
)
def test_processes_that_are_started_from_outside_are_told_their_folder(
    told: dict[str, str], hydra: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    hydra(RunMode.RUN)
    check_one_folder()
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    message = r"hydra\.run\.dir: each of the 2 processes would make a folder of its own"
    with pytest.raises(ConfigError, match=message):
        check_one_folder()
    hydra(RunMode.RUN, "hydra.run.dir=outputs/mine")
    check_one_folder()
    hydra(RunMode.MULTIRUN, "hydra.run.dir=outputs/mine")
    with pytest.raises(ConfigError, match=r"hydra\.sweep\.dir: each of the 2 processes would make"):
        check_one_folder()
    hydra(RunMode.MULTIRUN, "hydra.sweep.dir=outputs/mine")
    check_one_folder()
    hydra(RunMode.MULTIRUN)
    monkeypatch.setenv("SUBMITIT_EXECUTOR", "slurm")  # which sends the folder along
    check_one_folder()


def test_a_cluster_that_was_asked_in_another_way_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SLURM_NTASKS": "2", "SLURM_JOB_NAME": "x"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match="Use `--ntasks-per-node=2` instead"):
        num_started()


def test_the_first_of_several_processes_does_not_leave_the_others_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_together(tmp_path)
    for name, value in {**TORCHRUN, "WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(JobFailedError, match=f"another run has finished {tmp_path} meanwhile"):
        leave_together(tmp_path)
