"""Send numbers, settings, pictures, tables and files to whichever loggers a run has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import wandb
from matplotlib.figure import Figure
from pytorch_lightning.loggers import TensorBoardLogger, WandbLogger

_LEVELS = ("video", "frame")


@contextmanager
def finishing_loggers(trainer: pl.Trainer) -> Iterator[None]:
    """Close the loggers when a run ends, well or badly; the next run of a sweep opens its own."""
    try:
        yield
    except BaseException:
        _finish(trainer, "failed")
        raise
    _finish(trainer, "success")


def log_config(trainer: pl.Trainer, config: Mapping[str, Any]) -> None:
    """Log the settings that a run was made with."""
    for logger in trainer.loggers:
        logger.log_hyperparams(dict(config))


def log_metrics(trainer: pl.Trainer, split: str, summary: Mapping[str, Any]) -> None:
    """Log the numbers of both levels as ``split/level_metric``."""
    numbers = {
        f"{split}/{level}_{name}": float(value)
        for level in _LEVELS
        for name, value in summary[level].items()
        if isinstance(value, int | float)
    }
    log_numbers(trainer, numbers)


def log_numbers(trainer: pl.Trainer, numbers: Mapping[str, float]) -> None:
    """Log numbers by name."""
    for logger in trainer.loggers:
        logger.log_metrics(dict(numbers), step=trainer.global_step)


def log_figures(trainer: pl.Trainer, figures: Mapping[str, Figure]) -> None:
    """Show figures in TensorBoard and W&B."""
    for logger in trainer.loggers:
        for name, figure in figures.items():
            if isinstance(logger, TensorBoardLogger):
                logger.experiment.add_figure(name, figure, trainer.global_step, close=False)
            elif isinstance(logger, WandbLogger):
                logger.experiment.log({name: wandb.Image(figure)})


def log_table(
    trainer: pl.Trainer, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Show a table in W&B; figures in it become images."""
    for logger in trainer.loggers:
        if isinstance(logger, WandbLogger):
            shown = [
                [wandb.Image(value) if isinstance(value, Figure) else value for value in row]
                for row in rows
            ]
            logger.experiment.log({name: wandb.Table(columns=list(columns), data=shown)})


def log_artifact(trainer: pl.Trainer, path: Path | None, kind: str) -> None:
    """Keep a file as a W&B artifact of the run."""
    for logger in trainer.loggers:
        if isinstance(logger, WandbLogger) and path is not None:
            artifact = wandb.Artifact(f"{kind}-{logger.experiment.id}", type=kind)
            # The file stays as it is, so W&B need not keep a second copy until it is synced.
            artifact.add_file(str(path), policy="immutable")
            logger.experiment.log_artifact(artifact)


def _finish(trainer: pl.Trainer, status: str) -> None:
    for logger in trainer.loggers:
        logger.finalize(status)
        if isinstance(logger, WandbLogger) and wandb.run is not None:
            wandb.finish(exit_code=int(status != "success"))
