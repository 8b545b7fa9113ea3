"""How much of a map is node degree: by hand, with the uncertainty of the mean, and kept by row."""

import csv
import math
import runpy
from pathlib import Path
from typing import Any

import pytest
import torch

from resgat.errors import ConfigError
from resgat.explain.attention import degree_null
from resgat.types import Evidence

FOLDER = Path(__file__).resolve().parents[2] / "experiments" / "planted_evidence"
DEGREES: dict[str, Any] = runpy.run_path(str(FOLDER / "degrees.py"))
#: Three nodes in a row, each with a self-loop.
EDGES = torch.tensor([[0, 1, 1, 2, 0, 1, 2], [1, 0, 2, 1, 0, 1, 2]])


def evidence(**maps: Any) -> Evidence:
    nodes, zero = torch.zeros(2, 3, 1), torch.zeros(2)
    return Evidence(zero, zero, nodes, (1, 3), **maps)


def even() -> torch.Tensor:
    """Return equal attention of each node to all its sources."""
    in_degree = torch.bincount(EDGES[1])
    return (1.0 / in_degree[EDGES[1]])[None, :, None].expand(2, -1, 4)


def test_what_follows_the_degrees_and_what_does_not() -> None:
    null = degree_null(EDGES, 3).expand(2, -1)
    found = DEGREES["correlations"](
        evidence(
            edge_index=EDGES,
            attention=even(),
            contribution=torch.stack((5 - null[0], null[1])),
            readout=torch.tensor([[1.0, 0.0, -1.0]]).expand(2, -1),
        )
    )
    published, corrected, contribution, readout = found
    assert published == pytest.approx(1, abs=1e-6)
    assert math.isnan(corrected)  # nothing is left of equal attention
    assert contribution == pytest.approx(0, abs=1e-6)  # one face against the degrees, one with them
    assert readout == pytest.approx(0, abs=1e-6)


def test_a_map_that_is_not_there_or_constant_has_no_correlation() -> None:
    mean_readout = torch.full((2, 3), 1 / 3)
    found = DEGREES["correlations"](
        evidence(edge_index=EDGES, attention=even(), readout=mean_readout)
    )
    assert [math.isnan(value) for value in found] == [False, True, True, True]
    with pytest.raises(ConfigError, match="no graph layer"):
        DEGREES["correlations"](evidence())


def test_the_mean_of_networks_has_its_standard_error() -> None:
    found = [(0.5, 0.0, 0.1, math.nan), (0.7, 0.2, 0.1, math.nan), (0.9, -0.2, 0.1, math.nan)]
    row = DEGREES["row"]("untrained", "resgatv2", found)
    assert (row["n"], row["published_mean"], row["published_std"]) == ("3", "0.7000", "0.2000")
    assert row["published_sem"] == "0.1155"  # 0.2 / sqrt(3)
    assert {row[f"readout_{number}"] for number in ("mean", "std", "sem")} == {""}
    alone = DEGREES["row"]("trained", "layer1", found[:1])
    line = "| `layer1`, trained | 1 | 0.50 | 0.00 | 0.10 | - |"
    assert DEGREES["table"]([alone]).splitlines()[2] == line
    line = (
        "| `resgatv2`, untrained | 3 | 0.70 ± 0.20 (0.12) | 0.00 ± 0.20 (0.12) "
        "| 0.10 ± 0.00 (0.00) | - |"
    )
    assert DEGREES["table"]([row]).splitlines()[2] == line


def test_rows_that_are_not_measured_anew_are_kept() -> None:
    old = [{"weights": "trained", "model": "a"}, {"weights": "trained", "model": "b"}]
    new = [{"weights": "untrained", "model": "a"}, {"weights": "trained", "model": "b", "n": "3"}]
    assert DEGREES["merge"](old, new) == [new[0], old[0], new[1]]


def test_a_folder_without_a_trained_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no trained model of the study"):
        DEGREES["main"](tmp_path)


def test_the_numbers_are_of_these_columns() -> None:
    with (FOLDER / "degrees.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {tuple(row) for row in rows} == {DEGREES["COLUMNS"]}
    untrained = {row["model"] for row in rows if row["weights"] == "untrained"}
    assert untrained >= DEGREES["MODELS"].keys()
    assert untrained >= {row["model"] for row in rows if row["weights"] == "trained"}
