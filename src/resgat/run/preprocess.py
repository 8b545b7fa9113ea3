"""Raw videos -> crops and their index, from a configuration."""

from __future__ import annotations

import logging
from pathlib import Path

from omegaconf import DictConfig
from rich.table import Table

from resgat.config import parse
from resgat.data import preprocess as extraction
from resgat.data.outcome import PreprocessReport
from resgat.errors import ConfigError, VideoReadError
from resgat.report.terminal import print_table
from resgat.run.instantiate import build
from resgat.run.quiet import hush_libraries
from resgat.targets import check_targets

logger = logging.getLogger(__name__)

_SHOWN = 20


def preprocess(cfg: DictConfig) -> None:
    """Cut the crops of one corpus.

    Raises:
        ConfigError: No raw folder was given.
        VideoReadError: Some videos failed; everything else has been written.
    """
    hush_libraries()
    config = parse(cfg)
    check_targets(config)
    data = config["data"]
    if data["raw_dir"] is None:
        msg = "data.raw_dir: expected the folder of raw videos; add data.raw_dir=/path/to/corpus"
        raise ConfigError(msg)
    report = extraction.preprocess(
        build(data["corpus"]),
        Path(data["raw_dir"]),
        Path(data["crops_dir"]),
        detector=build(config["detector"]),
        size_px=config["size_px"],
        margin=config["margin"],
        frames_per_video=config["frames_per_video"],
        num_workers=config["num_workers"],
    )
    print_table(_faces_table(report))
    logger.info("crops and index in %s", data["crops_dir"])
    if report.failures and not config["allow_failures"]:
        raise VideoReadError(_failure_message(report))


def _faces_table(report: PreprocessReport) -> Table:
    """Frames with a face per video; the first twenty, then a count."""
    table = Table(box=None, show_edge=False)
    for column in ("video", "faces / frames"):
        table.add_column(column)
    rows = [(name, f"{found} / {frames}") for name, (found, frames) in report.faces_found.items()]
    for row in rows[:_SHOWN]:
        table.add_row(*row)
    if len(rows) > _SHOWN:
        table.add_row(f"... and {len(rows) - _SHOWN} more videos", "see index.parquet")
    videos = f"{len(rows)} videos read, {len(report.failures)} failed"
    table.add_row(videos, f"{report.num_crops} crops")
    return table


def _failure_message(report: PreprocessReport) -> str:
    name, reason = next(iter(report.failures.items()))
    table = report.crops_dir / extraction.FAILURES_NAME
    return (
        f"{len(report.failures)} video(s) failed, such as {name}: {reason}. All others are done; "
        f"see {table}, mend them and run again, or accept them with allow_failures=true"
    )
