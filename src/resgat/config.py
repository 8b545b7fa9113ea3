"""The keys that each command's configuration may have, and the way from Hydra's config to a dict.

A section is ``Any`` here on purpose: what may stand in it is said once, by the constructor that its
``_target_`` names, and :func:`resgat.targets.check_targets` compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Any, cast

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from resgat.checks import suggest
from resgat.errors import ConfigError
from resgat.messages import value_message


@dataclass
class TrainConfig:
    """What ``src/train.py`` reads."""

    model: Any = MISSING
    """The network: images to logit and evidence."""
    data: Any = MISSING
    """The corpus: where it lies, how it is split, loaded and augmented."""
    loss: Any = MISSING
    """The loss of logits and labels."""
    optimizer: Any = MISSING
    """The optimiser, partial: the parameters come later."""
    trainer: Any = MISSING
    """Lightning's Trainer."""
    scheduler: Any = None
    """The learning-rate schedule, partial; null keeps the rate constant."""
    callbacks: Any = None
    """Named callbacks; each value is one of them, null leaves it out."""
    logger: Any = None
    """Named loggers; each value is one of them, null leaves it out."""
    seed: int = 0
    """Seeds every random number of the run."""
    ckpt_path: str | None = None
    """The ``last.ckpt`` of a stopped run, to go on from."""


@dataclass
class EvalConfig:
    """What ``src/eval.py`` reads."""

    ckpt_path: str = MISSING
    """The checkpoint to judge; it also says how to build the model."""
    data: Any = MISSING
    """The corpus to judge it on, which need not be the one it was trained on."""
    trainer: Any = MISSING
    """Lightning's Trainer: device and precision."""
    callbacks: Any = None
    """Named callbacks; each value is one of them, null leaves it out."""
    logger: Any = None
    """Named loggers; each value is one of them, null leaves it out."""
    seed: int = 0
    """Seeds every random number of the run; the bootstrap has a seed of its own."""
    num_resamples: int = 1000
    """Bootstrap resamples of identity groups behind each interval."""
    allow_other_crop_spec: bool = False
    """Accept crops that were cut differently from the model's own."""


@dataclass
class PreprocessConfig:
    """What ``src/preprocess.py`` reads."""

    data: Any = MISSING
    """The corpus: its raw folder, its crops folder, its layout."""
    detector: Any = MISSING
    """The face detector."""
    size_px: int = 224
    """Side of a stored crop."""
    margin: float = 1.3
    """Side of the crop over the longer side of the face box."""
    frames_per_video: int = 32
    """Frames taken from each video, spread evenly over all of it."""
    num_workers: int = 0
    """Videos worked on at the same time; 0 works in this process."""
    allow_failures: bool = False
    """Succeed although some videos could not be read or show no face."""


def register() -> None:
    """Make the schemas known to Hydra: ``train_schema``, ``eval_schema``, ``preprocess_schema``.

    A root config names its schema first in its defaults list, then ``_self_``, then the groups.
    """
    store = ConfigStore.instance()
    store.store(name="train_schema", node=TrainConfig)
    store.store(name="eval_schema", node=EvalConfig)
    store.store(name="preprocess_schema", node=PreprocessConfig)


def parse(cfg: DictConfig) -> dict[str, Any]:
    """Turn a composed config into plain containers with every reference resolved.

    Beyond this call no part of the program sees Hydra's or OmegaConf's types.

    Raises:
        ConfigError: A top-level key is not in the schema (``+foo=3`` passes Hydra), a required
            value was not given, or a reference points nowhere.
    """
    _refuse_unknown(cfg)
    try:
        _refuse_missing(cfg)
        plain = OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True, enum_to_str=True)
    except OmegaConfBaseException as error:
        raise ConfigError(value_message(error)) from error
    return cast(dict[str, Any], plain)


def _refuse_missing(cfg: DictConfig) -> None:
    missing = sorted(OmegaConf.missing_keys(cfg))
    if missing:
        remedy = " ".join(f"{key}=..." for key in missing)
        msg = f"{', '.join(missing)}: a value is required; add {remedy} to the command"
        raise ConfigError(msg)


def _refuse_unknown(cfg: DictConfig) -> None:
    schema = OmegaConf.get_type(cfg)
    if schema is None or not is_dataclass(schema):
        msg = "the root config names no schema; put train_schema or its like first in its defaults"
        raise ConfigError(msg)
    known = [field.name for field in fields(schema)]
    for key in map(str, cfg):
        if key not in known:
            msg = (
                f"{key}: unknown key; the configuration has {', '.join(known)}{suggest(key, known)}"
            )
            raise ConfigError(msg)
