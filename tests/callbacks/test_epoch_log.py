"""One line per epoch, with what was measured in it."""

import logging
import re
from collections.abc import Callable

import pytest
import pytorch_lightning as pl

from resgat.callbacks.epoch_log import EpochLog
from resgat.data.datamodule import CropDataModule
from resgat.lit.detector import DetectorModule


def test_each_epoch_is_one_line(
    make_module: Callable[..., DetectorModule],
    make_trainer: Callable[..., pl.Trainer],
    datamodule: CropDataModule,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, logger="resgat"):
        make_trainer(callbacks=[EpochLog()]).fit(make_module(), datamodule)
    lines = [r.getMessage() for r in caplog.records if r.name == "resgat.callbacks.epoch_log"]
    number = r"\d\.\d{4}"
    for epoch, line in enumerate(lines, start=1):
        assert re.fullmatch(
            rf"epoch {epoch}/2  train/loss {number}  val/frame_auc {number}  val/loss {number}  "
            rf"val/video_auc {number}  \d+ s",
            line,
        )
    assert len(lines) == 2
