"""After a test: pictures of faces that were chosen before anything was known about them."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest
import pytorch_lightning as pl
from matplotlib.figure import Figure

from resgat.callbacks.gallery import Gallery
from resgat.data.datamodule import CropDataModule
from resgat.errors import ConfigError
from resgat.lit.detector import DetectorModule

METHODS = {"original", "EyeSwap", "MouthReplay", "NoseBlend", "SkinRetouch"}
MakeModule = Callable[..., DetectorModule]
MakeTrainer = Callable[..., pl.Trainer]


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What is sent to the loggers as tables: name, columns, rows."""
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr(
        "resgat.callbacks.gallery.log_table", lambda trainer, *table: sent.append(table)
    )
    return sent


def test_a_test_leaves_a_page_and_a_picture_of_each_face(
    make_module: MakeModule,
    make_trainer: MakeTrainer,
    datamodule: CropDataModule,
    tables: list[tuple[Any, ...]],
    tmp_path: Path,
) -> None:
    module = make_module()
    make_trainer(callbacks=[Gallery(num_faces=5)]).test(module, datamodule, verbose=False)
    pictures = sorted(path.name for path in (tmp_path / "gallery").iterdir())
    assert pictures == [f"face_0{number}.png" for number in range(5)] + ["gallery.png"]
    page = cv2.imread(str(tmp_path / "gallery" / "gallery.png"))
    assert page is not None
    assert page.std() > 10
    ((name, columns, rows),) = tables
    assert name == "gallery_table"
    assert columns == ("crop_id", "method", "label", "prob", "evidence")
    assert {row[1] for row in rows} == METHODS
    assert all((row[1] == "original") == (row[2] == 0) for row in rows)
    test_ids = datamodule.index.select("test").column("crop_id").to_pylist()
    assert {row[0] for row in rows} <= set(test_ids)
    assert all(isinstance(row[4], Figure) for row in rows)


@pytest.mark.parametrize(("num_faces", "expected"), [(1, 1), (3, 3), (7, 7), (100, 12)])
def test_no_more_faces_are_drawn_than_asked_for_or_there(
    num_faces: int,
    expected: int,
    make_module: MakeModule,
    make_trainer: MakeTrainer,
    datamodule: CropDataModule,
    tables: list[tuple[Any, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("resgat.callbacks.gallery.save_figure", lambda figure, path: None)
    monkeypatch.setattr("resgat.callbacks.gallery.item_figure", lambda item, **_: None)
    monkeypatch.setattr("resgat.callbacks.gallery.gallery_figure", lambda items, **_: None)
    gallery = Gallery(num_faces)
    make_trainer(callbacks=[gallery]).test(make_module(), datamodule, verbose=False)
    rows = tables[0][2]
    assert len({row[0] for row in rows}) == len(rows) == expected


def test_a_face_has_the_probability_that_was_predicted_for_it(
    make_module: MakeModule,
    make_trainer: MakeTrainer,
    datamodule: CropDataModule,
    tables: list[tuple[Any, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for drawn in ("save_figure", "item_figure", "gallery_figure"):
        monkeypatch.setattr(f"resgat.callbacks.gallery.{drawn}", lambda *_, **__: None)
    module = make_module()
    trainer = make_trainer(callbacks=[Gallery(num_faces=100)], precision="bf16-mixed")
    trainer.test(module, datamodule, verbose=False)
    assert module.predictions is not None
    ids = datamodule.index.column("crop_id").to_pylist()
    predicted = {
        ids[row]: 1 / (1 + math.exp(-logit))
        for row, logit in zip(module.predictions.row, module.predictions.logit, strict=True)
    }
    shown = {row[0]: row[3] for row in tables[0][2]}
    assert shown == pytest.approx(predicted, abs=1e-5)


@pytest.mark.parametrize("threshold", [0.3, None])
def test_faces_are_called_at_val_s_threshold_or_not_at_all(
    threshold: float | None,
    make_module: MakeModule,
    make_trainer: MakeTrainer,
    datamodule: CropDataModule,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used: list[float | None] = []
    for drawn in ("item_figure", "gallery_figure"):
        monkeypatch.setattr(
            f"resgat.callbacks.gallery.{drawn}",
            lambda *_, threshold_prob: used.append(threshold_prob),
        )
    monkeypatch.setattr("resgat.callbacks.gallery.save_figure", lambda *_: None)
    module = make_module()
    module.facts["thresholds"] = {"frame": threshold}
    trainer = make_trainer(callbacks=[Gallery(num_faces=1)])
    trainer.test(module, datamodule, verbose=False)
    assert used == [threshold, threshold]


def test_a_gallery_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"num_faces: expected a number in \[1, inf\], got 0"):
        Gallery(num_faces=0)
