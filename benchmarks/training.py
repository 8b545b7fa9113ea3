"""Training as the command does it, next to its parts and to the step that is its limit."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
import torchvision
from torch import nn
from torch.utils.data import DataLoader

from benchmarks.loading import BATCH_SIZE, SIZE_PX, crops
from benchmarks.networks import batch, section
from benchmarks.paired import Sides, Work
from resgat.lit.detector import DetectorModule
from resgat.run.allocation import keep_freed_memory
from resgat.run.build import build_trainer
from resgat.run.instantiate import build
from resgat.types import FaceBatch

_NUM_STEPS = 4
_SHORT = (
    "trainer.max_epochs=1",
    f"+trainer.limit_train_batches={_NUM_STEPS}",
    "trainer.default_root_dir=null",
    "+trainer.enable_checkpointing=false",
)


def limit_sides(folder: Path, precision: str) -> Sides:
    """Compare training on stored crops with the bare torchvision ResNet-34 on random tensors.

    Both keep the memory that they free. The training loads in its own process: where every core
    trains, others would only take turns with it, and their start would count.

    Args:
        folder: Of all crops that benchmarks draw.
        precision: Of both, as ``trainer.precision`` names it.
    """
    keep_freed_memory()
    data = crops(folder, "data.num_workers=0", f"data.decoded_dir={folder / 'decoded'}")
    ours = fit(data.train_dataloader(), f"trainer.precision={precision}")
    return Sides(ours, _bare_steps(precision))


def model_alone_sides(folder: Path) -> Sides:
    """Compare training on stored crops with the same training on tensors in memory."""
    precision = "trainer.precision=bf16-mixed"
    return Sides(fit(crops(folder).train_dataloader(), precision), fit(_in_memory(), precision))


def loader_alone_sides(folder: Path) -> Sides:
    """Compare training on stored crops with as many batches of the same loader, and no model."""
    loader = crops(folder).train_dataloader()

    def load() -> None:
        for _ in zip(range(_NUM_STEPS), loader, strict=False):
            pass

    return Sides(fit(loader, "trainer.precision=bf16-mixed"), load)


def precision_sides() -> Sides:
    """Compare bfloat16 with float32 on tensors in memory; both run channels last."""
    ours, control = (f"trainer.precision={name}" for name in ("bf16-mixed", "32-true"))
    return Sides(fit(_in_memory(), ours), fit(_in_memory(), control))


def fit(loader: Iterable[FaceBatch], *overrides: str, model: str = "resgatv2") -> Work:
    """Return a fit of some steps through Lightning, with the configuration of ``src/train.py``.

    Args:
        loader: Of batches.
        overrides: Of that configuration.
        model: A name of ``conf/model``.
    """
    trainer = section("trainer", *_SHORT, *overrides)
    module = detector(f"model={model}")

    def run() -> None:
        config = {"trainer": trainer, "callbacks": {}, "logger": {}}
        build_trainer(config, show_progress=False).fit(module, loader)

    return run


def detector(*overrides: str) -> DetectorModule:
    """Return the module that ``src/train.py`` would train with these overrides."""
    return DetectorModule(
        build(section("model", *overrides)),
        build(section("loss")),
        build(section("optimizer")),
        build(section("scheduler")),
        seed=0,
        facts={},
    )


def _in_memory() -> DataLoader[FaceBatch]:
    # Lightning takes a list for several loaders.
    return DataLoader([batch(BATCH_SIZE)] * _NUM_STEPS, batch_size=None)  # type: ignore[arg-type]


def _bare_steps(precision: str) -> Work:
    net = torchvision.models.resnet34(num_classes=1).to(memory_format=torch.channels_last)
    image = torch.randn(BATCH_SIZE, 3, SIZE_PX, SIZE_PX)
    image = image.contiguous(memory_format=torch.channels_last)
    label = torch.randint(2, (BATCH_SIZE, 1)).float()
    optimizer, loss = torch.optim.AdamW(net.parameters()), nn.BCEWithLogitsLoss()

    def run() -> None:
        for _ in range(_NUM_STEPS):
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16-mixed"):
                logit = net(image)
            loss(logit.float(), label).backward()
            optimizer.step()

    return run
