"""Write a judged checkpoint's numbers, tables and plots into the run folder."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytorch_lightning as pl
from matplotlib.figure import Figure

from resgat.callbacks.media import log_artifact, log_figures, log_metrics, log_table
from resgat.callbacks.speed_log import PEAK, SPEED
from resgat.data.datamodule import CropDataModule
from resgat.data.manifest import count_videos
from resgat.errors import MetadataError, SplitError
from resgat.explain.render import gallery_figure
from resgat.files import write_parquet, write_text
from resgat.lit.detector import DetectorModule
from resgat.metrics.venn_abers import thinned
from resgat.report.evaluation import EvaluationReport, evaluation_page
from resgat.report.evidence import measure_evidence
from resgat.report.metrics_json import (
    LEVELS,
    OperatingPoint,
    add_coverage,
    summarise,
    write_metrics,
)
from resgat.report.plots import (
    plot_calibration,
    plot_confusion,
    plot_history,
    plot_pr,
    plot_roc,
    plot_scores,
    save_figure,
)
from resgat.report.table import prediction_table, video_table
from resgat.run.build import checkpoint_path
from resgat.run.cut_alike import other_crop_spec
from resgat.run.shown import VIDEO_COLUMNS, Shown, choose_shown
from resgat.run.unseen import seen_in_training


def operating_facts(summary: Mapping[str, Any]) -> dict[str, dict[str, float | None]]:
    """Return from val's summary what a checkpoint carries: thresholds and temperatures by level."""
    return {
        "thresholds": {level: summary[level]["threshold_prob"] for level in LEVELS},
        "temperatures": {level: summary[level]["temperature"] for level in LEVELS},
    }


def calibration_facts(val_table: pa.Table) -> dict[str, dict[str, list[float]]]:
    """Return val's thinned logits and labels by level: how far a probability can be trusted."""
    tables = {"video": video_table(val_table), "frame": val_table}
    rows = {
        level: thinned(table["logit"].to_numpy(), table["label"].to_numpy())
        for level, table in tables.items()
    }
    return {
        level: {"logit": kept.logit.tolist(), "label": kept.label.tolist()}
        for level, kept in rows.items()
    }


def operating_points(facts: Mapping[str, Any]) -> dict[str, OperatingPoint]:
    """Return what a checkpoint carries; older ones have no temperatures."""
    temperatures = facts.get("temperatures", {})
    return {
        level: OperatingPoint(threshold, temperatures.get(level))
        for level, threshold in facts["thresholds"].items()
    }


def predictions(
    module: DetectorModule,
    datamodule: CropDataModule,
    split: str,
    attributes: pa.Table | None = None,
) -> pa.Table:
    """Return the frame table of the pass that the module has just made over ``split``."""
    if module.predictions is None:
        msg = f"no pass over split {split!r} has been made"
        raise RuntimeError(msg)
    return prediction_table(module.predictions, datamodule.index, split, attributes)


def all_predictions(
    module: DetectorModule,
    datamodule: CropDataModule,
    split: str,
    attributes: pa.Table | None = None,
) -> pa.Table:
    """Return the same of a pass that every crop of ``split`` must have taken part in.

    Raises:
        SplitError: Some did not: whatever is measured would be of others than it says.
    """
    table = predictions(module, datamodule, split, attributes)
    asked = len(datamodule.index.select(split))
    if len(table) != asked:
        msg = (
            f"{len(table)} of {asked} crops of split {split!r} were predicted, so numbers would "
            "be of a part of it. Leave out the settings of the trainer, and the callbacks, that "
            "keep batches back"
        )
        raise SplitError(msg)
    return table


def save_results(
    trainer: pl.Trainer,
    module: DetectorModule,
    datamodule: CropDataModule,
    tables: Mapping[str, pa.Table],
    known: Mapping[str, Any],
    run_dir: Path,
    *,
    draws: int = 1000,
    more_figures: Mapping[str, Figure] = MappingProxyType({}),
) -> dict[str, Any]:
    """Write ``metrics.json``, predictions of frames and of videos, plots and page; tell loggers.

    Args:
        trainer: Its loggers are told, too.
        module: The network, its thresholds and its reference evidence.
        datamodule: The crops that were predicted.
        tables: Split -> frame predictions; "test" is measured here, at val's thresholds
            and temperatures.
        known: Split -> summary that was made before.
        run_dir: Where to.
        draws: Bootstrap resamplings behind each interval.
        more_figures: That the page shows, too.

    Returns:
        What was written to ``metrics.json``.
    """
    points = operating_points(module.facts)
    test = summarise(tables["test"], points, draws=draws)
    test |= seen_in_training(module.facts, datamodule)
    test |= other_crop_spec(module.facts, datamodule)
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
    videos = {split: video_table(table) for split, table in tables.items()}
    shown = choose_shown(trainer, module, datamodule, tables["test"], videos["test"])
    drawn = dict(figures)
    if shown.errors:
        threshold_prob = points["frame"].threshold_prob
        drawn["errors"] = gallery_figure(shown.errors, threshold_prob=threshold_prob)
    write_parquet(run_dir / "predictions.parquet", pa.concat_tables(tables.values()))
    write_parquet(run_dir / "video_predictions.parquet", pa.concat_tables(videos.values()))
    for name, figure in drawn.items():
        save_figure(figure, run_dir / "plots" / f"{name}.png")
    on = ", ".join(sorted(pc.unique(tables["test"]["dataset"]).to_pylist()))
    title = f"{type(module.net).__name__} on {on}, {datamodule.test_split} split"
    report = _report(
        title, module, datamodule, results["test"], {**figures, **more_figures}, shown, run_dir
    )
    write_text(run_dir / "report.html", evaluation_page(report))
    log_metrics(trainer, "test", test)
    log_figures(trainer, drawn)
    log_table(trainer, "predictions", VIDEO_COLUMNS, shown.videos)
    log_artifact(trainer, checkpoint_path(trainer), "checkpoint")
    # Last: whoever finds it finds all the rest.
    write_metrics(run_dir / "metrics.json", results)
    return results


def _report(
    title: str,
    module: DetectorModule,
    datamodule: CropDataModule,
    test: Mapping[str, Any],
    figures: Mapping[str, Figure],
    shown: Shown,
    run_dir: Path,
) -> EvaluationReport:
    environment = json.loads((run_dir / "environment.json").read_text("utf-8"))
    facts = {
        "model": type(module.net).__name__,
        "trained with seed": module.facts["config"]["seed"],
        "crops": datamodule.crops_dir,
        "crop spec": datamodule.crop_spec,
        "index SHA-256": environment["index_sha256"],
        "code": environment["code"],
    }
    return EvaluationReport(
        title=title,
        test=test,
        figures=figures,
        videos=shown.videos,
        errors=shown.errors,
        faces=shown.faces,
        facts=tuple((key, str(value)) for key, value in facts.items()),
        config=(run_dir / "config.yaml").read_text("utf-8"),
    )


def _video_counts(datamodule: CropDataModule, name: str) -> dict[str, int] | str:
    """Return the counts of the videos behind val or test, or why there are none."""
    split = {"val": datamodule.val_split, "test": datamodule.test_split}[name]
    try:
        return count_videos(datamodule.crops_dir, split)
    except MetadataError as error:  # a run of hours does not fail for a number beside its results
        return str(error)


def merge_history(run_dir: Path) -> Path | None:
    """Join what the CSV logger wrote before and after each resumption into ``history.csv``.

    The epoch in which a run was stopped is trained again, and counts once. How fast it was is left
    to the logger: the same training has the same history.

    Returns:
        The file, or ``None`` where the run has no CSV logger.
    """
    rows: list[dict[str, str]] = []
    for path in sorted(run_dir.glob("csv/version_*/metrics.csv"), key=_version):
        with path.open(newline="", encoding="utf-8") as file:
            part = [row for row in map(_without_speed, csv.DictReader(file)) if row]
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


def _without_speed(row: Mapping[str, str]) -> dict[str, str]:
    """Return a row of an epoch without its speed, or nothing if nothing is left."""
    kept = {key: value for key, value in row.items() if key not in (SPEED, PEAK)}
    says_something = any(value for key, value in kept.items() if key not in ("epoch", "step"))
    return kept if row["epoch"] and says_something else {}


def _version(path: Path) -> int:
    return int(path.parent.name.removeprefix("version_"))


def _figures(
    table: pa.Table, summary: Mapping[str, Any], threshold_prob: float | None
) -> dict[str, Any]:
    videos = video_table(table)
    figures = {
        "roc": plot_roc(videos, summary["video"]),
        "pr": plot_pr(videos, summary["video"]),
        "calibration": plot_calibration(videos, summary["video"]),
        "scores": plot_scores(videos, threshold_prob),
    }
    if threshold_prob is not None:
        figures["confusion"] = plot_confusion(videos, threshold_prob)
    return figures
