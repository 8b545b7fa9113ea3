"""A crops folder -> tar shards, from a configuration."""

from __future__ import annotations

import logging
from pathlib import Path

from omegaconf import DictConfig
from rich.table import Table

from resgat.config import parse
from resgat.data import pack as packing
from resgat.data.folder import as_folder
from resgat.data.index import CropIndex
from resgat.data.pack_target import PackReport
from resgat.data.validation import preprocess_remedy
from resgat.report.terminal import print_table
from resgat.run.instantiate import build
from resgat.run.quiet import hush_libraries
from resgat.targets import check_targets

logger = logging.getLogger(__name__)

_MIB = 2**20


def pack(cfg: DictConfig) -> None:
    """Pack the crops of one corpus.

    Raises:
        DatasetNotFoundError: There are no crops.
        ConfigError: ``out`` holds something else.
    """
    hush_libraries()
    config = parse(cfg)
    check_targets(config)
    data, out = config["data"], as_folder(config["out"])
    corpus, crops_dir = build(data["corpus"]), as_folder(data["crops_dir"])
    if isinstance(crops_dir, Path):
        corpus.prepare(crops_dir)
    remedy = preprocess_remedy(crops_dir, corpus=corpus.name, raw_dir=data["raw_dir"])
    index = CropIndex.read(crops_dir, images_dir=data["images_dir"], remedy=remedy)
    report = packing.pack(index, out, shard_mb=config["shard_mb"])
    print_table(_table(report))
    logger.info("read them with data.crops_dir=%s", out)


def _table(report: PackReport) -> Table:
    table = Table(box=None, show_edge=False)
    for column in ("files", "shards", "MiB"):
        table.add_column(column, justify="right")
    mib = f"{report.num_bytes / _MIB:.1f}"
    table.add_row(str(report.num_files), str(report.num_shards), mib)
    return table
