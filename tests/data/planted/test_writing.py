"""Rows and files of a pair: who belongs to whom, and what lies where."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resgat.data.images import decode_mask
from resgat.data.index import CropIndex
from resgat.data.planted.regions import plant_masks
from resgat.data.planted.table import read_planted
from resgat.data.splits import check_splits
from resgat.types import REGIONS

Row = dict[str, Any]


@pytest.fixture(scope="module")
def index(planted_crops: Path) -> CropIndex:
    return CropIndex.read(planted_crops)


@pytest.fixture(scope="module")
def rows(index: CropIndex, planted_crops: Path) -> list[Row]:
    """What both tables say of each crop, and its position."""
    pairs = zip(index.take().to_pylist(), read_planted(planted_crops).to_pylist(), strict=True)
    return [
        {"position": place, **crop, **planted, "index_id": crop["crop_id"]}
        for place, (crop, planted) in enumerate(pairs)
    ]


@pytest.fixture(scope="module")
def by_id(rows: list[Row]) -> dict[str, Row]:
    return {row["crop_id"]: row for row in rows}


def mask_at(index: CropIndex, path: str) -> np.ndarray:
    return decode_mask(index.store.read(path), path)


def test_both_tables_have_the_same_crops_in_the_same_order(rows: list[Row]) -> None:
    assert all(row["crop_id"] == row["index_id"] for row in rows)
    assert {row["dataset"] for row in rows} == {"planted"}
    assert len({row["video_id"] for row in rows}) == len(rows)


def test_splits_can_be_trained_on(index: CropIndex) -> None:
    check_splits(index)


def test_twins_name_each_other(rows: list[Row], by_id: dict[str, Row]) -> None:
    for row in rows:
        twin = by_id[row["twin_id"]]
        assert twin["twin_id"] == row["crop_id"]
        assert twin["identity_group"] == row["identity_group"]
        assert twin["landmarks"] == row["landmarks"]
        if row["label"]:
            assert row["original_video_id"] == twin["video_id"]
            assert row["method"] == row["operator"]
            assert row["source_id"] == (
                row["target_id"] + "donor" if row["operator"] == "donor_swap" else row["target_id"]
            )
        else:
            assert row["original_video_id"] is row["source_id"] is row["mask_path"] is None
            assert row["method"] == "original"


def test_the_mask_is_the_regions_and_twins_are_equal_outside(
    rows: list[Row], by_id: dict[str, Row], index: CropIndex
) -> None:
    for row in rows:
        if not row["label"]:
            continue
        masks = plant_masks(np.array(row["landmarks"], np.float32).reshape(5, 2), 64)
        named = [REGIONS.index(row[key]) for key in ("region", "region_2") if row[key]]
        mask = index.read_mask(row["position"])
        assert mask is not None
        assert np.array_equal(mask, masks[named].any(0))
        fake = index.read_image(row["position"])
        real = index.read_image(by_id[row["twin_id"]]["position"])
        assert np.array_equal(fake[~mask], real[~mask])
        assert row["strength"] < 0.5 or (fake[mask] != real[mask]).mean() > 0.4


def test_each_track_has_its_columns(rows: list[Row], index: CropIndex) -> None:
    tracks = defaultdict(list)
    for row in rows:
        tracks[row["track"]].append(row)
    assert set(tracks) == set("ABCDEF")
    for track, members in tracks.items():
        for row in members:
            assert (row["region"] is None) == (row["operator"] is None) == (track == "D")
            assert (row["region_2"] is not None) == (track == "B")
            assert (row["strength_2"] is not None) == (track == "B")
            assert (row["mask_2_path"] is not None) == (track == "B")
            assert (row["other_id"] is not None) == (track == "E")
            assert row["label"] in ((0,) if track == "D" else (0, 1))
            has_decoy = track == "C" or (track == "D" and row["video_id"].endswith("d"))
            assert (row["decoy"] is not None) == has_decoy
            assert (row["decoy_mask_path"] is not None) == has_decoy
            assert row["watermark"] == (track == "E" and row["video_id"].endswith("w"))


def test_the_second_mask_is_that_of_the_second_region(rows: list[Row], index: CropIndex) -> None:
    for row in rows:
        if row["track"] == "B":
            masks = plant_masks(np.array(row["landmarks"], np.float32).reshape(5, 2), 64)
            second = mask_at(index, row["mask_2_path"])
            assert np.array_equal(second, masks[REGIONS.index(row["region_2"])])


def test_the_decoy_lies_in_its_mask(
    rows: list[Row], by_id: dict[str, Row], index: CropIndex
) -> None:
    for row in rows:
        if row["track"] != "D" or not row["decoy"]:
            continue
        mask = mask_at(index, row["decoy_mask_path"])
        with_decoy = index.read_image(row["position"])
        without = index.read_image(by_id[row["twin_id"]]["position"])
        assert np.array_equal(with_decoy[~mask], without[~mask])
        assert (with_decoy[mask] != without[mask]).any()


def test_a_pair_of_track_e_is_stored_with_and_without_its_watermark(
    rows: list[Row], by_id: dict[str, Row]
) -> None:
    for row in rows:
        if row["track"] == "E":
            other = by_id[row["other_id"]]
            assert other["other_id"] == row["crop_id"]
            assert (other["label"], other["watermark"]) == (row["label"], not row["watermark"])
            assert by_id[row["twin_id"]]["watermark"] == row["watermark"]
