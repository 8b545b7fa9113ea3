"""Collect the study's runs into results.csv, put their tables into the README, draw the figure.

python experiments/planted_evidence/analysis.py [FOLDER]

A model that the folder does not hold, or not yet explained, keeps the rows that it has: models can
be run one by one, on machines of their own.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from experiments.planted_evidence.figure import figure
from experiments.planted_evidence.reading import read_study
from experiments.planted_evidence.rows import merge, read_results, results_csv
from experiments.planted_evidence.tables import MAIN, fill, tables

HERE = Path(__file__).parent


def main(folder: Path) -> None:
    """Write results.csv, the figure, and the tables of the README."""
    found = read_study(folder)
    if not found:
        sys.exit(f"{folder}: no explained model of the study; run study.py first")
    results, readme = HERE / "results.csv", HERE / "README.md"
    rows = merge(read_results(results.read_text(encoding="utf-8")), found)
    told = fill(readme.read_text(encoding="utf-8"), tables(rows))
    results.write_text(results_csv(rows), encoding="utf-8")
    if drawn := figure(rows, MAIN):
        drawn.savefig(HERE / "hits.png", dpi=110)
    readme.write_text(told, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "outputs/planted_evidence"))
