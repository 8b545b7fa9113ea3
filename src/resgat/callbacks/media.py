"""Send numbers, settings, pictures, tables and files to whichever loggers a run has."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import wandb
from matplotlib.figure import Figure
from pytorch_lightning.loggers import TensorBoardLogger, WandbLogger

from resgat.callbacks.wandb_calls import begin, finish, send
from resgat.files import file_sha256
from resgat.report.markdown import markdown_table

logger = logging.getLogger(__name__)

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


def log_config(
    trainer: pl.Trainer,
    config: Mapping[str, Any],
    environment: Mapping[str, Any],
    manifest: Path | None,
) -> None:
    """Log the settings that a run was made with, where and from what.

    W&B links training, evaluation and explanation by the files that they share. A run that is
    offline cannot say that it uses one: it logs that of the crops, in which all that are sent later
    meet, and the digests are in its configuration.

    Args:
        trainer: With its loggers.
        config: Of the run.
        environment: As ``record_run`` returns it.
        manifest: That of the crops, where there is one.

    Raises:
        ConfigError: W&B cannot be reached.
    """
    for each in trainer.loggers:
        if isinstance(each, WandbLogger):
            begin(each)
        each.log_hyperparams({**config, "environment": dict(environment)})
        if isinstance(each, WandbLogger):
            crops = _crops_artifact(environment["index_sha256"], manifest)
            if each.experiment.offline:
                link = partial(each.experiment.log_artifact, crops)
            else:
                link = partial(_link_inputs, each.experiment, crops, environment)
            send(each, "link the run to what it is made from", link)


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
    for each in trainer.loggers:
        each.log_metrics(dict(numbers), step=trainer.global_step)


def log_figures(trainer: pl.Trainer, figures: Mapping[str, Figure]) -> None:
    """Show figures in TensorBoard and W&B."""
    for each in trainer.loggers:
        for name, figure in figures.items():
            if isinstance(each, TensorBoardLogger):
                each.experiment.add_figure(name, figure, trainer.global_step, close=False)
            elif isinstance(each, WandbLogger):
                _log(each, name, wandb.Image(figure))


def log_table(
    trainer: pl.Trainer, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Show a table in W&B, and in TensorBoard as text; figures are shown as images.

    Text holds no image: in TensorBoard each is one of its own, which its cell names.
    """
    for each in trainer.loggers:
        if isinstance(each, TensorBoardLogger):
            _add_text_table(each, name, columns, rows, trainer.global_step)
        elif isinstance(each, WandbLogger):
            shown = [
                [wandb.Image(value) if _is_figure(value) else value for value in row]
                for row in rows
            ]
            _log(each, name, wandb.Table(columns=list(columns), data=shown))


def _add_text_table(
    each: TensorBoardLogger,
    name: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    step: int,
) -> None:
    told = []
    for place, row in enumerate(rows):
        cells = []
        for column, value in zip(columns, row, strict=True):
            cells.append(value)
            if _is_figure(value):
                cells[-1] = f"{name}/{column}_{place:02d}"
                each.experiment.add_figure(cells[-1], value, step, close=False)
        told.append(cells)
    each.experiment.add_text(name, markdown_table(columns, told), step)


def log_artifact(trainer: pl.Trainer, path: Path | None, kind: str) -> None:
    """Keep a file as a W&B artifact that is named after its content."""
    for each in trainer.loggers:
        if isinstance(each, WandbLogger) and path is not None:
            digest = file_sha256(path)
            artifact = wandb.Artifact(_named(kind, digest), kind, metadata={"sha256": digest})
            # The file stays as it is, so W&B need not keep a second copy until it is synced.
            artifact.add_file(str(path), policy="immutable")
            send(each, f"keep the {kind}", partial(each.experiment.log_artifact, artifact))


def _crops_artifact(digest: str, manifest: Path | None) -> wandb.Artifact:
    crops = wandb.Artifact(_named("crops", digest), "crops", metadata={"sha256": digest})
    if manifest is not None:
        crops.add_file(str(manifest))
    return crops


def _link_inputs(run: Any, crops: wandb.Artifact, environment: Mapping[str, Any]) -> None:
    run.use_artifact(crops)
    for checkpoint in environment["checkpoint_sha256"]:
        name = _named("checkpoint", checkpoint)
        try:
            run.use_artifact(f"{name}:latest")
        except (wandb.errors.CommError, ValueError) as error:
            logger.warning("W&B knows no artifact %s, so this run is not linked: %s", name, error)


def _named(kind: str, digest: str) -> str:
    return f"{kind}-{digest[:12]}"


def _is_figure(value: Any) -> bool:
    return isinstance(value, Figure)


def _log(each: WandbLogger, name: str, value: object) -> None:
    send(each, f"show {name}", partial(each.experiment.log, {name: value}))


def _finish(trainer: pl.Trainer, status: str) -> None:
    for each in trainer.loggers:
        each.finalize(status)
        if isinstance(each, WandbLogger):
            finish(exit_code=int(status != "success"))
