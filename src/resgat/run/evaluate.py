"""Judge one checkpoint on the test split of any corpus, at the thresholds it carries."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from resgat.callbacks.media import finishing_loggers, log_config
from resgat.config import parse
from resgat.data.datamodule import CropDataModule
from resgat.errors import CheckpointError
from resgat.lit.checkpoint import FACTS_KEY, load_net, read_checkpoint
from resgat.lit.detector import DetectorModule
from resgat.report.console import metrics_table
from resgat.report.terminal import print_table
from resgat.run.build import build_trained, build_trainer, seed_all
from resgat.run.instantiate import build
from resgat.run.provenance import record_run
from resgat.run.quiet import hush_libraries
from resgat.run.results import predictions, save_results
from resgat.targets import ALLOWED_FROM_CHECKPOINT, check_targets

logger = logging.getLogger(__name__)


def evaluate(cfg: DictConfig) -> None:
    """Evaluate one checkpoint.

    Raises:
        ResgatError: The configuration, the data or the checkpoint cannot be used; nothing has been
            written then.
    """
    hush_libraries()
    config = parse(cfg)
    check_targets(config)
    run_dir = Path(HydraConfig.get().runtime.output_dir)
    path = Path(config["ckpt_path"])
    checkpoint = read_checkpoint(path)
    facts = checkpoint[FACTS_KEY]
    check_targets(facts["config"]["model"], allowed=ALLOWED_FROM_CHECKPOINT)
    _check_was_judged(facts, path)
    seed_all(config["seed"])
    trainer = build_trainer(config, show_progress=sys.stderr.isatty())
    with finishing_loggers(trainer):
        datamodule: CropDataModule = build(config["data"])
        datamodule.prepare_data()
        datamodule.setup("test")
        _check_same_crops(facts, datamodule, config["allow_other_crop_spec"])
        module = DetectorModule.for_testing(build_trained(facts["config"]["model"]), facts)
        load_net(module.net, checkpoint, path)
        if trainer.is_global_zero:
            environment = record_run(run_dir, config, datamodule.crops_dir)
            log_config(trainer, config | {"environment": environment})
        trainer.test(module, datamodule, verbose=False)
        table = predictions(module, datamodule, datamodule.test_split)
        if trainer.is_global_zero:
            results = save_results(
                trainer,
                module,
                datamodule,
                {"test": table},
                {},
                run_dir,
                draws=config["num_resamples"],
            )
            print_table(metrics_table(results))
            logger.info("results in %s", run_dir)


def _check_was_judged(facts: dict[str, Any], path: Path) -> None:
    if "thresholds" not in facts:
        msg = (
            f"{path} has no thresholds: its run was stopped before the best epoch was judged on "
            "val. Resume the run, or use its checkpoints/best.ckpt"
        )
        raise CheckpointError(msg)


def _check_same_crops(facts: dict[str, Any], datamodule: CropDataModule, allow: bool) -> None:
    trained = facts["config"]["data"]
    for key in ("size_px", "normalise"):
        if getattr(datamodule, key) != trained[key]:
            msg = (
                f"data.{key}={getattr(datamodule, key)}, but the model was trained with "
                f"{trained[key]}; add data.{key}={trained[key]}"
            )
            raise CheckpointError(msg)
    if facts["crop_spec"] == datamodule.crop_spec or allow:
        return
    msg = (
        f"the model was trained on crops of spec {facts['crop_spec']}, and {datamodule.crops_dir} "
        f"holds spec {datamodule.crop_spec}: another size, margin or detector. Preprocess these "
        "videos with the model's settings, or accept the difference with allow_other_crop_spec=true"
    )
    raise CheckpointError(msg)
