"""Learning rates step by step, against curves written out by hand."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau

from resgat.errors import ConfigError
from resgat.lit.schedules import constant, cosine, one_cycle, plateau

Schedule = Callable[..., list[dict[str, Any]]]


def adamw(lr: float = 1.0) -> torch.optim.Optimizer:
    return torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=lr)


def rates(schedule: Schedule, num_steps: int, lr: float = 1.0, **settings: Any) -> list[float]:
    """The rate of each step of a run; as Lightning does, the schedule also steps after the last."""
    optimizer = adamw(lr)
    (config,) = schedule(optimizer, num_steps, **settings)
    assert config["interval"] == "step"
    seen = []
    for _ in range(num_steps):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        config["scheduler"].step()
    return seen


def test_constant_rises_evenly_and_stays() -> None:
    expected = [0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.0, 1.0]
    assert rates(constant, 8, warmup=0.5) == pytest.approx(expected)
    assert rates(constant, 3) == [1.0, 1.0, 1.0]


def test_cosine_rises_evenly_and_falls_along_half_a_wave() -> None:
    falling = [0.5 + 0.5 * math.cos(math.pi * step / 8) for step in range(8)]
    assert rates(cosine, 10, warmup=0.2) == pytest.approx([1 / 3, 2 / 3, *falling])


def test_cosine_ends_at_the_final_rate() -> None:
    seen = rates(cosine, 200, lr=2.0, warmup=0, final_lr=0.5)
    assert seen[0] == 2.0
    assert seen[100] == pytest.approx(1.25)
    assert seen[-1] == pytest.approx(0.5, abs=1e-3)
    assert min(seen) >= 0.5


def test_one_cycle_starts_low_peaks_after_the_rise_and_ends_near_zero() -> None:
    seen = rates(one_cycle, 10, lr=3.0, warmup=0.3, start_factor=0.04)
    assert seen[:3] == pytest.approx([0.12, 1.56, 3.0])  # half a wave over two steps
    assert max(seen) == seen[2]
    assert seen[2:] == sorted(seen[2:], reverse=True)
    assert seen[-1] < 1e-4


@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("num_steps", [1, 2, 10])
@pytest.mark.parametrize("schedule", [constant, cosine, one_cycle])
def test_no_length_of_run_or_warm_up_breaks_a_schedule(
    schedule: Schedule, num_steps: int, warmup: float
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        seen = rates(schedule, num_steps, warmup=warmup)
    assert all(0 <= rate <= 1 for rate in seen)


def test_plateau_cuts_the_rate_when_the_metric_no_longer_rises() -> None:
    optimizer = adamw()
    warm_up, on_plateau = plateau(optimizer, 20, warmup=0.2, factor=0.5, patience=1)
    assert on_plateau["interval"] == "epoch"
    assert on_plateau["monitor"] == "val/video_auc"
    assert isinstance(on_plateau["scheduler"], ReduceLROnPlateau)
    seen = []
    for epoch, auc in enumerate([0.5, 0.7, 0.7, 0.69, 0.9]):
        for _ in range(4):
            seen.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            warm_up["scheduler"].step()
        on_plateau["scheduler"].step(auc)
        assert epoch < 3 or optimizer.param_groups[0]["lr"] == pytest.approx(0.5)
    assert seen[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert seen[-4:] == pytest.approx([0.5] * 4)


def test_plateau_without_warm_up_is_one_schedule() -> None:
    (only,) = plateau(adamw(), 20, warmup=0, monitor="val/frame_auc")
    assert only["monitor"] == "val/frame_auc"


@pytest.mark.parametrize("schedule", [constant, cosine, one_cycle])
def test_a_schedules_state_is_plain_values(
    schedule: Schedule, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("state") / "state.pt"
    (config,) = schedule(adamw(), 10, warmup=0.3)
    torch.save(config["scheduler"].state_dict(), path)
    (fresh,) = schedule(adamw(), 10, warmup=0.3)
    fresh["scheduler"].load_state_dict(torch.load(path, weights_only=True))


@pytest.mark.parametrize(
    ("schedule", "settings", "message"),
    [
        (constant, {"warmup": 1.5}, r"warmup: expected a number in \[0, 1\], got 1\.5"),
        (cosine, {"warmup": -0.1}, "warmup: expected a number"),
        (one_cycle, {"warmup": 2}, "warmup: expected a number"),
        (one_cycle, {"start_factor": 0}, "start_factor: expected a number"),
        (plateau, {"warmup": 2}, "warmup: expected a number"),
        (plateau, {"factor": 1}, r"factor: expected a number in \[0, 0\.99\], got 1"),
        (plateau, {"patience": -1}, "patience: expected a number"),
    ],
)
def test_impossible_settings_are_refused(
    schedule: Schedule, settings: dict[str, float], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        schedule(adamw(), 10, **settings)


def test_plateau_watches_a_loss_the_other_way_round() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    (watching,) = plateau(optimizer, 10, warmup=0, mode="min", factor=0.5, patience=0)
    for loss in (3.0, 2.0, 1.0):
        watching["scheduler"].step(loss)
    assert optimizer.param_groups[0]["lr"] == 1.0
    watching["scheduler"].step(1.0)
    assert optimizer.param_groups[0]["lr"] == 0.5
