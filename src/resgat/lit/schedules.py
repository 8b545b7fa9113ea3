"""Learning-rate schedules with warm-up, as functions of the optimiser and the number of steps."""

from __future__ import annotations

from typing import Any, Literal

from torch.optim import Optimizer
from torch.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    LinearLR,
    LRScheduler,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
)

from resgat.checks import check_choice, check_range


def constant(optimizer: Optimizer, num_steps: int, *, warmup: float = 0.0) -> list[dict[str, Any]]:
    """Hold the rate after a linear warm-up over the share ``warmup`` of all steps."""
    body = ConstantLR(optimizer, factor=1.0, total_iters=0)
    return _per_step(_warmed(optimizer, body, num_steps, warmup))


def cosine(
    optimizer: Optimizer, num_steps: int, *, warmup: float = 0.05, final_lr: float = 0.0
) -> list[dict[str, Any]]:
    """Fall along half a cosine to ``final_lr`` after a linear warm-up.

    Source:
        Loshchilov and Hutter 2017 (arXiv 1608.03983), without restarts.
    """
    falling = max(1, num_steps - round(warmup * num_steps))
    body = CosineAnnealingLR(optimizer, falling, eta_min=final_lr)
    return _per_step(_warmed(optimizer, body, num_steps, warmup))


def one_cycle(
    optimizer: Optimizer, num_steps: int, *, warmup: float = 0.3, start_factor: float = 0.04
) -> list[dict[str, Any]]:
    """Rise from ``start_factor`` of the rate over the share ``warmup`` of all steps, then fall.

    Momentum, or AdamW's first beta, moves the other way, between 0.95 and 0.85.

    Source:
        Smith and Topin 2018 (arXiv 1708.07120), PyTorch's OneCycleLR with cosine annealing.
    """
    check_range("start_factor", start_factor, low=1e-6, high=1)
    rising = min(_warmup_steps(num_steps, warmup), num_steps - 1)
    peaks = [group["lr"] for group in optimizer.param_groups]
    schedule = OneCycleLR(
        optimizer,
        peaks,
        total_steps=num_steps,
        # PyTorch divides by the length of the rise less one.
        pct_start=rising / num_steps if rising > 1 else 0.0,
        div_factor=1 / start_factor,
    )
    return _per_step(schedule)


def plateau(
    optimizer: Optimizer,
    num_steps: int,
    *,
    warmup: float = 0.05,
    monitor: str = "val/video_auc",
    mode: Literal["min", "max"] = "max",
    factor: float = 0.1,
    patience: int = 3,
) -> list[dict[str, Any]]:
    """Cut the rate by ``factor`` when ``monitor`` has not improved for ``patience`` validations.

    Args:
        optimizer: Whose rate is cut.
        num_steps: Steps of the whole run, of which the warm-up takes a share.
        warmup: That share.
        monitor: What is watched.
        mode: Whether larger (``max``) or smaller (``min``) is better.
        factor: What the rate is multiplied by.
        patience: Validations to wait.
    """
    check_choice("mode", mode, ("min", "max"))
    check_range("factor", factor, low=0, high=0.99)
    check_range("patience", patience, low=0)
    body = ReduceLROnPlateau(optimizer, mode=mode, factor=factor, patience=patience)
    schedules: list[dict[str, Any]] = [{"scheduler": body, "interval": "epoch", "monitor": monitor}]
    steps = _warmup_steps(num_steps, warmup)
    return _per_step(_rise(optimizer, steps)) + schedules if steps else schedules


def _per_step(schedule: LRScheduler) -> list[dict[str, Any]]:
    return [{"scheduler": schedule, "interval": "step"}]


def _warmed(optimizer: Optimizer, body: LRScheduler, num_steps: int, warmup: float) -> LRScheduler:
    steps = _warmup_steps(num_steps, warmup)
    if steps == 0:
        return body
    return SequentialLR(optimizer, [_rise(optimizer, steps), body], milestones=[steps])


def _rise(optimizer: Optimizer, steps: int) -> LinearLR:
    return LinearLR(optimizer, start_factor=1 / (steps + 1), total_iters=steps)


def _warmup_steps(num_steps: int, warmup: float) -> int:
    check_range("warmup", warmup, low=0, high=1)
    return round(warmup * num_steps)
