"""Leak proofs: chance outside the plant, not inside it, and a shortcut is noticed."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import chi2
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from resgat.data.corpora.planted import PlantedFaces
from resgat.data.index import CropIndex, write_index
from resgat.data.planted.leaks import LeakReport, describe, measure_leaks
from resgat.data.planted.table import PLANTED_NAME, read_planted, write_planted
from resgat.data.schema import INDEX_NAME, INDEX_SCHEMA
from resgat.errors import SplitError
from resgat.types import FAKE, REAL, REGIONS


def logistic_auroc(features: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> float:
    """Return the area under the curve of scores that each pair gets from the others."""
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    scores = cross_val_predict(
        model, features, labels, groups=groups, cv=GroupKFold(5), method="decision_function"
    )
    return float(roc_auc_score(labels, scores))


def check_sound(crops_dir: Path, splits: tuple[str, ...], inside: float) -> None:
    report = measure_leaks(crops_dir, splits)
    assert report.num_unequal == 0
    assert report.outside_auroc == pytest.approx(0.5, abs=0.05)
    assert report.place_auroc == pytest.approx(0.5, abs=0.05)
    assert report.inside_auroc > inside
    assert chi2.sf(report.region_chi2, 7) > 0.05
    assert report.file_auroc == pytest.approx(0.5, abs=0.05)
    assert chi2.sf(report.region_place_chi2, 28) > 0.05
    assert chi2.sf(report.region_look_chi2, 42) > 0.05
    assert chi2.sf(report.decoy_chi2, 1) > 0.05


def test_nothing_leaks(planted_crops: Path) -> None:
    assert measure_leaks(planted_crops).num_pairs == 206  # all tracks but D
    check_sound(planted_crops, ("test",), inside=0.52)  # most of its plants are weak


def test_an_independent_classifier_finds_nothing_either(planted_crops: Path) -> None:
    index, planted = CropIndex.read(planted_crops), read_planted(planted_crops)
    rows = {row["crop_id"]: row for row in planted.to_pylist()}
    position = {crop_id: place for place, crop_id in enumerate(index.column("crop_id").to_pylist())}
    features, labels, groups = [], [], []
    for crop_id, place in position.items():
        if rows[crop_id]["region"] is None:
            continue
        fake = place if index.labels[place] else position[rows[crop_id]["twin_id"]]
        mask = index.read_mask(fake)
        assert mask is not None
        features.append(describe(index.read_image(place), ~mask))
        labels.append(index.labels[place])
        groups.append(index.value("identity_group", place))
    assert len(labels) >= 400
    score = logistic_auroc(np.array(features), np.array(labels), np.array(groups))
    assert score == pytest.approx(0.5, abs=0.05)


def test_a_shortcut_is_noticed(tmp_path: Path, no_processes: None) -> None:
    corpus = PlantedFaces(
        size_px=64, train_twins=120, val_twins=1, test_twins=13, watermark=0.9, strengths=[0.125]
    )
    corpus.prepare(tmp_path / "crops")
    report = measure_leaks(tmp_path / "crops", ("train",))
    assert report.num_unequal >= 96
    assert report.outside_auroc > 0.6


@dataclass(frozen=True)
class Folder:
    """A copy of sound crops that can be spoilt."""

    path: Path

    def report(self) -> LeakReport:
        return measure_leaks(self.path)

    def rows(self) -> list[dict[str, Any]]:
        """Return what is known of each crop, of the index and of the plants."""
        index, planted = (pq.read_table(self.path / name) for name in (INDEX_NAME, PLANTED_NAME))
        pairs = zip(index.to_pylist(), planted.to_pylist(), strict=True)
        return [crop | plant for crop, plant in pairs]

    def write(self, rows: list[dict[str, Any]]) -> None:
        write_index(pa.Table.from_pylist(rows, INDEX_SCHEMA), self.path)
        write_planted(rows, self.path)

    def name_regions_by(self, number: Callable[[dict[str, Any]], float]) -> None:
        """Name the regions of each pair in the order of what is known of its real crop."""
        rows = self.rows()
        known = {row["crop_id"]: row for row in rows}
        real = [row for row in rows if row["region"] and row["label"] == REAL]
        order = np.argsort(np.argsort([number(row) for row in real]))
        for row, place in zip(real, order, strict=True):
            region = REGIONS[place * len(REGIONS) // len(real)]
            row["region"] = known[row["twin_id"]]["region"] = region
        self.write(rows)


@pytest.fixture
def folder(planted_crops: Path, tmp_path: Path) -> Folder:
    shutil.copytree(planted_crops, tmp_path / "crops")
    return Folder(tmp_path / "crops")


def test_one_pixel_is_noticed(folder: Folder) -> None:
    fake = next(row for row in folder.rows() if row["split"] == "test" and row["mask_path"])
    image = cv2.imread(str(folder.path / fake["path"]))
    assert image is not None
    image[0, 0, 0] ^= 1  # no plant reaches the corner
    cv2.imwrite(str(folder.path / fake["path"]), image)
    assert folder.report().num_unequal == 1


def test_files_that_were_packed_otherwise_are_noticed_though_no_pixel_is(folder: Folder) -> None:
    for row in folder.rows():
        if row["label"] == FAKE:
            path = folder.path / row["path"]
            cv2.imwrite(
                str(path), np.asarray(cv2.imread(str(path))), [cv2.IMWRITE_PNG_COMPRESSION, 0]
            )
    report = folder.report()
    assert (report.num_unequal, report.outside_auroc) == (0, 0.5)
    assert report.file_auroc > 0.95


def test_fakes_without_an_alteration_are_noticed(folder: Folder) -> None:
    rows = folder.rows()
    paths = {row["crop_id"]: folder.path / row["path"] for row in rows}
    for row in rows:
        if row["label"] == FAKE:
            shutil.copy(paths[row["twin_id"]], paths[row["crop_id"]])
    assert folder.report().inside_auroc == 0.5


def test_landmarks_of_fakes_that_were_found_elsewhere_are_noticed(folder: Folder) -> None:
    rows = folder.rows()
    for row in rows:
        if row["label"] == FAKE:
            row["landmarks"] = [value + 6 for value in row["landmarks"]]
    folder.write(rows)
    assert folder.report().place_auroc > 0.6


def test_a_region_that_is_preferred_is_noticed(folder: Folder) -> None:
    rows = folder.rows()
    for row in rows:
        row["region"] = "nose" if row["region"] == "mouth" else row["region"]
    folder.write(rows)
    assert chi2.sf(folder.report().region_chi2, 7) < 0.001


def test_regions_that_the_place_of_the_face_decides_are_noticed(folder: Folder) -> None:
    folder.name_regions_by(lambda row: row["landmarks"][4])  # x of the nose
    report = folder.report()
    assert chi2.sf(report.region_place_chi2, 28) < 0.001
    assert chi2.sf(report.region_chi2, 7) > 0.05  # as often as before


def test_regions_that_the_person_decides_are_noticed(folder: Folder) -> None:
    def brightness(row: dict[str, Any]) -> float:
        return float(np.asarray(cv2.imread(str(folder.path / row["path"]))).mean())

    folder.name_regions_by(brightness)
    report = folder.report()
    assert chi2.sf(report.region_look_chi2, 42) < 0.001
    assert chi2.sf(report.region_chi2, 7) > 0.05


def test_decoys_of_one_class_are_noticed(folder: Folder) -> None:
    rows = folder.rows()
    for row in rows:
        if row["label"] == REAL:
            row |= {"decoy": None, "decoy_region": None, "decoy_mask_path": None}
    folder.write(rows)
    assert chi2.sf(folder.report().decoy_chi2, 1) < 0.001


def test_hidden_pixels_do_not_enter_the_statistics() -> None:
    rng = np.random.default_rng(0)
    first = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
    second, shown = first.copy(), np.ones((32, 32), np.bool_)
    shown[8:16, 8:16] = False
    second[~shown] = 7
    assert np.array_equal(describe(first, shown), describe(second, shown))
    assert not np.array_equal(describe(first, ~shown), describe(second, ~shown))


def test_too_few_pairs_are_refused(planted_crops: Path) -> None:
    with pytest.raises(SplitError, match=r"has 4 planted pairs in val; expected 10"):
        measure_leaks(planted_crops, ("val",))


@pytest.mark.slow
@pytest.mark.parametrize("regions", ["parts", "discs"])
def test_nothing_leaks_from_two_thousand_crops(
    regions: str, tmp_path: Path, no_processes: None
) -> None:
    corpus = PlantedFaces(
        train_twins=1000,
        val_twins=1,
        test_twins=13,
        regions=regions,  # type: ignore[arg-type]
    )
    corpus.prepare(tmp_path / "crops")
    check_sound(tmp_path / "crops", ("train",), inside=0.54)  # a thousand pairs: +- 0.013
