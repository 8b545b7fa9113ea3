"""Write what explanations scored: tables, pictures, the page; and tell the loggers."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytorch_lightning as pl
from matplotlib.figure import Figure

from resgat.callbacks.media import (
    finishing_loggers,
    log_artifact,
    log_config,
    log_figures,
    log_numbers,
    log_table,
)
from resgat.explain.attribution import Explainer
from resgat.explain.metrics.catalogue import MapMetric, ModelMetric
from resgat.explain.metrics.on_model import UNRELATED
from resgat.explain.stats.bootstrap import Estimate
from resgat.explain.stats.information import LEAST_IMAGES, estimate_information
from resgat.explain.stats.scores import Better
from resgat.explain.stats.summary import PairRow, SummaryRow, compare_methods, summarise
from resgat.files import write_json, write_parquet, write_text
from resgat.measuring.naming import Named, name_regions
from resgat.measuring.part import Part
from resgat.measuring.sanity import Finding
from resgat.measuring.session import Session
from resgat.measuring.verified import coverage
from resgat.records import to_csv
from resgat.report.console_explain import explanation_table, main_track
from resgat.report.explain_checks import number_checks, ranking_checks, sanity_checks
from resgat.report.explanations.gallery import gallery_figure
from resgat.report.terminal import print_table
from resgat.run.explain_report import write_report
from resgat.run.instantiate import build_all
from resgat.run.provenance import manifest_of

logger = logging.getLogger(__name__)

#: Which way the metrics that explanations carry with them are better.
_CARRIED: dict[str, Better] = {"completeness": "lower", "false_evidence": "lower"}


@dataclass(frozen=True)
class Source:
    """What is said of a checkpoint beside its explanations.

    Attributes:
        ckpt_path: Where it lies.
        threshold_prob: P(fake) from which on it calls a crop fake, chosen on val; None where val
            had one class only.
        seen: What it had seen of the crops, see :func:`resgat.run.unseen.seen_in_training`.
    """

    ckpt_path: Path
    threshold_prob: float | None
    seen: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Explained:
    """One checkpoint's explanations.

    Attributes:
        source: The checkpoint.
        session: Whose explanations these are, and of whom.
        methods: Those that could be had.
        metrics: Those that could be had.
        parts: Method -> what was measured.
        refused: Method or metric -> why it could not be had; the reason names it.
        findings: Of the sanity checks; none where they were not asked for.
        plain_ms: What one face takes without an explanation.
    """

    source: Source
    session: Session
    methods: Mapping[str, Explainer]
    metrics: Mapping[str, MapMetric | ModelMetric]
    parts: Mapping[str, Part]
    refused: Mapping[str, str]
    findings: tuple[Finding, ...]
    plain_ms: float


def save_explained(
    explained: Sequence[Explained],
    config: Mapping[str, Any],
    environment: Mapping[str, Any],
    run_dir: Path,
) -> None:
    """Write ``scores.parquet``, the tables that follow from it, pictures and the page.

    Args:
        explained: Of one model, a checkpoint for each seed.
        config: Of the run.
        environment: Of the run.
        run_dir: Where to.
    """
    scores = pa.concat_tables(part.scores for one in explained for part in one.parts.values())
    write_parquet(run_dir / "scores.parquet", scores)
    better = directions(one.metrics for one in explained)
    section = config["explain"]
    options = {"draws": section["draws"], "seed": config["seed"]}
    judged = scores.filter(pc.field("is_verified"))
    only_verified = len(judged) > 0
    if not only_verified:
        msg = "the detector gets no subject right with certainty, so the tables are of all of them"
        logger.warning(msg)
        judged = scores
    summary = summarise(judged, better, UNRELATED, **options)
    pairs = compare_methods(judged, margin=section["margin"], **options)
    write_text(run_dir / "summary.csv", to_csv(SummaryRow, summary))
    of_all = summarise(scores, better, UNRELATED, **options)
    write_text(run_dir / "summary_all.csv", to_csv(SummaryRow, of_all))
    write_text(run_dir / "pairwise.csv", to_csv(PairRow, pairs))
    write_text(run_dir / "costs.csv", costs_csv(explained))
    write_text(run_dir / "sanity.csv", sanity_csv(explained))
    write_json(run_dir / "coverage.json", coverages(explained))
    named = named_by_method(explained, main_track(summary), only_verified=only_verified)
    bits = {name: estimate_information(*one) for name, one in named.items()}
    write_json(
        run_dir / "confusion.json",
        {
            "track": main_track(summary),
            "subjects": "verified" if only_verified else "all",
            "methods": {name: confusion_json(one, bits[name]) for name, one in named.items()},
        },
    )
    checks = (
        *ranking_checks(judged, main_track(summary)),
        *number_checks(summary, bits),
        *sanity_checks({one.session.judged.train_seed: one.findings for one in explained}),
    )
    pictures = write_report(explained, config, environment, summary, pairs, named, checks, run_dir)
    manifest = manifest_of(explained[0].session.judged.subjects.index.crops_dir)
    draw = partial(gallery_figure, pictures, threshold_prob=explained[0].source.threshold_prob)
    _tell_loggers(config, environment, manifest, summary, draw if pictures else None, run_dir)
    print_table(explanation_table(summary))


def _tell_loggers(
    config: Mapping[str, Any],
    environment: Mapping[str, Any],
    manifest: Path | None,
    summary: Sequence[SummaryRow],
    gallery: Callable[[], Figure] | None,
    run_dir: Path,
) -> None:
    """Send numbers, table, gallery and page to whichever loggers the run has."""
    trainer = pl.Trainer(
        accelerator="cpu",
        logger=build_all(config["logger"]) or False,
        default_root_dir=run_dir,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    with finishing_loggers(trainer):
        log_config(trainer, config, environment, manifest)
        log_numbers(trainer, explanation_numbers(summary))
        columns = ("track", "method", "metric", "mean", "low", "high", "beats_controls")
        rows = [[getattr(row, name) for name in columns] for row in summary]
        log_table(trainer, "xai_summary", columns, rows)
        if trainer.loggers and gallery is not None:
            log_figures(trainer, {"xai_gallery": gallery()})
        log_artifact(trainer, run_dir / "report.html", "explanations")


def named_by_method(
    explained: Sequence[Explained], track: str, *, only_verified: bool
) -> dict[str, Named]:
    """Return which regions each method named on a track, under every seed that it explained."""
    methods = dict.fromkeys(name for one in explained for name in one.parts)
    found = {
        name: name_regions(
            [
                (one.session.judged.at(one.session.subjects_of(one.methods[name])), part.region)
                for one in explained
                if (part := one.parts.get(name))
            ],
            track,
            only_verified=only_verified,
        )
        for name in methods
    }
    return {name: named for name, named in found.items() if named is not None}


def confusion_json(named: Named, bits: Estimate) -> dict[str, Any]:
    """Return how often each altered region (row) was answered by each region, and what it tells."""
    too_few = f"too few faces: {bits.num_images} of {bits.num_groups} persons, of {LEAST_IMAGES}"
    return {
        "mutual_information_bits": bits.mean,
        "mutual_information_interval": None if bits.low is None else [bits.low, bits.high],
        "mutual_information_reason": too_few if bits.mean is None else None,
        "num_images": bits.num_images,
        "counts": named.table().tolist(),
    }


def explanation_numbers(summary: Sequence[SummaryRow]) -> dict[str, float]:
    """Return each mean and the ends of its interval as ``xai/track/method/metric``."""
    numbers = {}
    for row in summary:
        name = f"xai/{row.track}/{row.method}/{row.metric}"
        for suffix, value in (("", row.mean), ("_lo", row.low), ("_hi", row.high)):
            if value is not None:
                numbers[f"{name}{suffix}"] = value
    return numbers


def directions(
    metrics: Iterable[Mapping[str, MapMetric | ModelMetric]],
) -> dict[str, Better]:
    """Return which way each number is better."""
    found = dict(_CARRIED)
    for named in metrics:
        for metric in named.values():
            found |= metric.better
    return found


def coverages(explained: Sequence[Explained]) -> list[dict[str, Any]]:
    """Return for each checkpoint how many subjects of each track count, and what was left out."""
    return [
        {
            "ckpt_path": str(one.source.ckpt_path),
            "model": one.session.judged.model,
            "train_seed": one.session.judged.train_seed,
            "verified": {
                track: {"verified": verified, "subjects": subjects}
                for track, (verified, subjects) in coverage(
                    one.session.judged.subjects, one.session.judged.verified
                ).items()
            },
            "left_out": dict(one.refused),
            **one.source.seen,
        }
        for one in explained
    ]


def sanity_csv(explained: Sequence[Explained]) -> str:
    """Return what the sanity checks found."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = ("mean", "low", "high", "n_images")
    beside = ("reference", "reference_low", "reference_high")
    writer.writerow(("model", "train_seed", "check", "method", "stage", *names, *beside))
    for one in explained:
        judged = one.session.judged
        for finding in one.findings:
            value, other = finding.value, finding.reference
            numbers = (value.mean, value.low, value.high, value.num_images)
            ends = (None, None, None) if other is None else (other.mean, other.low, other.high)
            where = (finding.check, finding.method, finding.stage)
            writer.writerow((judged.model, judged.train_seed, *where, *numbers, *ends))
    return text.getvalue()


def costs_csv(explained: Sequence[Explained]) -> str:
    """Return what an explanation by each method takes, per image."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = ("ms", "forward", "backward", "head_forward", "head_backward")
    writer.writerow(("model", "train_seed", "method", *names))
    for one in explained:
        judged = one.session.judged
        for method, part in one.parts.items():
            numbers = [f"{getattr(part.price, name):.4g}" for name in names]
            writer.writerow((judged.model, judged.train_seed, method, *numbers))
    return text.getvalue()
