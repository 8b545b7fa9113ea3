"""Proof that nothing but the planted region tells the two classes apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from resgat.data.cropping import Pixels
from resgat.data.index import CropIndex
from resgat.data.planted.regions import centre_of
from resgat.data.planted.table import read_planted
from resgat.errors import SplitError
from resgat.types import FAKE, REGIONS

Mask = NDArray[np.bool_]
Vector = NDArray[np.float64]

_FOLDS = 5
_RIDGE = 1e-3
_GREY = 128


@dataclass(frozen=True)
class LeakReport:
    """What tells fakes from reals in a folder of planted crops, besides the planted pixels.

    Attributes:
        num_pairs: Pairs that were compared, of all tracks with a plant.
        num_unequal: Pairs that differ in a pixel outside the mask; 0 in a sound folder without a
            watermark.
        outside_auroc: Of a linear classifier on statistics of the crop whose planted region is
            greyed out: size as PNG and as JPEG, mean colours, contrasts, fine detail by place.
            Chance 0.5.
        inside_auroc: The same on the planted region alone; above chance, or nothing was planted.
        place_auroc: Of a linear classifier on the landmarks and the region's centre. Chance 0.5.
        region_chi2: Chi-square statistic of the fakes' regions against a uniform choice; 7 degrees
            of freedom, so at most 14.1 in 95 % of sound folders.
        decoy_chi2: Of decoy against label, 1 degree of freedom: at most 3.84 likewise.
    """

    num_pairs: int
    num_unequal: int
    outside_auroc: float
    inside_auroc: float
    place_auroc: float
    region_chi2: float
    decoy_chi2: float


class _Pair(NamedTuple):
    fake: Pixels
    real: Pixels
    mask: Mask
    places: tuple[Vector, Vector]  # of the fake, of the real


def measure_leaks(crops_dir: Path, splits: tuple[str, ...] = ("test",)) -> LeakReport:
    """Compare the fakes of a planted folder with their twins.

    The classifiers are fitted on four fifths of the pairs and judged on the fifth, in turn; twins
    stay together. A pair of track E is compared without its watermark.

    Args:
        crops_dir: Made by ``data=planted``.
        splits: Whose pairs.

    Raises:
        DatasetNotFoundError: The folder has no index or no table of plants.
        IndexSchemaError: One of them breaks its contract.
        SplitError: There are fewer than ten pairs.
    """
    index = CropIndex.read(crops_dir)
    rows = _joined(index, crops_dir, splits)
    pairs = list(_pairs(index, rows))
    if len(pairs) < 2 * _FOLDS:
        msg = f"{crops_dir} has {len(pairs)} planted pairs in {', '.join(splits)}; expected 10"
        raise SplitError(msg)
    planted = [row for row in rows.values() if row["region"] is not None]
    return LeakReport(
        num_pairs=len(pairs),
        num_unequal=sum(_differ_outside(pair) for pair in pairs),
        outside_auroc=_twin_auroc(pairs, lambda image, mask: describe(image, ~mask)),
        inside_auroc=_twin_auroc(pairs, describe),
        place_auroc=linear_auroc(
            np.array([pair.places[0] for pair in pairs]),
            np.array([pair.places[1] for pair in pairs]),
        ),
        region_chi2=_uniform_chi2([row["region"] for row in planted if row["label"] == FAKE]),
        decoy_chi2=_table_chi2([(row["label"], row["decoy"] is not None) for row in planted]),
    )


def describe(image: Pixels, shown: Mask) -> Vector:
    """Return statistics of the shown pixels; the others are greyed out.

    Shape:
        image: (S, S, 3)
        shown: (S, S)
        returns: (24,): bytes as PNG and as JPEG, means and standard deviations of the colours, and
            the mean size of the Laplacian in each of 4 x 4 cells
    """
    seen = np.where(shown[..., None], image, np.uint8(_GREY)).astype(np.uint8)
    sizes = [len(cv2.imencode(kind, seen)[1]) for kind in (".png", ".jpg")]
    detail = np.abs(cv2.Laplacian(seen.astype(np.float32).mean(2), cv2.CV_32F)) * shown
    cells = cv2.resize(detail, (4, 4), interpolation=cv2.INTER_AREA)
    values = image[shown]
    return np.array([*sizes, *values.mean(0), *values.std(0), *cells.ravel()], np.float64)


def linear_auroc(fakes: NDArray[np.float64], reals: NDArray[np.float64]) -> float:
    """Return how well a linear classifier tells two lists apart that are paired row by row.

    Ridge regression of the label on standardised features, in five folds of pairs; the area under
    the ROC curve of all held-out scores together, ties counting half. In [0, 1]; chance 0.5.

    Shape:
        fakes, reals: (P, F)
    """
    fold = np.arange(len(fakes)) % _FOLDS
    scores = np.empty((2, len(fakes)))
    for held_out in range(_FOLDS):
        test = fold == held_out
        direction = _fit(fakes[~test], reals[~test])
        scores[0, test], scores[1, test] = fakes[test] @ direction, reals[test] @ direction
    lower = np.sort(scores[1])
    wins = np.searchsorted(lower, scores[0], "left") + np.searchsorted(lower, scores[0], "right")
    return float(wins.mean() / (2 * len(fakes)))


def _fit(fakes: NDArray[np.float64], reals: NDArray[np.float64]) -> Vector:
    features = np.concatenate((fakes, reals))
    scale = features.std(0) + 1e-9
    scaled = (features - features.mean(0)) / scale
    label = np.repeat([1.0, -1.0], len(fakes))
    gram = scaled.T @ scaled / len(label) + _RIDGE * np.eye(features.shape[1])
    return np.asarray(np.linalg.solve(gram, scaled.T @ label / len(label)) / scale, np.float64)


def _twin_auroc(pairs: list[_Pair], features: Callable[[Pixels, Mask], Vector]) -> float:
    return linear_auroc(
        np.array([features(pair.fake, pair.mask) for pair in pairs]),
        np.array([features(pair.real, pair.mask) for pair in pairs]),
    )


def _joined(
    index: CropIndex, crops_dir: Path, splits: tuple[str, ...]
) -> dict[str, dict[str, Any]]:
    """Return what is known of each crop by its crop_id, with its ``position`` in the index."""
    names = ["crop_id", "label", "split", "landmarks"]
    known = {
        row["crop_id"]: row | {"position": position}
        for position, row in enumerate(index.take(names).to_pylist())
        if row["split"] in splits
    }
    planted = read_planted(crops_dir)
    planted = planted.filter(pc.is_in(planted["crop_id"], value_set=pa.array(list(known))))
    return {row["crop_id"]: known[row["crop_id"]] | row for row in planted.to_pylist()}


def _pairs(index: CropIndex, rows: dict[str, dict[str, Any]]) -> Iterator[_Pair]:
    for row in rows.values():
        mask = index.read_mask(row["position"]) if row["label"] == FAKE else None
        if mask is None or (row["track"] == "E" and row["watermark"]):
            continue
        twin = rows[row["twin_id"]]
        centre = centre_of(mask)
        yield _Pair(
            index.read_image(row["position"]),
            index.read_image(twin["position"]),
            mask,
            (np.array([*row["landmarks"], *centre]), np.array([*twin["landmarks"], *centre])),
        )


def _differ_outside(pair: _Pair) -> bool:
    return not np.array_equal(pair.fake[~pair.mask], pair.real[~pair.mask])


def _uniform_chi2(regions: list[str]) -> float:
    counts = np.array([regions.count(region) for region in REGIONS])
    expected = len(regions) / len(REGIONS)
    return float(((counts - expected) ** 2 / expected).sum())


def _table_chi2(cells: list[tuple[int, bool]]) -> float:
    """Return the chi-square statistic of a 2 x 2 table; 0 where a row or a column is empty."""
    counts = np.array([[cells.count((a, b)) for b in (False, True)] for a in (0, 1)], float)
    expected = counts.sum(1, keepdims=True) * counts.sum(0, keepdims=True) / counts.sum()
    gap = np.divide((counts - expected) ** 2, expected, np.zeros((2, 2)), where=expected > 0)
    return float(gap.sum())
