"""One checkpoint on several corpora: the table across them, after all have been judged."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from hydra.core.utils import JobReturn
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig

from resgat.report.seen import seen_words

logger = logging.getLogger(__name__)

_CSV = "across.csv"


@dataclass(frozen=True)
class AcrossRow:
    """One number of the table.

    Attributes:
        folder: Of the evaluation, in the sweep's.
        corpus: The option of the group ``data``.
        ckpt_path: Of the checkpoint.
        level: video or frame.
        value: None where it cannot be had.
        low, high: Ends of its 95 % interval; None where it has none.
        n: Videos or frames.
        seen_in_training: What of the test split the checkpoint had learnt from, in words.
    """

    folder: str
    corpus: str
    ckpt_path: str
    level: str
    metric: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    seen_in_training: str


class AcrossCorpora(Callback):
    """Lays the runs of a sweep of evaluations side by side: ``across.csv`` and ``report.html``."""

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **_: Any) -> None:
        """Write what there is, for Hydra does not say when a sweep ends of which a job failed."""
        if config.hydra.mode == RunMode.MULTIRUN:
            write_across(Path(config.hydra.sweep.dir))

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:
        """Write all of it, and show it."""
        sweep_dir = Path(config.hydra.sweep.dir)
        show_across(sweep_dir, write_across(sweep_dir))


def write_across(sweep_dir: Path) -> dict[str, dict[str, Any]]:
    """Lay out every finished evaluation below a folder; nothing is written where there is none.

    Returns:
        The evaluations, as :func:`read_judged` yields them.
    """
    # Only now: Hydra makes a command's callbacks before it has done anything.
    from resgat.files import write_text
    from resgat.report.across import across_page

    judged = dict(read_judged(sweep_dir))
    if judged:
        rows = [row for folder, run in judged.items() for row in rows_of(folder, run)]
        write_text(sweep_dir / _CSV, to_csv(rows))
        write_text(sweep_dir / "report.html", across_page(judged))
    return judged


def show_across(sweep_dir: Path, judged: Mapping[str, Mapping[str, Any]]) -> None:
    """Show the evaluations on the terminal, and name those that have no results."""
    from resgat.report.console import metrics_table
    from resgat.report.terminal import print_table

    if not judged:
        return
    begun = {path.parent.name for path in sweep_dir.glob("*/.hydra")}
    if missing := sorted(begun - judged.keys()):
        logger.warning("without results, and so not in the table: %s", ", ".join(missing))
    print_table(metrics_table({name(folder, judged): judged[folder]["test"] for folder in judged}))
    logger.info("across corpora: %s", sweep_dir / _CSV)


def read_judged(sweep_dir: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield for each finished evaluation its folder, and its corpus, checkpoint and numbers."""
    folders = [path.parent for path in sweep_dir.glob("*/metrics.json")]
    for folder in sorted(folders, key=lambda path: (len(path.name), path.name)):
        chosen = yaml.safe_load((folder / ".hydra" / "hydra.yaml").read_text("utf-8"))
        config = yaml.safe_load((folder / "config.yaml").read_text("utf-8"))
        numbers = json.loads((folder / "metrics.json").read_text("utf-8"))
        yield (
            folder.name,
            {
                "corpus": chosen["hydra"]["runtime"]["choices"]["data"],
                "ckpt_path": config["ckpt_path"],
                "test": numbers["test"],
            },
        )


def name(folder: str, judged: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a run's corpus, with its checkpoint where there are several, or else its folder."""

    def said(run: Mapping[str, Any]) -> str:
        several = len({one["ckpt_path"] for one in judged.values()}) > 1
        return f"{run['corpus']}, {run['ckpt_path']}" if several else str(run["corpus"])

    words = said(judged[folder])
    is_alone = [said(run) for run in judged.values()].count(words) == 1
    return words if is_alone else f"{words} ({folder})"


def rows_of(folder: str, run: Mapping[str, Any]) -> Iterator[AcrossRow]:
    """Yield every metric of a run at both levels."""
    seen = seen_words(run["test"])
    for level in ("video", "frame"):
        numbers = run["test"][level]
        for metric in (key.removesuffix("_ci") for key in numbers if key.endswith("_ci")):
            if metric in numbers:
                low, high = numbers[f"{metric}_ci"] or (None, None)
                key = (folder, run["corpus"], run["ckpt_path"], level, metric)
                yield AcrossRow(*key, numbers[metric], low, high, numbers["n"], seen)


def to_csv(rows: list[AcrossRow]) -> str:
    """Return rows as CSV; None is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(AcrossRow.__dataclass_fields__), lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return text.getvalue()
