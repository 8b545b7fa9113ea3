"""Write a judged checkpoint's numbers, tables and plots into the run folder."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytorch_lightning as pl

from resgat.callbacks.media import log_artifact, log_figures, log_metrics
from resgat.data.datamodule import CropDataModule
from resgat.data.manifest import count_videos
from resgat.errors import MetadataError
from resgat.files import write_parquet, write_text
from resgat.lit.detector import DetectorModule
from resgat.report.evidence import measure_evidence
from resgat.report.metrics_json import (
    LEVELS,
    OperatingPoint,
    add_coverage,
    summarise,
    write_metrics,
)
from resgat.report.plots import plot_confusion, plot_history, plot_pr, plot_roc, save_figure
from resgat.report.table import prediction_table, video_table
from resgat.run.build import checkpoint_path


def operating_facts(summary: Mapping[str, Any]) -> dict[str, dict[str, float | None]]:
    """Return from val's summary what a checkpoint carries: thresholds and temperatures by level."""
    return {
        "thresholds": {level: summary[level]["threshold_prob"] for level in LEVELS},
        "temperatures": {level: summary[level]["temperature"] for level in LEVELS},
    }


def operating_points(facts: Mapping[str, Any]) -> dict[str, OperatingPoint]:
    """Return what a checkpoint carries; older ones have no temperatures."""
    temperatures = facts.get("temperatures", {})
    return {
        level: OperatingPoint(threshold, temperatures.get(level))
        for level, threshold in facts["thresholds"].items()
    }


def predictions(module: DetectorModule, datamodule: CropDataModule, split: str) -> pa.Table:
    """Return the frame table of the pass that the module has just made over ``split``."""
    if module.predictions is None:
        msg = f"no pass over split {split!r} has been made"
        raise RuntimeError(msg)
    return prediction_table(module.predictions, datamodule.index, split)


def save_results(
    trainer: pl.Trainer,
    module: DetectorModule,
    datamodule: CropDataModule,
    tables: Mapping[str, pa.Table],
    known: Mapping[str, Any],
    run_dir: Path,
    *,
    draws: int = 1000,
) -> dict[str, Any]:
    """Write ``metrics.json``, ``predictions.parquet`` and the plots; tell the loggers.

    Args:
        trainer: Its loggers are told, too.
        module: The network, its thresholds and its reference evidence.
        datamodule: The crops that were predicted.
        tables: Split -> frame predictions; "test" is measured here, at val's thresholds
            and temperatures.
        known: Split -> summary that was made before.
        run_dir: Where to.
        draws: Bootstrap resamplings behind each interval.

    Returns:
        What was written to ``metrics.json``.
    """
    points = operating_points(module.facts)
    test = summarise(tables["test"], points, draws=draws)
    test["evidence"] = measure_evidence(
        module.net,
        datamodule.index.select(datamodule.test_split),
        datamodule.eval_transform,
        size_px=datamodule.size_px,
        reference=module.facts["reference"],
        device=module.device,
        precision=trainer.precision_plugin.forward_context,
    )
    results = {
        name: add_coverage(summary, _video_counts(datamodule, name))
        for name, summary in {**known, "test": test}.items()
    }
    figures = _figures(tables["test"], test, points["video"].threshold_prob)
    history = merge_history(run_dir)
    if history is not None:
        figures["history"] = plot_history(history)
    write_parquet(run_dir / "predictions.parquet", pa.concat_tables(tables.values()))
    for name, figure in figures.items():
        save_figure(figure, run_dir / "plots" / f"{name}.png")
    log_metrics(trainer, "test", test)
    log_figures(trainer, figures)
    log_artifact(trainer, checkpoint_path(trainer), "checkpoint")
    # Last: whoever finds it finds all the rest.
    write_metrics(run_dir / "metrics.json", results)
    return results


def _video_counts(datamodule: CropDataModule, name: str) -> dict[str, int] | str:
    """Return the counts of the videos behind val or test, or why there are none."""
    split = {"val": datamodule.val_split, "test": datamodule.test_split}[name]
    try:
        return count_videos(datamodule.crops_dir, split)
    except MetadataError as error:  # a run of hours does not fail for a number beside its results
        return str(error)


def merge_history(run_dir: Path) -> Path | None:
    """Join what the CSV logger wrote before and after each resumption into ``history.csv``.

    The epoch in which a run was stopped is trained again, and counts once.

    Returns:
        The file, or ``None`` where the run has no CSV logger.
    """
    rows: list[dict[str, str]] = []
    for path in sorted(run_dir.glob("csv/version_*/metrics.csv"), key=_version):
        with path.open(newline="", encoding="utf-8") as file:
            part = [row for row in csv.DictReader(file) if row["epoch"]]
        first = min((int(row["epoch"]) for row in part), default=0)
        rows = [row for row in rows if int(row["epoch"]) < first] + part
    if not rows:
        return None
    text = io.StringIO()
    columns = ("epoch", "step", *sorted({key for row in rows for key in row} - {"epoch", "step"}))
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(run_dir / "history.csv", text.getvalue())
    return run_dir / "history.csv"


def _version(path: Path) -> int:
    return int(path.parent.name.removeprefix("version_"))


def _figures(
    table: pa.Table, summary: Mapping[str, Any], threshold_prob: float | None
) -> dict[str, Any]:
    videos = video_table(table)
    figures = {
        "roc": plot_roc(videos, summary["video"]),
        "pr": plot_pr(videos, summary["video"]),
    }
    if threshold_prob is not None:
        figures["confusion"] = plot_confusion(videos, threshold_prob)
    return figures
