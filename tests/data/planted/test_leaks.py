"""Leak proofs: chance outside the plant, not inside it, and a shortcut is noticed."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chi2
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from resgat.data.corpora.planted import PlantedFaces
from resgat.data.index import CropIndex
from resgat.data.planted.leaks import describe, linear_auroc, measure_leaks
from resgat.data.planted.table import read_planted
from resgat.errors import SplitError


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


def test_auroc_by_hand_and_as_scikit_learn_has_it() -> None:
    rng = np.random.default_rng(0)
    reals = rng.normal(0, 1, (200, 3))
    assert linear_auroc(reals, reals) == 0.5
    assert linear_auroc(reals + np.array([10, 0, 0]), reals) == 1.0
    fakes = rng.normal(0, 1, (200, 3)) + np.array([0.7, 0, 0])
    features = np.concatenate((fakes, reals))
    labels, groups = np.repeat([1, 0], 200), np.tile(np.arange(200), 2)
    ours, theirs = linear_auroc(fakes, reals), logistic_auroc(features, labels, groups)
    assert ours == pytest.approx(theirs, abs=0.02)


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
