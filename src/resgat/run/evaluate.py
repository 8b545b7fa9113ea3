"""Judge one checkpoint on the test split of any corpus, at the thresholds it carries."""

from __future__ import annotations

import logging
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from resgat.callbacks.media import finishing_loggers, log_config
from resgat.checks import check_range
from resgat.config import parse
from resgat.data.attributes import attributes_of, read_attributes
from resgat.data.datamodule import CropDataModule
from resgat.lit.detector import DetectorModule
from resgat.progress import is_watched
from resgat.report.console import metrics_table
from resgat.report.terminal import print_table
from resgat.run.alone import alone_in
from resgat.run.apart import must_be_apart, run_apart
from resgat.run.build import build_trainer, seed_all
from resgat.run.cut_alike import check_cut_alike
from resgat.run.instantiate import build
from resgat.run.processes import check_one_folder
from resgat.run.provenance import index_sha256, manifest_of, record_run
from resgat.run.quiet import hush_libraries
from resgat.run.results import all_predictions, save_results
from resgat.run.robustness import (
    PASSES,
    chosen_corruptions,
    judge_corrupted,
    predict_corrupted,
    save_robustness,
)
from resgat.run.robustness_state import claim_passes
from resgat.run.trained import check_served_alike, load_trained
from resgat.run.unseen import check_unseen
from resgat.run.zoo import find_checkpoint
from resgat.targets import check_targets

logger = logging.getLogger(__name__)


def evaluate(cfg: DictConfig) -> None:
    """Evaluate one checkpoint.

    Raises:
        ResgatError: The configuration, the data or the checkpoint cannot be used, or the run folder
            is of another command or run, or holds predictions of corrupted crops made with other
            settings; nothing has been written then.
    """
    hush_libraries()
    config = parse(cfg)
    check_targets(config)
    check_range("num_resamples", config["num_resamples"], low=1)
    check_one_folder()
    run_dir = Path(HydraConfig.get().runtime.output_dir)
    if must_be_apart(config["trainer"]):
        run_apart(run_dir)
        return
    corruptions = chosen_corruptions(config["robustness"])
    listed = config["attributes"] and read_attributes(Path(config["attributes"]))
    config["ckpt_path"] = find_checkpoint(config["ckpt_path"])
    trained = load_trained(Path(config["ckpt_path"]))
    seed_all(config["seed"])
    trainer = build_trainer(config, show_progress=is_watched())
    with alone_in(run_dir), finishing_loggers(trainer):
        datamodule: CropDataModule = build(config["data"])
        check_served_alike(trained.facts, datamodule)  # before crops that do not fit are drawn
        datamodule.prepare_data()
        datamodule.setup("test")
        attributes = listed and attributes_of(listed, datamodule.index)
        check_cut_alike(trained.facts, datamodule, allow=config["allow_other_crop_spec"])
        check_unseen(trained.facts, datamodule, allow=config["allow_seen_videos"])
        module = DetectorModule.for_testing(trained.net, trained.facts)
        if corruptions:
            index = index_sha256(datamodule.crops_dir)
            claim_passes(run_dir / PASSES, config, corruptions, trained.file, index)
        if trainer.is_global_zero:
            environment = record_run(run_dir, config, datamodule.crops_dir, trained.facts)
            log_config(trainer, config, environment, manifest_of(datamodule.crops_dir))
        trainer.test(module, datamodule, verbose=False)
        table = all_predictions(module, datamodule, datamodule.test_split, attributes)
        if corruptions:
            predict_corrupted(corruptions, config, module, datamodule, run_dir)
        if trainer.is_global_zero:
            figures = {}
            if corruptions:
                robustness = judge_corrupted(corruptions, config, module, table, run_dir)
                figures["robustness"] = save_robustness(robustness, trainer, run_dir)
            results = save_results(
                trainer,
                module,
                datamodule,
                {"test": table},
                {},
                run_dir,
                draws=config["num_resamples"],
                more_figures=figures,
            )
            print_table(metrics_table(results))
            logger.info("results in %s", run_dir)
