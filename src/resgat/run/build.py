"""Build what a run consists of: the trained network, the trainer, the random numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint

from resgat.checks import check_range
from resgat.errors import ConfigError
from resgat.lit.checkpoint_io import AtomicCheckpointIO
from resgat.run.device import check_accelerator
from resgat.run.instantiate import build, build_all

#: The keys that name a model's initial weights, each with the value that reads none.
_INITIAL_WEIGHTS = {"weights": "none", "released": None}
#: Settings of the trainer that leave crops of val or test out.
_PARTIAL = ("limit_val_batches", "limit_test_batches", "fast_dev_run", "overfit_batches")
#: Lightning's own sharing out of crops, which is on unless it is said.
_SAMPLER = "use_distributed_sampler"


def seed_all(seed: int) -> None:
    """Seed every random number generator.

    Raises:
        ConfigError: The seed is negative or takes more than 32 bits.
    """
    check_range("seed", seed, low=0, high=2**32 - 1)
    pl.seed_everything(seed, workers=True, verbose=False)


def build_trained(model: Mapping[str, Any]) -> Any:
    """Build the network of a checkpoint, whose weights will come from there.

    What it was initialised from is not read again: it need not exist here, and a path that came in
    a file is not followed.
    """
    return build(_without_initial_weights(model))


def build_trainer(config: Mapping[str, Any], *, show_progress: bool) -> pl.Trainer:
    """Build the Trainer with its callbacks and loggers.

    Raises:
        DeviceError: The configuration asks for a GPU and there is none.
        ConfigError: Numbers would be of a part of val or test, by a limit or by a sampler of
            Lightning's.
    """
    _check_whole(config["trainer"])
    _check_sampler(config["trainer"])
    check_accelerator(config["trainer"])
    trainer: pl.Trainer = build(
        {_SAMPLER: False, **config["trainer"]},
        callbacks=build_all(config["callbacks"]),
        logger=build_all(config["logger"]) or False,
        enable_progress_bar=show_progress,
    )
    trainer.strategy.checkpoint_io = AtomicCheckpointIO()
    return trainer


def _check_whole(trainer: Mapping[str, Any]) -> None:
    """Refuse what would make Lightning skip batches of val or test, before it costs a pass.

    Each process would skip some of its own, so that the crops that are left depend on how many
    there are, and a video on some of its frames.
    """
    for key in _PARTIAL:
        if not _is_all(key, trainer.get(key)):
            msg = (
                f"trainer.{key}={trainer[key]}: numbers would be of a part of the crops. Leave it "
                "out; data.frames_per_video=N takes fewer frames of every video, "
                "robustness.num_videos=N corrupts fewer videos, and "
                "trainer.limit_train_batches=N shortens an epoch"
            )
            raise ConfigError(msg)


def _check_sampler(trainer: Mapping[str, Any]) -> None:
    """Refuse what would deal the crops of a process out to all processes once more."""
    if trainer.get(_SAMPLER, False):
        msg = (
            f"trainer.{_SAMPLER}={trainer[_SAMPLER]}: each of several processes would leave out "
            "crops that no other has. Leave it out: crops are shared out among processes anyway"
        )
        raise ConfigError(msg)


def _is_all(key: str, value: object) -> bool:
    """Tell whether a limit is none; as a number of batches 1 is one, as a share it is all."""
    if key.startswith("limit_"):
        return value is None or (isinstance(value, float) and value == 1)
    return not value


def _without_initial_weights(model: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, value in model.items():
        if isinstance(value, Mapping):
            plain[key] = _without_initial_weights(value)
        else:
            plain[key] = _INITIAL_WEIGHTS.get(key, value)
    return plain


def checkpoint_path(trainer: pl.Trainer) -> Path | None:
    """Return where the best checkpoint of a finished fit lies."""
    callback = checkpoint_callback(trainer)
    return Path(callback.best_model_path) if callback and callback.best_model_path else None


def checkpoint_callback(trainer: pl.Trainer) -> ModelCheckpoint | None:
    """Return the callback that selects the best epoch, which the one that keeps the last is not."""
    for callback in trainer.checkpoint_callbacks:
        if isinstance(callback, ModelCheckpoint) and callback.monitor:
            return callback
    return None
