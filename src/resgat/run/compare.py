"""Compare finished runs: a ranked table, tested differences, one page."""

from __future__ import annotations

import logging
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from resgat.checks import check_choice, check_range
from resgat.config import parse
from resgat.files import write_text
from resgat.metrics.comparison import Gap, Standing, compare_detectors
from resgat.metrics.detection import METRIC_NAMES
from resgat.records import to_csv
from resgat.report.comparison import ComparisonReport, RunFacts, comparison_page, standings_table
from resgat.report.metrics_json import LEVELS
from resgat.report.other_crops import other_crops_words
from resgat.report.seen import seen_words
from resgat.report.terminal import print_table
from resgat.run.contenders import contenders
from resgat.run.judged import Judged, find_runs, read_judged
from resgat.run.recipe import group_seeds
from resgat.run.same_crops import check_same_crops

logger = logging.getLogger(__name__)


def compare(cfg: DictConfig) -> None:
    """Compare once.

    Raises:
        ResgatError: A folder holds no finished run, or the runs were tested on different data;
            nothing has been written then.
    """
    config = parse(cfg)
    check_choice("metric", config["metric"], METRIC_NAMES)
    check_choice("level", config["level"], LEVELS)
    check_range("num_resamples", config["num_resamples"], low=1)
    runs = [read_judged(path) for path in find_runs(config["runs"])]
    check_same_crops(runs)
    for run in runs:
        if run.test.get("seen_in_training"):
            seen = seen_words(run.test)
            logger.warning("%s knew its test (%s): its numbers are too good", run.name, seen)
        if run.test.get("other_crop_spec"):
            cut = other_crops_words(run.test)
            logger.warning("%s had crops cut otherwise than in its training: %s", run.name, cut)
    groups = group_seeds(runs)
    detectors, rows = contenders(groups, config["level"])
    standings, gaps = compare_detectors(
        detectors,
        rows["label"].to_numpy(),
        rows["identity_group"].to_pylist(),
        metric=config["metric"],
        draws=config["num_resamples"],
    )
    report = ComparisonReport(
        metric=config["metric"],
        level=config["level"],
        num_rows=len(rows),
        num_groups=len(set(rows["identity_group"].to_pylist())),
        standings=tuple(standings),
        gaps=tuple(gaps),
        runs=tuple(
            _facts(detector.name, run)
            for detector, group in zip(detectors, groups, strict=True)
            for run in group
        ),
    )
    run_dir = Path(HydraConfig.get().runtime.output_dir)
    write_text(run_dir / "comparison.csv", to_csv(Standing, standings))
    write_text(run_dir / "pairs.csv", to_csv(Gap, gaps))
    write_text(run_dir / "report.html", comparison_page(report))
    print_table(standings_table(report))
    if len(report.names) > 1 and report.untested:
        logger.warning("not every difference is tested: %s", report.untested)
    logger.info("results in %s", run_dir)


def _facts(name: str, run: Judged) -> RunFacts:
    environment = run.recorded.environment
    return RunFacts(
        name,
        run.name,
        run.seed,
        str(environment.get("code", "")),
        str(environment.get("index_sha256") or "not recorded"),
        seen_words(run.test),
        other_crops_words(run.test),
    )
