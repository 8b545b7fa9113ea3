"""The device that a command asks for by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from resgat.errors import DeviceError


def choose_device(name: str) -> torch.device:
    """Return a device; ``auto`` takes a GPU if there is one.

    Raises:
        DeviceError: The name is not one, or this machine has no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        msg = f"device: expected auto, cpu, cuda or cuda:N, got {name!r}"
        raise DeviceError(msg) from error
    if device.type == "cuda" and not torch.cuda.is_available():
        msg = f"device={name}, but this machine has no usable GPU. Use device=cpu"
        raise DeviceError(msg)
    return device


def check_accelerator(trainer: Mapping[str, Any]) -> None:
    """Refuse a trainer that is to use a GPU where there is none.

    Raises:
        DeviceError: It is, and there is none.
    """
    if trainer.get("accelerator") in ("gpu", "cuda") and not torch.cuda.is_available():
        msg = "trainer.accelerator=gpu, but this machine has no usable GPU. Use trainer=cpu"
        raise DeviceError(msg)
