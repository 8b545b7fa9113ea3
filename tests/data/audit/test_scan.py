from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from resgat.data.audit import scan as scan_module
from resgat.data.audit.crops import Crops
from resgat.data.audit.scan import scan

Rows = list[dict[str, Any]]
MakeCrops = Callable[..., Crops]

ALL, NONE = np.arange(24), np.zeros(0, np.int64)


def test_sound_crops_have_a_size_a_format_and_no_problem(make_crops: MakeCrops, rows: Rows) -> None:
    seen = scan(make_crops(rows), ALL, NONE, 2)
    assert (seen.num_read, seen.problems, seen.fingerprints) == (24, {}, [])
    assert seen.readable == list(range(24))
    assert (set(seen.sizes), set(seen.formats)) == ({"64x64"}, {"png"})


def test_only_those_asked_for_are_read_and_hashed(make_crops: MakeCrops, rows: Rows) -> None:
    seen = scan(make_crops(rows), np.array([3, 5]), np.array([5, 9]))
    assert seen.readable == [3, 5, 9]
    assert [position for position, _ in seen.fingerprints] == [5, 9]


def test_broken_crops_and_masks_are_named_and_the_rest_is_read(
    make_crops: MakeCrops, rows: Rows, tmp_path: Path
) -> None:
    crops = make_crops(rows)
    folder = tmp_path / "crops"
    whole = (folder / rows[0]["path"]).read_bytes()
    (folder / rows[0]["path"]).write_bytes(whole[: len(whole) // 2])
    (folder / rows[2]["path"]).unlink()
    (folder / str(rows[3]["mask_path"])).write_bytes(b"no mask")
    (folder / str(rows[6]["mask_path"])).write_bytes(b"")
    seen = scan(crops, ALL, ALL)
    assert len(seen.readable) == 22
    assert len(seen.fingerprints) == 22
    assert seen.problems.keys() == {
        rows[0]["path"],
        rows[2]["path"],
        rows[3]["mask_path"],
        rows[6]["mask_path"],
    }
    assert seen.problems[rows[0]["path"]].startswith("is truncated or broken")
    assert seen.problems[rows[2]["path"]] == "does not exist"
    assert seen.problems[str(rows[3]["mask_path"])] == "is no such image"


def test_a_mask_of_another_size_is_broken(
    make_crops: MakeCrops, rows: Rows, tmp_path: Path
) -> None:
    crops = make_crops(rows)
    path = str(rows[2]["mask_path"])
    assert cv2.imwrite(str(tmp_path / "crops" / path), np.zeros((32, 48), np.uint8))
    assert scan(crops, ALL, NONE).problems == {path: "is 48x32 px, and its crop 64x64 px"}


def test_blocks_keep_the_order(
    make_crops: MakeCrops, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan_module, "_BLOCK", 5)
    assert scan(make_crops(rows), ALL, NONE, 3).readable == list(range(24))
