"""Write what explanations scored: tables, pictures, the page; and tell the loggers."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from resgat.explain.attribution import Explainer
from resgat.explain.metrics.catalogue import MapMetric, ModelMetric
from resgat.explain.stats.scores import Better
from resgat.explain.stats.summary import (
    compare_methods,
    summarise,
    to_csv,
)
from resgat.files import write_json, write_parquet, write_text
from resgat.measuring.part import Part
from resgat.measuring.session import Session
from resgat.measuring.verified import coverage
from resgat.report.console_explain import explanation_table
from resgat.report.terminal import print_table
from resgat.run.explain_report import write_report

logger = logging.getLogger(__name__)

#: Which way the metrics that explanations carry with them are better.
_CARRIED: dict[str, Better] = {"completeness": "lower"}


@dataclass(frozen=True, eq=False)
class Explained:
    """One checkpoint's explanations.

    Attributes:
        ckpt_path: Of the checkpoint.
        session: Whose explanations these are, and of whom.
        methods: Those that could be had.
        metrics: Those that could be had.
        parts: Method -> what was measured.
        refused: Method or metric -> why it could not be had.
    """

    ckpt_path: Path
    session: Session
    methods: Mapping[str, Explainer]
    metrics: Mapping[str, MapMetric | ModelMetric]
    parts: Mapping[str, Part]
    refused: Mapping[str, str]


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
    if not len(judged):
        msg = "the detector gets no subject right with certainty, so the tables are of all of them"
        logger.warning(msg)
        judged = scores
    summary = summarise(judged, better, **options)
    pairs = compare_methods(judged, margin=section["margin"], **options)
    write_text(run_dir / "summary.csv", to_csv(summary))
    write_text(run_dir / "summary_all.csv", to_csv(summarise(scores, better, **options)))
    write_text(run_dir / "pairwise.csv", to_csv(pairs))
    write_text(run_dir / "costs.csv", costs_csv(explained))
    write_json(run_dir / "coverage.json", coverages(explained))
    write_report(explained, config, environment, summary, pairs, run_dir)
    print_table(explanation_table(summary))


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
            "ckpt_path": str(one.ckpt_path),
            "model": one.session.judged.model,
            "train_seed": one.session.judged.train_seed,
            "verified": {
                track: {"verified": verified, "subjects": subjects}
                for track, (verified, subjects) in coverage(
                    one.session.judged.subjects, one.session.judged.verified
                ).items()
            },
            "left_out": dict(one.refused),
        }
        for one in explained
    ]


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
