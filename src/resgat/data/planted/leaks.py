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
from resgat.data.planted.chance import (
    FOLDS,
    association_chi2,
    auroc,
    linear_auroc,
    table_chi2,
    uniform_chi2,
)
from resgat.data.planted.regions import centre_of
from resgat.data.planted.table import read_planted
from resgat.errors import SplitError
from resgat.types import FAKE

Mask = NDArray[np.bool_]
Vector = NDArray[np.float64]

_GREY = 128


@dataclass(frozen=True)
class LeakReport:
    """What tells fakes from reals in a folder of planted crops, besides the planted pixels.

    ``num_unequal == 0`` is the proof for the pixels: twins are then equal bit by bit outside the
    mask, and no classifier of whatever kind can tell them apart by what lies there.
    ``outside_auroc`` is 0.5 by construction then; it says how much a difference is worth where
    there is one. Likewise ``place_auroc`` is 0.5 and ``decoy_chi2`` is 0 wherever the tables give
    twins the same landmarks and the same decoy, as they should. The others are not settled by
    equal pixels: files may differ where pixels do not, and regions may be chosen by the face.

    Attributes:
        num_pairs: Pairs that were compared, of all tracks with a plant.
        num_unequal: Pairs that differ in a pixel outside the mask; 0 in a sound folder without a
            watermark.
        outside_auroc: Of a linear classifier on statistics of the crop whose planted region is
            greyed out: size as PNG and as JPEG, mean colours, contrasts, fine detail by place.
            Chance 0.5.
        inside_auroc: The same on the planted region alone; above chance, or nothing was planted.
        file_auroc: Of the size of the file on disk, over all crops of the splits and without regard
            to pairs: how often a fake's is the larger. Chance 0.5; below tells as much as above.
        place_auroc: Of a linear classifier on the landmarks and the region's centre. Chance 0.5.
        region_chi2: Chi-square statistic of the fakes' regions against a uniform choice; 7 degrees
            of freedom, so at most 14.1 in 95 % of sound folders.
        region_place_chi2: Of the fakes' regions against where the face lies, how large and how
            tilted it is; see :func:`association_chi2`. 28 degrees of freedom: at most 41.3
            likewise.
        region_look_chi2: Of the fakes' regions against who it is: mean and standard deviation of
            the original's colours. 42 degrees of freedom: at most 58.1 likewise.
        decoy_chi2: Of decoy against label, 1 degree of freedom: at most 3.84 likewise.
    """

    num_pairs: int
    num_unequal: int
    outside_auroc: float
    inside_auroc: float
    file_auroc: float
    place_auroc: float
    region_chi2: float
    region_place_chi2: float
    region_look_chi2: float
    decoy_chi2: float


class _Pair(NamedTuple):
    fake: Pixels
    real: Pixels
    mask: Mask
    region: str
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
    if len(pairs) < 2 * FOLDS:
        msg = f"{crops_dir} has {len(pairs)} planted pairs in {', '.join(splits)}; expected 10"
        raise SplitError(msg)
    planted = [row for row in rows.values() if row["region"] is not None]
    regions = [pair.region for pair in pairs]
    return LeakReport(
        num_pairs=len(pairs),
        num_unequal=sum(_differ_outside(pair) for pair in pairs),
        outside_auroc=_twin_auroc(pairs, lambda image, mask: describe(image, ~mask)),
        inside_auroc=_twin_auroc(pairs, describe),
        file_auroc=_file_auroc(index, rows),
        place_auroc=linear_auroc(
            np.array([pair.places[0] for pair in pairs]),
            np.array([pair.places[1] for pair in pairs]),
        ),
        region_chi2=uniform_chi2([row["region"] for row in planted if row["label"] == FAKE]),
        region_place_chi2=association_chi2(
            np.array([_placement(pair.places[1]) for pair in pairs]), regions
        ),
        region_look_chi2=association_chi2(np.array([_look(pair.real) for pair in pairs]), regions),
        decoy_chi2=table_chi2([(row["label"], row["decoy"] is not None) for row in planted]),
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


def _file_auroc(index: CropIndex, rows: dict[str, dict[str, Any]]) -> float:
    sizes = np.array([_file_bytes(index, row["position"]) for row in rows.values()], np.float64)
    is_fake = np.array([row["label"] == FAKE for row in rows.values()])
    return auroc(sizes[is_fake], sizes[~is_fake])


def _file_bytes(index: CropIndex, position: int) -> int:
    return len(index.store.read(index.path(position)))


def _placement(places: Vector) -> Vector:
    """Return the middle of a face's landmarks, and the step from eye to eye: size and tilt."""
    points = places[:10].reshape(5, 2)
    return np.concatenate((points.mean(0), points[1] - points[0]))


def _look(image: Pixels) -> Vector:
    pixels = image.reshape(-1, 3).astype(np.float64)
    return np.concatenate((pixels.mean(0), pixels.std(0)))


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
            row["region"],
            (np.array([*row["landmarks"], *centre]), np.array([*twin["landmarks"], *centre])),
        )


def _differ_outside(pair: _Pair) -> bool:
    return not np.array_equal(pair.fake[~pair.mask], pair.real[~pair.mask])
