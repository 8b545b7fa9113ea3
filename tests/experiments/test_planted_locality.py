"""How local nodes are: by hand, by network, and kept by row."""

import csv
from pathlib import Path
from typing import Any

import pytest
import torch

from experiments.planted_evidence import locality as study
from experiments.planted_evidence.kept import read_rows, write_rows
from resgat.explain.metrics.locality import Locality
from resgat.run.trained import load_trained

FOLDER = Path(__file__).resolve().parents[2] / "experiments" / "planted_evidence"
NAN = float("nan")


def found(*own: float) -> Locality:
    """Of a network with so many faces, whose nodes see twice as much around them."""
    values = torch.tensor(own, dtype=torch.float64)
    chance = torch.full_like(values, 0.01)
    return Locality(values, 2 * values, chance, 9 * chance)


def test_a_row_is_the_mean_over_networks_and_their_range() -> None:
    row = study.row("layer2", (14, 14), [found(0.1, 0.3), found(0.3, 0.5), found(NAN, 0.3)])
    assert (row["model"], row["grid"], row["n"]) == ("layer2", "14 x 14", "3")
    assert [row[f"own_{name}"] for name in ("mean", "low", "high", "chance")] == [
        "0.3000", "0.2000", "0.4000", "0.0100",
    ]  # fmt: skip
    line = "| `layer2` | 14 x 14 | 0.30 (0.20 to 0.40) | 0.010 | 0.60 (0.40 to 0.80) | 0.090 |"
    assert study.table([row]).splitlines()[2] == line
    alone = study.row("layer2", (14, 14), [found(0.2)])
    assert study.table([alone]).splitlines()[2].startswith("| `layer2` | 14 x 14 | 0.20 | 0.010 |")


def test_rows_come_in_the_order_of_the_study_and_new_ones_replace_old() -> None:
    old = [{"model": "layer4", "n": "1"}, {"model": "layer1", "n": "1"}]
    rows = study.merge(old, [{"model": "layer4", "n": "3"}])
    assert [(row["model"], row["n"]) for row in rows] == [("layer1", "1"), ("layer4", "3")]


def test_a_network_is_asked_on_faces_of_its_own(
    best: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "NUM_FACES", 3)
    local, grid = study.measure(load_trained(best), 0)
    again, _ = study.measure(load_trained(best), 0)
    other, _ = study.measure(load_trained(best), 1)
    assert local.own.shape == (3,)
    assert local.own_chance.tolist() == pytest.approx([1 / (grid[0] * grid[1])] * 3, rel=0.2)
    torch.testing.assert_close(local.own, again.own)
    assert not torch.equal(local.own, other.own)


def test_rows_are_written_as_they_are_read(tmp_path: Path) -> None:
    rows = [study.row("layer2", (14, 14), [found(0.1)])]
    path = tmp_path / "a.csv"
    write_rows(path, study.COLUMNS, rows)
    assert read_rows(path) == rows
    assert read_rows(tmp_path / "none.csv") == []


def test_a_folder_without_a_trained_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no trained model of the study with nodes"):
        study.main(tmp_path)


def test_the_write_up_shows_the_table_of_the_results() -> None:
    rows: list[Any] = read_rows(FOLDER / "locality.csv")
    assert {tuple(row) for row in rows} == {study.COLUMNS}
    assert study.table(rows) in (FOLDER / "README.md").read_text(encoding="utf-8")
    with (FOLDER / "locality.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.reader(file))) == len(rows) + 1
