"""Raw videos -> crops and their index, from a configuration."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from resgat.config import parse
from resgat.data import preprocess as extraction
from resgat.data.claim import FAILURES_NAME
from resgat.data.contact_sheet import write_contact_sheets
from resgat.data.cropping import CropSpec
from resgat.data.detector import FaceDetector
from resgat.data.families import Shard
from resgat.data.outcome import PreprocessReport
from resgat.errors import ConfigError, VideoReadError
from resgat.report.preprocess import outcome_table
from resgat.report.terminal import print_table
from resgat.run.instantiate import build
from resgat.targets import check_targets

logger = logging.getLogger(__name__)

_CROP_KEYS = (
    "size_px",
    "margin",
    "alignment",
    "image_format",
    "quality",
    "frames_per_video",
    "stride",
    "resample",
)


def preprocess(cfg: DictConfig) -> None:
    """Cut the crops of one corpus.

    Raises:
        ConfigError: No raw folder was given, or the settings do not go together.
        VideoReadError: Some videos failed; everything else has been written.
    """
    config = parse(cfg)
    data = config["data"]
    # The rest of the section is the loader's; checking it would import torch.
    check_targets({"corpus": data["corpus"], "detector": config["detector"]})
    if data["raw_dir"] is None:
        msg = "data.raw_dir: expected the folder of raw videos; add data.raw_dir=/path/to/corpus"
        raise ConfigError(msg)
    detector: FaceDetector = build(config["detector"])
    report = extraction.preprocess(
        build(data["corpus"]),
        Path(data["raw_dir"]),
        Path(data["crops_dir"]),
        spec=_crop_spec(config, detector),
        detector=detector,
        shard=Shard(**config["shard"]),
        num_workers=config["num_workers"],
        timeout_s=config["timeout_s"],
        retry_failures=config["retry_failures"],
    )
    print_table(outcome_table(report.tally))
    _say_what_is_next(report, config)
    if config["contact_sheet"] and report.is_complete:
        folder = write_contact_sheets(Path(data["crops_dir"]))
        logger.info("contact sheets in %s", folder)
    if report.tally.failures and not config["allow_failures"]:
        raise VideoReadError(_failure_message(report))


def _crop_spec(config: dict[str, Any], detector: FaceDetector) -> CropSpec:
    if config["alignment"] == "similarity" and not detector.has_landmarks:
        msg = "alignment=similarity: this detector finds no landmarks to align by; use "
        msg += "detector=yunet, or alignment=none"
        raise ConfigError(msg)
    return CropSpec(detector=detector.spec, **{key: config[key] for key in _CROP_KEYS})


def _say_what_is_next(report: PreprocessReport, config: dict[str, Any]) -> None:
    if report.is_complete:
        logger.info("crops and index in %s", report.crops_dir)
        return
    count = config["shard"]["count"]
    logger.info(
        "shard %d of %d is done; when all are, merge them: the same command with shard.count=%d "
        "and without shard.index",
        config["shard"]["index"],
        count,
        count,
    )


def _failure_message(report: PreprocessReport) -> str:
    failures = report.tally.failures
    first = failures[0]
    table = report.crops_dir / FAILURES_NAME
    where = f"see {table}" if report.is_complete else f"the merge lists them in {table.name}"
    return (
        f"{len(failures)} video(s) failed, such as {first.video_id}: {first.reason}. All others "
        f"are done; {where}. Mend them and run again with retry_failures=true, or accept them with "
        "allow_failures=true"
    )
