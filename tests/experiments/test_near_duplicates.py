"""What the write-up says is what its script gives, and what any corpus must give."""

import csv
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resgat.data.corpora.synthetic import SyntheticFaces
from resgat.data.index import CropIndex

FOLDER = Path(__file__).resolve().parents[2] / "experiments" / "near_duplicates"
STUDY: dict[str, Any] = runpy.run_path(str(FOLDER / "analysis.py"))


def test_the_write_up_shows_the_table_of_the_results() -> None:
    with (FOLDER / "results.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            {name: text if name == "rule" else float(text) for name, text in row.items()}
            for row in csv.DictReader(file)
        ]
    for row in rows:
        row |= {name: int(row[name]) for name in ("pairs", "false_alarms", "copies")}
    assert STUDY["table"](rows) in (FOLDER / "README.md").read_text(encoding="utf-8")
    assert STUDY["results_csv"](rows).splitlines()[0] == ",".join(STUDY["COLUMNS"])


def test_pairs_of_others_are_all_pairs_but_those_of_one_group() -> None:
    first, second = STUDY["pairs_of_others"](["a", "b", "a", "c"])
    assert set(zip(first.tolist(), second.tolist(), strict=True)) == {
        (0, 1),
        (0, 3),
        (1, 2),
        (1, 3),
        (2, 3),
    }


def test_every_kind_of_copy_is_changed_and_moving_moves() -> None:
    crop = np.random.default_rng(0).integers(40, 200, (64, 64, 3), np.uint8)
    for make in STUDY["COPIES"].values():
        made = make(crop)
        assert made.shape != crop.shape or (made != crop).any()
    np.testing.assert_array_equal(STUDY["aside"](crop, 0.25)[:, 16:], crop[:, :-16])


def test_brighter_copies_are_found_and_the_least_found_kind_is_reported(
    drawn_crops: Path,
) -> None:
    rows, others, copies = STUDY["measure"](CropIndex.read(drawn_crops))
    assert len(others.distance) == rows[-1]["pairs"] > 0
    assert copies.keys() == STUDY["COPIES"].keys()
    assert rows[-1]["rule"] == "6 bits, correlation 0.96"
    shares = {name: alike.found(6, 0.96).mean() for name, alike in copies.items()}
    assert shares["10 % brighter"] == 1.0
    # At 48 px little is left of a crop at 70 % of its size.
    assert rows[-1]["least_found"] == round(min(shares.values()), 4) < 1.0


@pytest.mark.slow
def test_the_results_are_what_the_script_gives(tmp_path: Path) -> None:
    SyntheticFaces().prepare(tmp_path / "crops")
    index = CropIndex.read(tmp_path / "crops").thin(STUDY["FRAMES_PER_VIDEO"])
    rows, _, _ = STUDY["measure"](index)
    assert STUDY["results_csv"](rows) == (FOLDER / "results.csv").read_text(encoding="utf-8")
