"""Collect a sweep's metrics.json files into results.csv, and print the table of the README.

python experiments/node_source/analysis.py MULTIRUN_FOLDER
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from pathlib import Path
from statistics import mean
from typing import Any

import yaml

HERE = Path(__file__).parent
MAPS = ("contribution", "attention")


def read_run(run_dir: Path) -> dict[str, Any]:
    """Return one row: which head, which seed, and what it reached on test."""
    config = yaml.safe_load((run_dir / "config.yaml").read_text())
    test = json.loads((run_dir / "metrics.json").read_text())["test"]
    overrides = (run_dir / ".hydra" / "overrides.yaml").read_text()
    heads = [line.split("=")[1] for line in overrides.splitlines() if "model/head=" in line]
    head = heads[0] if heads else config["model"]["_target_"].rsplit(".", 1)[1]
    row: dict[str, Any] = {
        "head": head,
        "seed": config["seed"],
        "video_auc": test["video"]["auc"],
        "frame_auc": test["frame"]["auc"],
    }
    for name in MAPS:
        row[f"{name}_hit"] = test["evidence"][name]["hit"]
        row[f"{name}_auroc"] = test["evidence"][name]["auroc"]
    row["chance_hit"] = test["evidence"]["contribution"]["chance_hit"]
    return row


def main(sweep_dir: Path) -> None:
    """Write results.csv and print the table."""
    rows = [read_run(path.parent) for path in sorted(sweep_dir.rglob("metrics.json"))]
    with (HERE / "results.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    by_head: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_head[row["head"]].append(row)
    numbers = [key for key in rows[0] if key not in ("head", "seed")]
    out = sys.stdout.write
    out(f"| head | {' | '.join(numbers)} |\n|---|{'---|' * len(numbers)}\n")
    for head, runs in by_head.items():
        cells = (", ".join(f"{run[key]:.3f}" for run in runs) for key in numbers[:-1])
        chance = mean(run["chance_hit"] for run in runs)
        out(f"| {head} | {' | '.join(cells)} | {chance:.3f} |\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
