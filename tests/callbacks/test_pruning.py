"""Jobs of a sweep that do worse than the others."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
import pytorch_lightning as pl
from optuna.pruners import MedianPruner, ThresholdPruner

from resgat.callbacks.pruning import Pruning, is_hopeless, read_reported, write_reported
from resgat.data.datamodule import CropDataModule
from resgat.errors import ConfigError, TrialPrunedError
from resgat.lit.detector import DetectorModule

Fit = Callable[..., Path]
MEDIAN = MedianPruner(n_startup_trials=2, n_warmup_steps=1)
FINISHED = [{0: 0.5, 1: 0.6, 2: 0.9}, {0: 0.5, 1: 0.8, 2: 0.9}]


@pytest.mark.parametrize(
    ("mine", "direction", "expected"),
    [
        ({0: 0.1}, "maximize", False),  # not yet
        ({0: 0.1, 1: 0.69}, "maximize", True),  # the median is 0.7
        ({0: 0.1, 1: 0.71}, "maximize", False),
        ({0: 0.9, 1: 0.71}, "minimize", True),
    ],
)
def test_a_trial_below_the_median_of_the_finished_is_hopeless(
    mine: dict[int, float], direction: str, expected: bool
) -> None:
    assert is_hopeless(MEDIAN, direction, mine, FINISHED) is expected
    assert not is_hopeless(MEDIAN, direction, mine, FINISHED[:1])


def test_values_are_kept_as_they_are(tmp_path: Path) -> None:
    assert read_reported(tmp_path) == {}
    write_reported(tmp_path, {0: 0.1, 3: math.nan})
    found = read_reported(tmp_path)
    assert (found[0], list(found)) == (0.1, [0, 3])
    assert math.isnan(found[3])


@pytest.fixture
def fit(
    make_module: Callable[..., DetectorModule],
    make_trainer: Callable[..., pl.Trainer],
    datamodule: CropDataModule,
    tmp_path: Path,
) -> Fit:
    """Fit for two epochs in the folder of a sweep's job, and return the folder."""

    def run(pruner: optuna.pruners.BasePruner, **settings: Any) -> Path:
        job = tmp_path / "0"
        job.mkdir(exist_ok=True)
        callback = Pruning(pruner, **{"monitor": "val/loss", "mode": "min", **settings})
        make_trainer(default_root_dir=job, callbacks=[callback]).fit(make_module(), datamodule)
        return job

    return run


def test_each_epoch_is_reported_and_what_an_earlier_attempt_left_is_not_kept(
    fit: Fit, tmp_path: Path
) -> None:
    (tmp_path / "multirun.yaml").touch()
    (tmp_path / "0").mkdir()
    write_reported(tmp_path / "0", {0: 9.0, 7: 9.0})
    found = read_reported(fit(MEDIAN))
    assert list(found) == [0, 1]
    assert all(0 < value < 9 for value in found.values())


def test_a_hopeless_job_ends_at_once(fit: Fit, tmp_path: Path) -> None:
    (tmp_path / "multirun.yaml").touch()
    with pytest.raises(TrialPrunedError, match=r"^hopeless after epoch 1: val/loss was 0\.\d{4}$"):
        fit(ThresholdPruner(upper=0.0))
    assert list(read_reported(tmp_path / "0")) == [0]


def test_it_is_compared_with_what_has_finished_beside_it(fit: Fit, tmp_path: Path) -> None:
    (tmp_path / "multirun.yaml").touch()
    for name, is_finished in (("1", True), ("2", False)):
        other = tmp_path / name
        other.mkdir()
        write_reported(other, {0: 0.0, 1: 0.0})
        if is_finished:
            (other / "metrics.json").touch()
    fit(MedianPruner(n_startup_trials=2))
    with pytest.raises(TrialPrunedError, match="hopeless after epoch 1"):
        fit(MedianPruner(n_startup_trials=1))


def test_a_run_of_its_own_is_never_ended(fit: Fit) -> None:
    assert read_reported(fit(ThresholdPruner(upper=0.0))) == {}


def test_a_metric_that_nothing_logs_is_refused(fit: Fit, tmp_path: Path) -> None:
    (tmp_path / "multirun.yaml").touch()
    message = r"callbacks\.pruning\.monitor=val/luck: nothing logs it; there is .*val/loss"
    with pytest.raises(ConfigError, match=message):
        fit(MEDIAN, monitor="val/luck")


def test_a_mode_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="mode: expected one of max, min; got 'up'"):
        Pruning(MEDIAN, "val/loss", mode="up")
