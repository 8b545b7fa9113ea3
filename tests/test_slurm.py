"""A real SLURM of one node: shards as an array, and a search whose jobs are killed and put back.

Needs root, Debian's slurmctld, slurmd, slurm-client and munge, and a machine that may be thrown
away, for SLURM's configuration is written over: ``RESGAT_SLURM=1 pytest -m slurm``.
"""

import csv
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

pytestmark = [pytest.mark.slurm, pytest.mark.slow]

HERE = Path(__file__).parent / "slurm"
ON_SLURM = [
    "hydra/launcher=slurm",
    "hydra.launcher.cpus_per_task=1",
    "hydra.launcher.partition=debug",
]
LIMIT_S = 900
Run = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module")
def slurm() -> Iterator[Mapping[str, str]]:
    """A cluster, and the environment in which its commands are found."""
    if "RESGAT_SLURM" not in os.environ:
        pytest.skip("starts a SLURM on this machine; set RESGAT_SLURM=1 where it may")
    try:
        subprocess.run(["bash", str(HERE / "up.sh")], check=True, timeout=180)
        yield {**os.environ, "PATH": f"{HERE / 'bin'}:{os.environ['PATH']}"}
    finally:
        subprocess.run(["bash", str(HERE / "down.sh")], check=False, timeout=60)


@pytest.fixture
def start(slurm: Mapping[str, str], repo: Path, data_home: Path) -> Run:
    """Start a sweep whose jobs SLURM runs."""

    def run(name: str, *said: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(repo / "src" / f"{name}.py"), "-m", *said, *ON_SLURM]
        env = {**slurm, "RESGAT_DATA": str(data_home)}
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=env, text=True, stdout=pipe, stderr=subprocess.STDOUT)

    return run


def finish(sweep: subprocess.Popen[str]) -> str:
    out, _ = sweep.communicate(timeout=LIMIT_S)
    assert sweep.returncode == 0, out
    return out


def job_of(folder: Path) -> str:
    """Return SLURM's name of the job that works in a folder."""
    said = yaml.safe_load((folder / ".hydra" / "hydra.yaml").read_text("utf-8"))
    return str(said["hydra"]["job"]["id"])


def test_shards_are_cut_by_an_array(
    start: Run, real_data: Path, command: Callable[..., Any], tmp_path: Path
) -> None:
    crops, raw = tmp_path / "crops", real_data / "dfdc"
    cut = ["data=dfdc", f"data.raw_dir={raw}", f"data.crops_dir={crops}", "shard.count=2"]
    cut += ["frames_per_video=2", "size_px=64", "num_workers=0", "allow_failures=true"]
    finish(start("preprocess", *cut, "shard.index=0,1", f"hydra.sweep.dir={tmp_path / 'sweep'}"))
    merged = command("preprocess", *cut, f"hydra.run.dir={tmp_path / 'merge'}")
    assert merged.status == 0, merged.err
    assert len(pq.read_table(crops / "index.parquet")) > 0


def test_jobs_that_are_killed_go_on(
    start: Run,
    slurm: Mapping[str, str],
    tiny: list[str],
    wait_for: Callable[..., None],
    tmp_path: Path,
) -> None:
    searched = ["hparams_search=optuna", "callbacks=default", "trainer.max_epochs=40"]
    searched += [
        "hydra.sweeper.n_trials=2",
        "hydra.sweeper.n_jobs=2",
        f"hydra.sweep.dir={tmp_path}",
    ]
    sweep = start("train", *tiny, *searched)
    for folder, kill in (
        (tmp_path / "0", ["scancel", "--signal=USR2"]),  # as a cluster that needs the node says it
        (tmp_path / "1", ["scontrol", "requeue"]),  # as one that does not ask
    ):
        wait_for((folder / "checkpoints" / "last.ckpt").is_file, sweep, LIMIT_S)
        subprocess.run([*kill, job_of(folder)], env=slurm, check=True, timeout=60)
    finish(sweep)
    for folder in (tmp_path / "0", tmp_path / "1"):
        ask = ["scontrol", "-o", "show", "job", job_of(folder)]
        assert "Restarts=1 " in subprocess.check_output(ask, env=slurm, text=True, timeout=60)
    with (tmp_path / "trials.csv").open(newline="") as file:
        assert [row["state"] for row in csv.DictReader(file)] == ["complete", "complete"]
    for folder in (tmp_path / "0", tmp_path / "1"):
        log = (folder / "train.log").read_text("utf-8")
        assert log.count("epoch 1/40") == log.count("epoch 40/40") == 1
