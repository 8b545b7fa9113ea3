"""Twins of faces with planted evidence: the corpus that explanations are measured on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa

from resgat.checks import check_choice, check_range
from resgat.data.corpora.base import Census
from resgat.data.corpora.made_once import make_once, refuse_videos
from resgat.data.cropping import CropSpec
from resgat.data.index import write_index
from resgat.data.planted.drawn import DrawnPeople
from resgat.data.planted.operators import STRENGTHS, TRAIN_STRENGTHS
from resgat.data.planted.plan import MIN_TEST_TWINS, Recipe, Unit, plan_split
from resgat.data.planted.real import find_real_crops
from resgat.data.planted.regions import SHAPES, Shape
from resgat.data.planted.subject import Source
from resgat.data.planted.table import write_planted
from resgat.data.planted.twins import make_pair
from resgat.data.planted.writing import DATASET, Row, write_pair
from resgat.data.schema import INDEX_SCHEMA, SPLITS
from resgat.data.videos import VideoRecord
from resgat.data.workers import results_of
from resgat.progress import track

_DRAWING = 2  # raised when the same settings come to give other crops
_DRAWN = "drawn"


@dataclass(frozen=True)
class PlantedFaces:
    """Pairs of crops, fake and real, that differ inside one region of the face and nowhere else.

    The same settings give the same bytes. ``planted.parquet`` beside the index says what was
    planted where; see :mod:`resgat.data.planted.table`.

    Args:
        size_px: Side of the crops.
        train_twins: Pairs in the train split: one plant each, with and without a decoy.
        val_twins: Pairs in the val split, of the same kinds.
        test_twins: Pairs in the test split, over the tracks A to F.
        operators: What the fakes of all tracks but F are altered by.
        unseen_operators: What those of track F are altered by.
        strengths: How strong those of the test split are, in (0, 1].
        train_strengths: How strong those of train and val are.
        decoy_share: Which share of the train and val pairs has a decoy.
        watermark: Which share of the train and val fakes bears a watermark, and of the reals does
            not: the shortcut of track E. None: no crop outside track E has one.
        regions: ``parts`` of the face, or ``discs`` of one area in their places.
        source: ``drawn`` people, or the crops folder whose real crops are taken.
        seed: Decides everything else.
        num_workers: Processes that draw.

    Raises:
        ConfigError: A value is unknown or out of range.
    """

    size_px: int = 112
    train_twins: int = 9600
    val_twins: int = 250
    test_twins: int = 1000
    operators: Sequence[str] = ("self_blend", "donor_swap", "upsampling", "noise_mismatch")
    unseen_operators: Sequence[str] = ("jpeg_ghost", "pale_smoothing")
    strengths: Sequence[float] = STRENGTHS
    train_strengths: Sequence[float] = TRAIN_STRENGTHS
    decoy_share: float = 0.5
    watermark: float | None = None
    regions: Shape = "parts"
    source: str = _DRAWN
    seed: int = 0
    num_workers: int = 2

    def __post_init__(self) -> None:
        check_range("size_px", self.size_px, low=48, high=1024)
        check_range("train_twins", self.train_twins, low=1)
        check_range("val_twins", self.val_twins, low=1)
        check_range("test_twins", self.test_twins, low=MIN_TEST_TWINS)
        check_choice("regions", self.regions, SHAPES)
        check_range("num_workers", self.num_workers, low=1)
        self._recipe()

    @property
    def name(self) -> str:
        """``planted``."""
        return DATASET

    def videos(self, raw_dir: Path) -> NoReturn:
        """Refuse: there is nothing to preprocess.

        Raises:
            DatasetNotFoundError: Always.
        """
        refuse_videos(self.name, raw_dir)

    def census(self, records: Sequence[VideoRecord]) -> Census:
        """Give none: nobody published what is made here."""
        return Census()

    def prepare(self, crops_dir: Path) -> None:
        """Make the crops, unless they are there already; all of them or none.

        Raises:
            ConfigError: The folder holds something else.
            DatasetNotFoundError: ``source`` names a folder without an index.
            IndexSchemaError: The real crops of ``source`` have no landmarks.
            SplitError: A split of ``source`` has too few real crops.
        """
        make_once(crops_dir, self.name, self._settings(), self._make)

    def make_unit(self, folder: Path, source: Source, unit: Unit) -> list[tuple[Row, Row]]:
        """Make one pair, write it, and return its rows of the index and of ``planted.parquet``."""
        rng = np.random.default_rng((self.seed, SPLITS.index(unit.split), unit.number))
        subject = source.subject(unit.split, unit.number, rng)
        pair = make_pair(unit, subject, rng, self.regions)
        return write_pair(folder, unit, subject, pair, self._crop_spec())

    def _make(self, folder: Path) -> None:
        units = [
            unit for split, count in self._counts().items() for unit in self._plan(split, count)
        ]
        work = partial(self.make_unit, folder, self._source())
        rows: list[tuple[Row, Row]] = []
        made = results_of(work, units, self.num_workers, chunk_size=16)
        for unit_rows in track(made, "planting evidence", len(units)):
            rows.extend(unit_rows)
        index_rows, planted_rows = zip(*rows, strict=True)
        write_index(pa.Table.from_pylist(list(index_rows), INDEX_SCHEMA), folder)
        write_planted(list(planted_rows), folder)

    def _plan(self, split: str, count: int) -> list[Unit]:
        return plan_split(self._recipe(), split, count)

    def _source(self) -> Source:
        if self.source == _DRAWN:
            return DrawnPeople(self.size_px)
        return find_real_crops(self.source, self.size_px, self.seed)

    def _recipe(self) -> Recipe:
        return Recipe(
            operators=tuple(self.operators),
            unseen_operators=tuple(self.unseen_operators),
            strengths=tuple(self.strengths),
            train_strengths=tuple(self.train_strengths),
            decoy_share=self.decoy_share,
            watermark=self.watermark,
            seed=self.seed,
        )

    def _counts(self) -> dict[str, int]:
        return {"train": self.train_twins, "val": self.val_twins, "test": self.test_twins}

    def _settings(self) -> dict[str, Any]:
        """Say what decides the crops; the number of workers does not."""
        settings = asdict(self) | asdict(self._recipe()) | {"drawing": _DRAWING}
        for name in ("strengths", "train_strengths"):
            settings[name] = [float(strength) for strength in getattr(self, name)]
        settings["decoy_share"] = float(self.decoy_share)
        return {key: value for key, value in settings.items() if key != "num_workers"}

    def _crop_spec(self) -> str:
        detector = {"name": DATASET, "version": _DRAWING, "source": self.source}
        return CropSpec(self.size_px, 1.3, detector, frames_per_video=1).hash
