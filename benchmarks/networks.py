"""The networks as the commands build them, and the work that is measured on them."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from torch import Tensor, nn

from benchmarks.paired import Sides, Work
from resgat.cli import CONF_DIR
from resgat.config import register
from resgat.run.allocation import keep_freed_memory
from resgat.run.instantiate import build
from resgat.types import FaceBatch

_BATCH_SIZE = 16
_SIZE_PX = 224


@cache
def section(name: str, *overrides: str) -> dict[str, Any]:
    """Return one section of ``conf/train.yaml`` in plain containers."""
    register()
    with initialize_config_dir(str(CONF_DIR), version_base="1.3"):
        cfg = compose("train", overrides=list(overrides))
    # The section alone: others refer to the run folder, and there is no run here.
    plain: dict[str, Any] = OmegaConf.to_container(cfg[name], resolve=True)  # type: ignore[assignment]
    return plain


def train_step_sides(model: str, control: str) -> Sides:
    """Compare one training step of two models on the same batch, with memory kept as there."""
    keep_freed_memory()
    faces = batch(_BATCH_SIZE)
    return Sides(_train_step(network(model), faces), _train_step(network(control), faces))


def compiled_sides(model: str) -> Sides:
    """Compare one training step of a model behind ``torch.compile`` with the step as it is."""
    logging.getLogger("torch").setLevel(logging.ERROR)  # it says at length where its graph breaks
    keep_freed_memory()
    faces = batch(_BATCH_SIZE)
    compiled = network(model)
    compiled.compile()
    return Sides(_train_step(compiled, faces), _train_step(network(model), faces))


def evidence_sides(model: str, control: str) -> Sides:
    """Compare a model's evidence with a control's bare logits, on the same images."""
    image = batch(_BATCH_SIZE).image
    return Sides(
        _inference(network(model), image, return_evidence=True),
        _inference(network(control), image, return_evidence=False),
    )


def network(model: str) -> nn.Module:
    """Build a model as configured, the same in every process."""
    torch.manual_seed(0)
    built: nn.Module = build(section("model", f"model={model}"))
    return built


def batch(size: int, size_px: int = _SIZE_PX) -> FaceBatch:
    """Return as many random images, as a loader hands them over."""
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(size, size_px, size_px, 3, generator=generator).permute(0, 3, 1, 2)
    numbers = torch.arange(size)
    return FaceBatch(image, (numbers % 2).float(), numbers, numbers)


def _train_step(net: nn.Module, faces: FaceBatch) -> Work:
    """Forward, loss, backward, optimiser."""
    loss = build(section("loss"))
    optimizer: torch.optim.Optimizer = build(section("optimizer"))(net.parameters())
    net.train()

    def step() -> None:
        optimizer.zero_grad()
        loss(net(faces.image), faces.label).backward()
        optimizer.step()

    return step


def _inference(net: nn.Module, image: Tensor, *, return_evidence: bool) -> Work:
    net.eval()

    @torch.inference_mode()
    def infer() -> None:
        net(image, return_evidence=return_evidence)

    return infer
