"""What is written at the end of a run."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from torch import nn

from resgat.data.datamodule import CropDataModule
from resgat.errors import SplitError
from resgat.lit.detector import DetectorModule
from resgat.metrics.predictions import Predictions
from resgat.report.metrics_json import OperatingPoint
from resgat.run.results import all_predictions, merge_history, operating_facts, operating_points


def write_part(run: Path, version: int, *rows: str) -> None:
    path = run / "csv" / f"version_{version}" / "metrics.csv"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(["epoch,step,val/loss", *rows]) + "\n")


def test_an_epoch_that_was_trained_twice_counts_once(tmp_path: Path) -> None:
    write_part(tmp_path, 0, "0,9,0.5", "1,19,0.4", "2,24,")
    write_part(tmp_path, 1, "2,29,0.3", ",30,0.9")
    merged = merge_history(tmp_path)
    assert merged is not None
    assert merged.read_text() == "epoch,step,val/loss\n0,9,0.5\n1,19,0.4\n2,29,0.3\n"


def test_how_fast_it_was_is_no_part_of_the_history(tmp_path: Path) -> None:
    path = tmp_path / "csv" / "version_0" / "metrics.csv"
    path.parent.mkdir(parents=True)
    path.write_text(
        "epoch,step,train/faces_per_s,train/peak_gib,val/loss\n0,3,,,0.5\n0,3,12.5,1.5,\n"
    )
    merged = merge_history(tmp_path)
    assert merged is not None
    assert merged.read_text() == "epoch,step,val/loss\n0,3,0.5\n"


def test_the_tenth_resumption_comes_after_the_second(tmp_path: Path) -> None:
    write_part(tmp_path, 10, "2,29,0.3")
    write_part(tmp_path, 2, "0,9,0.5", "1,19,0.4", "2,29,0.6")
    merged = merge_history(tmp_path)
    assert merged is not None
    assert merged.read_text().splitlines()[-1] == "2,29,0.3"


def test_a_new_run_in_an_old_folder_has_its_own_history(tmp_path: Path) -> None:
    write_part(tmp_path, 0, "0,9,0.5", "1,19,0.4")
    write_part(tmp_path, 1, "0,9,0.7")
    merged = merge_history(tmp_path)
    assert merged is not None
    assert merged.read_text().splitlines()[1:] == ["0,9,0.7"]


def test_without_a_csv_logger_there_is_no_history(tmp_path: Path) -> None:
    assert merge_history(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_carries_what_val_chose() -> None:
    summary = {
        "video": {"threshold_prob": 0.4, "temperature": 1.5, "auc": 1.0},
        "frame": {"threshold_prob": None, "temperature": None},
    }
    facts = operating_facts(summary)
    assert facts == {
        "thresholds": {"video": 0.4, "frame": None},
        "temperatures": {"video": 1.5, "frame": None},
    }
    points = operating_points(facts)
    assert points == {"video": OperatingPoint(0.4, 1.5), "frame": OperatingPoint(None, None)}


def test_a_checkpoint_from_before_temperatures_has_none() -> None:
    points = operating_points({"thresholds": {"video": 0.4}})
    assert points == {"video": OperatingPoint(0.4, None)}


def test_a_pass_over_a_part_of_a_split_is_refused(datamodule: CropDataModule) -> None:
    module = DetectorModule.for_testing(nn.Identity(), {})
    with pytest.raises(RuntimeError, match="no pass over split 'test' has been made"):
        all_predictions(module, datamodule, "test")
    rows = np.flatnonzero(np.array(datamodule.index.column("split").to_pylist()) == "test")

    def predicted(rows: NDArray[np.int64]) -> Predictions:
        label = datamodule.index.labels[rows]
        return Predictions(rows, rows, label, np.zeros(len(rows), np.float32))

    module.predictions = predicted(rows)
    assert len(all_predictions(module, datamodule, "test")) == len(rows) == 12
    module.predictions = predicted(rows[:-4])
    with pytest.raises(SplitError) as caught:
        all_predictions(module, datamodule, "test")
    assert str(caught.value) == (
        "8 of 12 crops of split 'test' were predicted, so numbers would be of a part of it. Leave "
        "out the settings of the trainer, and the callbacks, that keep batches back"
    )
