"""Fit, choose the best epoch on val, test once, and write what a run leaves behind."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from hydra.core.hydra_config import HydraConfig
from lightning_fabric.utilities.exceptions import MisconfigurationException
from omegaconf import DictConfig
from pytorch_lightning.accelerators import CPUAccelerator
from pytorch_lightning.callbacks import WeightAveraging

from resgat.callbacks.media import finishing_loggers, log_config
from resgat.config import parse
from resgat.data.datamodule import CropDataModule
from resgat.data.dataset import CropDataset
from resgat.data.manifest import read_crop_spec
from resgat.errors import ConfigError, MetadataError, ResgatError
from resgat.lit.checkpoint import (
    FACTS_SCHEMA,
    add_facts,
    check_same_index,
    load_net,
    read_checkpoint,
)
from resgat.lit.detector import DetectorModule, decay_groups
from resgat.lit.evidence import reference_contribution
from resgat.lit.schedules import constant
from resgat.progress import is_watched
from resgat.report.console import metrics_table
from resgat.report.metrics_json import summarise
from resgat.report.terminal import print_table
from resgat.run.allocation import keep_freed_memory
from resgat.run.alone import alone_in
from resgat.run.apart import must_be_apart, run_apart
from resgat.run.build import build_trainer, checkpoint_callback, checkpoint_path, seed_all
from resgat.run.instantiate import build, build_named
from resgat.run.processes import check_one_folder, leave_together, naming_the_dead
from resgat.run.provenance import code_version, index_sha256, manifest_of, record_run
from resgat.run.quiet import hush_libraries
from resgat.run.results import all_predictions, calibration_facts, operating_facts, save_results
from resgat.run.resume import DECISIVE, check_resume, finished, goes_on
from resgat.run.unseen import SEEN, seen_by
from resgat.targets import check_targets

logger = logging.getLogger(__name__)

_REFERENCE_FACES = 256


def train(cfg: DictConfig) -> float:
    """Train one detector.

    Returns:
        The best epoch's video AUC on val: what a sweep maximises. Never a number from test.

    Raises:
        ResgatError: The configuration, the data or the checkpoint cannot be used, or the run folder
            is of another command or run; nothing has been written then. Or the loss is no longer
            finite.
    """
    hush_libraries()
    config = parse(cfg)
    check_targets(config)
    check_one_folder()
    run_dir = Path(HydraConfig.get().runtime.output_dir)
    if finished(config, run_dir):
        logger.info("nothing is missing in %s", run_dir)
    elif must_be_apart(config["trainer"], asked=config["apart"]):
        run_apart(run_dir)
    else:
        with alone_in(run_dir, waits=goes_on(config)):
            if not finished(config, run_dir):  # by whoever was waited for
                return _train(config, run_dir)
            leave_together(run_dir)
    return _best_auc(json.loads((run_dir / "metrics.json").read_text("utf-8"))["val"])


def _train(config: dict[str, Any], run_dir: Path) -> float:
    resume_path = check_resume(config, run_dir)
    seed_all(config["seed"])
    trainer = build_trainer(config, show_progress=is_watched())
    _check_selection(trainer)
    if isinstance(trainer.accelerator, CPUAccelerator):
        keep_freed_memory()
    with finishing_loggers(trainer), naming_the_dead(trainer, run_dir):
        datamodule = _ready_data(config, trainer)
        module = _build_module(config, datamodule)
        if resume_path is not None:
            checkpoint = read_checkpoint(resume_path)
            check_same_index(checkpoint, module.facts["index_sha256"], resume_path)
        _check_recipe(module)
        if trainer.is_global_zero:
            environment = record_run(run_dir, config, datamodule.crops_dir)
            log_config(trainer, config, environment, manifest_of(datamodule.crops_dir))
        _fit(trainer, module, datamodule, resume_path)
        return _report(trainer, module, datamodule, run_dir)


def _check_selection(trainer: pl.Trainer) -> None:
    """Refuse a run that would not know its best epoch, before it costs anything."""
    if checkpoint_callback(trainer) is None:
        msg = (
            "callbacks: no ModelCheckpoint with a monitor, so there would be no best epoch to "
            "test; use callbacks=default"
        )
        raise ConfigError(msg)


def _ready_data(config: dict[str, Any], trainer: pl.Trainer) -> CropDataModule:
    """Draw or find the crops, and refuse what cannot be trained on before anything is written."""
    datamodule: CropDataModule = build(config["data"])
    datamodule.prepare_data()
    datamodule.setup()
    datamodule.trainer = trainer  # knows how many processes share a split
    datamodule.train_dataloader()
    return datamodule


def _build_module(config: dict[str, Any], datamodule: CropDataModule) -> DetectorModule:
    facts = {
        "schema": FACTS_SCHEMA,
        "config": {key: config[key] for key in DECISIVE},
        "callbacks": config["callbacks"] or {},
        "crop_spec": datamodule.crop_spec,
        "crop": _crop(datamodule),
        "index_sha256": index_sha256(datamodule.crops_dir),
        "code": code_version(),
        SEEN: seen_by(datamodule),
    }
    return DetectorModule(
        net=build(config["model"]),
        loss=build(config["loss"]),
        evidence_losses=build_named(config["evidence_loss"]),
        optimizer=build(config["optimizer"]),
        schedule=build(config["scheduler"]) if config["scheduler"] else constant,
        seed=config["seed"],
        facts=facts,
    )


def _crop(datamodule: CropDataModule) -> dict[str, Any] | None:
    """Say how the crops were cut, so that others can be cut for the detector in the same way."""
    try:
        return read_crop_spec(datamodule.crops_dir, datamodule.crop_spec)
    except MetadataError as error:
        logger.warning("%s; src/predict.py will take face crops only", error)
        return None


def _check_recipe(module: DetectorModule) -> None:
    """Try the optimiser and its schedule, which otherwise are built only when the fit begins."""
    try:
        optimizer = module.optimizer_partial(decay_groups(module.net))
        module.schedule_partial(optimizer, 100)
    except ResgatError:
        raise
    except (ValueError, TypeError) as error:
        msg = f"optimizer or scheduler: {error}"
        raise ConfigError(msg) from error


def _fit(
    trainer: pl.Trainer,
    module: DetectorModule,
    datamodule: CropDataModule,
    resume_path: Path | None,
) -> None:
    try:
        trainer.fit(module, datamodule, ckpt_path=resume_path, weights_only=True)
    except MisconfigurationException as error:  # such as a monitor that nothing logs
        raise ConfigError(str(error).splitlines()[0]) from error
    _warn_of_unreadable(trainer)


def _warn_of_unreadable(trainer: pl.Trainer) -> None:
    dataset = getattr(trainer.train_dataloader, "dataset", None)
    if isinstance(dataset, CropDataset) and dataset.num_unreadable:
        logger.warning(
            "%d of %d training crops could not be read and were left out",
            dataset.num_unreadable,
            len(dataset),
        )


def _report(
    trainer: pl.Trainer, module: DetectorModule, datamodule: CropDataModule, run_dir: Path
) -> float:
    """Judge the best epoch: thresholds from val, then test, once."""
    best = checkpoint_path(trainer)
    if best is None:
        msg = (
            "no checkpoint was kept, so there is no best epoch to test; train for one epoch at "
            "least, with callbacks=default"
        )
        raise ConfigError(msg)
    load_net(module.net, read_checkpoint(best), best)
    _pass_over_val(trainer, module, datamodule)
    val_table = all_predictions(module, datamodule, datamodule.val_split)
    val = summarise(val_table)
    reference = reference_contribution(
        module.net,
        datamodule.reference_dataloader(_REFERENCE_FACES),
        module.device,
        trainer.precision_plugin.forward_context,
    )
    module.facts |= {
        **operating_facts(val),
        "calibration": calibration_facts(val_table),
        "reference": reference,
    }
    if trainer.is_global_zero:
        add_facts(best, module.facts)
    trainer.test(module, datamodule, verbose=False)
    test_table = all_predictions(module, datamodule, datamodule.test_split)
    if trainer.is_global_zero:
        results = save_results(
            trainer,
            module,
            datamodule,
            {"val": val_table, "test": test_table},
            {"val": val},
            run_dir,
        )
        print_table(metrics_table(results))
        logger.info("results in %s", run_dir)
    return _best_auc(val)


def _best_auc(val: Mapping[str, Any]) -> float:
    """Return the best epoch's video AUC; nan where val held one class only."""
    auc = val["video"]["auc"]
    return math.nan if auc is None else float(auc)


def _pass_over_val(trainer: pl.Trainer, module: DetectorModule, datamodule: CropDataModule) -> None:
    """Predict val with the weights as they are now."""
    # What averages weights would put those of the last epoch in the place of the best one's.
    callbacks = [c for c in trainer.callbacks if not isinstance(c, WeightAveraging)]  # type: ignore[attr-defined]
    trainer.callbacks = callbacks  # type: ignore[attr-defined]
    # The epoch was logged when it ended; another point would look like one more epoch.
    loggers, trainer.loggers = trainer.loggers, []
    trainer.validate(module, datamodule, verbose=False)
    trainer.loggers = loggers
