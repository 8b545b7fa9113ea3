"""The way from Hydra's config to a dict: what a command may be told, checked against its schema."""

from __future__ import annotations

import os
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, cast

from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from resgat.checks import suggest
from resgat.errors import ConfigError
from resgat.messages import value_message
from resgat.schemas.corpora import AuditConfig, PackConfig, PreprocessConfig
from resgat.schemas.releases import AppConfig, ExportConfig, PredictConfig
from resgat.schemas.runs import (
    CompareConfig,
    EvalConfig,
    ExplainConfig,
    ReproduceConfig,
    TrainConfig,
)
from resgat.secrets import check_no_secrets

#: The environment variable that tells a job of a sweep, run as a command of its own, of its sweep.
SWEEP_NAME = "RESGAT_SWEEP_NAME"


def register() -> None:
    """Make the schemas known to Hydra: ``train_schema`` and the like, one for each command.

    A root config names its schema first in its defaults list, then ``_self_``, then the groups.
    ``${sweep_name:}`` is the folder of the sweep that a run belongs to, or null.
    """
    OmegaConf.register_new_resolver("sweep_name", sweep_name, replace=True)
    store = ConfigStore.instance()
    store.store(name="train_schema", node=TrainConfig)
    store.store(name="eval_schema", node=EvalConfig)
    store.store(name="explain_schema", node=ExplainConfig)
    store.store(name="preprocess_schema", node=PreprocessConfig)
    store.store(name="pack_schema", node=PackConfig)
    store.store(name="audit_schema", node=AuditConfig)
    store.store(name="compare_schema", node=CompareConfig)
    store.store(name="export_schema", node=ExportConfig)
    store.store(name="predict_schema", node=PredictConfig)
    store.store(name="app_schema", node=AppConfig)
    store.store(name="reproduce_schema", node=ReproduceConfig)


def sweep_name() -> str | None:
    """Return the last two parts of the sweep's folder, such as ``2026-01-31/12-00-00``.

    None outside of a sweep. A job of a sweep that is run as a command of its own is told.
    """
    if not HydraConfig.initialized() or HydraConfig.get().mode != RunMode.MULTIRUN:
        return os.environ.get(SWEEP_NAME) or None
    return "/".join(Path(HydraConfig.get().sweep.dir).parts[-2:])


def parse(cfg: DictConfig) -> dict[str, Any]:
    """Turn a composed config into plain containers with every reference resolved.

    Beyond this call no part of the program sees Hydra's or OmegaConf's types.

    Raises:
        ConfigError: A top-level key is not in the schema (``+foo=3`` passes Hydra), a required
            value was not given, a reference points nowhere, or a value is a secret.
    """
    _refuse_unknown(cfg)
    try:
        _refuse_missing(cfg)
        plain = OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True, enum_to_str=True)
    except OmegaConfBaseException as error:
        raise ConfigError(value_message(error)) from error
    settings = cast(dict[str, Any], plain)
    check_no_secrets(settings)
    return settings


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
