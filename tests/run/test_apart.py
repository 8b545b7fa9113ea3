"""Jobs of a sweep that take several processes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import OmegaConf

from resgat.config import SWEEP_NAME
from resgat.errors import DeviceError, JobFailedError, TrialPrunedError
from resgat.run.apart import alone, must_be_apart, run_apart
from resgat.run.stopped import Stop, read_stop, write_stop

Hydra = Callable[..., None]

CPU = {"accelerator": "cpu", "devices": 1, "strategy": "auto"}


@pytest.fixture
def hydra(tmp_path: Path) -> Iterator[Hydra]:
    """Pretend that Hydra runs a job of the name of a script that is not there."""
    before = HydraConfig.instance().cfg

    def pretend(mode: RunMode, job: str = "no_such_script", **overrides: list[str]) -> None:
        said = {"task": [], "hydra": [], **overrides}
        made = {"mode": mode, "job": {"name": job}, "overrides": said, "sweep": {"dir": "a/b/c"}}
        HydraConfig.instance().cfg = OmegaConf.create({"hydra": made})  # type: ignore[assignment]

    yield pretend
    HydraConfig.instance().cfg = before


def test_what_is_of_the_sweep_stays_there_and_the_folder_is_taken_literally() -> None:
    sweeping = [
        *("hydra.mode=MULTIRUN", "hydra.sweep.dir=x", "+hydra.sweeper.n_trials=3"),
        *("hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "++hydra.run.dir=y"),
    ]
    said = alone(["lr=0.1", "seed=2"], [*sweeping, "hydra.verbose=true"], Path("x/lr=0.1,seed=2"))
    assert said == ["lr=0.1", "seed=2", "hydra.verbose=true", "hydra.run.dir='x/lr=0.1,seed=2'"]


@pytest.mark.parametrize(
    ("mode", "changed", "expected"),
    [
        (RunMode.MULTIRUN, {}, False),
        (RunMode.MULTIRUN, {"strategy": "ddp", "devices": 2}, True),
        (RunMode.RUN, {"strategy": "ddp", "devices": 2}, False),
    ],
)
def test_only_a_sweeps_job_with_processes_of_its_own_goes_apart(
    mode: RunMode, changed: dict[str, Any], expected: bool, hydra: Hydra
) -> None:
    hydra(mode)
    assert must_be_apart({**CPU, **changed}) is expected


def test_any_job_of_a_sweep_goes_apart_that_is_asked_to(
    hydra: Hydra, monkeypatch: pytest.MonkeyPatch
) -> None:
    hydra(RunMode.RUN)
    assert must_be_apart(CPU, asked=True) is False
    hydra(RunMode.MULTIRUN)
    assert must_be_apart(CPU, asked=True) is True
    for name, value in {"SLURM_JOB_ID": "1", "SLURM_NTASKS": "1", "SLURM_JOB_NAME": "x"}.items():
        monkeypatch.setenv(name, value)  # of a search that is itself a job of the cluster
    assert must_be_apart(CPU, asked=True) is True
    monkeypatch.setenv("SUBMITIT_EXECUTOR", "slurm")  # of a trial that is
    assert must_be_apart(CPU, asked=True) is False
    monkeypatch.delenv("SUBMITIT_EXECUTOR")
    monkeypatch.setenv("SLURM_NTASKS", "2")
    monkeypatch.setenv("SLURM_NTASKS_PER_NODE", "2")
    assert must_be_apart(CPU, asked=True) is False


def test_what_torchrun_has_started_starts_nothing(
    hydra: Hydra, monkeypatch: pytest.MonkeyPatch
) -> None:
    hydra(RunMode.MULTIRUN)
    told = {"LOCAL_RANK": 0, "RANK": 0, "WORLD_SIZE": 2, "GROUP_RANK": 0, "LOCAL_WORLD_SIZE": 2}
    for name, value in {**told, "TORCHELASTIC_RUN_ID": "run"}.items():
        monkeypatch.setenv(name, str(value))
    assert must_be_apart({**CPU, "strategy": "ddp", "devices": 2}) is False


def test_a_gpu_that_is_not_there_is_named(hydra: Hydra) -> None:
    hydra(RunMode.MULTIRUN)
    with pytest.raises(DeviceError, match=r"this machine has no usable GPU\. Use trainer=cpu"):
        must_be_apart({**CPU, "accelerator": "gpu"})


def test_a_job_that_fails_names_its_folder_and_how_it_ended(hydra: Hydra, tmp_path: Path) -> None:
    hydra(RunMode.MULTIRUN)
    message = f"the job in {tmp_path} ended with status 2; the reason stands above"
    with pytest.raises(JobFailedError, match=f"^{message}$"):
        run_apart(tmp_path)


@pytest.mark.parametrize(
    ("stop", "kind"),
    [(Stop("failed", "no disk"), JobFailedError), (Stop("pruned", "worse"), TrialPrunedError)],
)
def test_the_reason_that_a_job_left_is_passed_on(
    hydra: Hydra, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: Stop, kind: type[Exception]
) -> None:
    hydra(RunMode.MULTIRUN, "train")
    write_stop(tmp_path, Stop("failed", "of an earlier attempt"))

    def end(command: list[str], **_: Any) -> Any:
        assert read_stop(tmp_path) is None
        write_stop(tmp_path, stop)
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(subprocess, "run", end)
    with pytest.raises(kind, match=f"^{stop.reason}$"):
        run_apart(tmp_path)


def test_a_job_is_told_its_sweep(hydra: Hydra, monkeypatch: pytest.MonkeyPatch) -> None:
    hydra(RunMode.MULTIRUN, "train", task=["seed=3"])
    calls: list[Any] = []

    def note(command: list[str], *, env: dict[str, str], check: bool) -> Any:
        calls.append((command[1:], env[SWEEP_NAME]))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", note)
    run_apart(Path("a/b/c/0"))
    (((script, *said), sweep),) = calls
    assert Path(script).parts[-2:] == ("src", "train.py")
    assert Path(script).is_file()
    assert (said, sweep) == (["seed=3", "hydra.run.dir='a/b/c/0'"], "b/c")


@pytest.mark.slow  # each process imports everything
def test_a_sweep_with_two_processes_a_job_trains_what_the_jobs_would_train_alone(
    tiny: list[str], data_home: Path, repo: Path, tmp_path: Path
) -> None:
    several = [*tiny, "trainer=smoke", "strategy=ddp", "trainer.devices=2", "logger=wandb"]

    def train(*said: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(repo / "src" / "train.py"), *said, *several],
            env={**os.environ, "RESGAT_DATA": str(data_home), "WANDB_MODE": "offline"},
            capture_output=True,
            text=True,
        )

    swept = train("--multirun", "seed=1,2", f"hydra.sweep.dir={tmp_path / 'sweep'}")
    assert swept.returncode == 0, swept.stderr
    alone = train("seed=2", f"hydra.run.dir={tmp_path / 'alone'}")
    assert alone.returncode == 0, alone.stderr
    folders = sorted(path.name for path in (tmp_path / "sweep").iterdir() if path.is_dir())
    assert folders == ["0", "1"]
    there = [tmp_path / "sweep" / "1", tmp_path / "alone"]
    first, second = (json.loads((run / "metrics.json").read_text("utf-8")) for run in there)
    assert first["test"]["video"] == second["test"]["video"]
    config = yaml.safe_load((there[0] / "config.yaml").read_text("utf-8"))
    assert config["logger"]["wandb"]["group"] == f"{tmp_path.name}/sweep"
    assert [len(list(run.glob("wandb/offline-run-*"))) for run in there] == [1, 1]
