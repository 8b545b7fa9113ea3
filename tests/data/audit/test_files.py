from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resgat.data.audit.crops import Crops
from resgat.data.audit.files import check_files

Rows = list[dict[str, Any]]
MakeCrops = Callable[..., Crops]


def test_all_there_is_fine(make_crops: MakeCrops, rows: Rows) -> None:
    check = check_files(make_crops(rows), {}, 5)
    assert check.verdict == "ok"
    assert check.summary == "all are there; 5 of 24 crops and their masks looked at"


@pytest.mark.parametrize("column", ["path", "mask_path"])
def test_absent_files_are_found_without_reading_them(
    make_crops: MakeCrops, rows: Rows, tmp_path: Path, column: str
) -> None:
    crops = make_crops(rows)
    gone = str(rows[-1][column])
    (tmp_path / "crops" / gone).unlink()
    check = check_files(crops, {}, 0)
    assert check.verdict == "broken"
    assert check.summary.startswith(f"1 files cannot be used: {gone} does not exist; 0 of 24")
    assert check.details["absent"] == 1
    assert check.details["broken"]["first"] == [{"path": gone, "reason": "does not exist"}]


def test_broken_files_are_listed_by_path_once(
    make_crops: MakeCrops, rows: Rows, tmp_path: Path
) -> None:
    crops = make_crops(rows)
    gone = rows[0]["path"]
    (tmp_path / "crops" / gone).unlink()
    problems = {"z.png": "has zero bytes", gone: "cannot be read"}
    check = check_files(crops, problems, 24)
    assert check.details["broken"] == {
        "count": 2,
        "first": [
            {"path": gone, "reason": "does not exist"},
            {"path": "z.png", "reason": "has zero bytes"},
        ],
    }
