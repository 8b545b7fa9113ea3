"""One checkpoint on several corpora: the table across them, after all have been judged."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from hydra.core.utils import JobReturn
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig

from resgat.records import to_csv
from resgat.report.other_crops import other_crops_words
from resgat.report.seen import seen_words

logger = logging.getLogger(__name__)

_CSV, _PAGE = "across.csv", "report.html"
_HYDRA, _NUMBERS = ".hydra", "metrics.json"


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
        other_crop_spec: How its crops were cut otherwise than those of the training, in words.
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
    other_crop_spec: str


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


class Swept(NamedTuple):
    """What lies below the folder of a sweep.

    Attributes:
        judged: Folder of each finished evaluation -> its ``corpus``, ``ckpt_path`` and ``test``.
        left_out: Folder of each other one -> why it is in no table.
    """

    judged: dict[str, dict[str, Any]]
    left_out: dict[str, str]


def write_across(sweep_dir: Path) -> Swept:
    """Lay out every finished evaluation below a folder; where there is none, no table stays."""
    # Only now: Hydra makes a command's callbacks before it has done anything.
    from resgat.files import write_text
    from resgat.report.across import across_page

    swept = read_swept(sweep_dir)
    if swept.judged:
        rows = [row for folder, run in swept.judged.items() for row in rows_of(folder, run)]
        write_text(sweep_dir / _CSV, to_csv(AcrossRow, rows))
        write_text(sweep_dir / _PAGE, across_page(swept.judged, swept.left_out))
    else:
        for table in (_CSV, _PAGE):
            (sweep_dir / table).unlink(missing_ok=True)
    return swept


def show_across(sweep_dir: Path, swept: Swept) -> None:
    """Show the evaluations on the terminal, and name those that are in no table."""
    from resgat.report.console import metrics_table
    from resgat.report.terminal import print_table

    for folder, why in swept.left_out.items():
        logger.warning("not in the table: %s (%s)", folder, why)
    judged = swept.judged
    if judged:
        tests = {name(folder, judged): run["test"] for folder, run in judged.items()}
        print_table(metrics_table(tests))
        logger.info("across corpora: %s", sweep_dir / _CSV)


def read_swept(sweep_dir: Path) -> Swept:
    """Read every evaluation below a folder, in the order of their numbers."""
    from resgat.errors import RunFolderError

    swept = Swept({}, {})
    begun = {path.parent for of in (_HYDRA, _NUMBERS) for path in sweep_dir.glob(f"*/{of}")}
    for folder in sorted(begun, key=lambda path: (len(path.name), path.name)):
        try:
            swept.judged[folder.name] = _read(folder)
        except RunFolderError as error:
            swept.left_out[folder.name] = str(error)
    return swept


def _read(folder: Path) -> dict[str, Any]:
    from resgat.errors import RunFolderError
    from resgat.metrics.detection import METRIC_NAMES
    from resgat.run.numbers import numbers_of_test
    from resgat.run.recorded import read_recorded, read_yaml
    from resgat.run.stopped import read_stop

    if not (folder / _NUMBERS).is_file():
        stop = read_stop(folder)
        msg = "it has no results" if stop is None else f"{stop.state}: {stop.reason}"
        raise RunFolderError(msg)
    chosen = read_yaml(folder / _HYDRA / "hydra.yaml")
    if (folder / _NUMBERS).stat().st_mtime_ns < (folder / _HYDRA / "hydra.yaml").stat().st_mtime_ns:
        msg = "its results are of an earlier run: it was begun again, and has none yet"
        raise RunFolderError(msg)
    recorded = read_recorded(folder)
    needed = ["n", *METRIC_NAMES, *(f"{metric}_ci" for metric in METRIC_NAMES)]
    try:
        return {
            "corpus": chosen["hydra"]["runtime"]["choices"]["data"],
            "ckpt_path": recorded.config["ckpt_path"],
            "test": numbers_of_test(folder, recorded.results, needed),
        }
    except (KeyError, TypeError) as error:
        msg = f"{folder} does not say what was judged on what: {error} is missing"
        raise RunFolderError(msg) from error


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
    marks = (seen_words(run["test"]), other_crops_words(run["test"]))
    for level in ("video", "frame"):
        numbers = run["test"][level]
        for metric in (key.removesuffix("_ci") for key in numbers if key.endswith("_ci")):
            if metric in numbers:
                low, high = numbers[f"{metric}_ci"] or (None, None)
                key = (folder, run["corpus"], run["ckpt_path"], level, metric)
                yield AcrossRow(*key, numbers[metric], low, high, numbers["n"], *marks)
