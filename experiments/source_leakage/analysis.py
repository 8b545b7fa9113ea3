"""How much a split by target id leaks: drawn 200 times over the official pairs of FaceForensics++.

python experiments/source_leakage/analysis.py
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from resgat.data.corpora.ffpp_splits import Pair, forged_names, pair_of, read_lists
from resgat.data.videos import VideoRecord

HERE = Path(__file__).parent
NUM_SEEDS = 200
#: The official shares of the splits.
TRAIN, VAL = 0.72, 0.14
COLUMNS = ("source_elsewhere", "test_source_in_train")

Row = tuple[str, int, float, float]


def split_targets(targets: Sequence[str], seed: int) -> dict[str, str]:
    """Draw a split for each id, 72 to 14 to 14, whomever the id is swapped with."""
    last_train, last_val = round(TRAIN * len(targets)), round((TRAIN + VAL) * len(targets))
    order = np.random.default_rng(seed).permutation(len(targets))
    return {
        target: "train" if place < last_train else "val" if place < last_val else "test"
        for target, place in zip(targets, order.tolist(), strict=True)
    }


def target_only_split(records: Sequence[VideoRecord], seed: int) -> list[VideoRecord]:
    """Return the records with the split that was drawn for their target; all else stays."""
    targets = sorted({record.target_id for record in records if record.target_id is not None})
    split_of = split_targets(targets, seed)
    return [replace(record, split=split_of.get(record.target_id or "")) for record in records]


def leakage(fakes: Sequence[tuple[str, str]], split_of: Mapping[str, str]) -> tuple[float, float]:
    """Return the two shares that :data:`COLUMNS` names.

    Args:
        fakes: Target and source of each; a fake lies in its target's split.
        split_of: Id -> split.

    Returns:
        The share of fakes whose source lies in another split, and the share of the test fakes whose
        source is in train.
    """
    elsewhere = [split_of[target] != split_of[source] for target, source in fakes]
    in_train = [split_of[b] == "train" for a, b in fakes if split_of[a] == "test"]
    return float(np.mean(elsewhere)), float(np.mean(in_train))


def rows() -> list[Row]:
    """Measure the official split, then each draw."""
    pairs: dict[str, Pair] = pair_of(read_lists())
    fakes = [(name[:3], name[4:]) for name in forged_names(pairs)]
    official = {member: pair.split for member, pair in pairs.items()}
    drawn = [split_targets(sorted(pairs), seed) for seed in range(NUM_SEEDS)]
    measured = [("target_only", seed, *leakage(fakes, split)) for seed, split in enumerate(drawn)]
    return [("official_pairs", 0, *leakage(fakes, official)), *measured]


def results_csv(measured: Sequence[Row]) -> str:
    """Render one line per split."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("rule", "seed", *COLUMNS))
    writer.writerows(
        (rule, seed, *(f"{share:.4f}" for share in shares)) for rule, seed, *shares in measured
    )
    return text.getvalue()


def table(measured: Sequence[Row]) -> str:
    """Render the table of the README: mean and the middle 95 % of the draws."""
    lines = [f"| rule | splits | {' | '.join(COLUMNS)} |", "|---|---|---|---|"]
    for rule in dict.fromkeys(row[0] for row in measured):
        shares = 100 * np.array([row[2:] for row in measured if row[0] == rule])
        low, high = np.percentile(shares, (2.5, 97.5), axis=0)
        cells = [
            f"{mean:.1f} % ({bottom:.1f} to {top:.1f})"
            for mean, bottom, top in zip(shares.mean(0), low, high, strict=True)
        ]
        lines.append(f"| {rule} | {len(shares)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    results = rows()
    (HERE / "results.csv").write_text(results_csv(results), encoding="utf-8")
    sys.stdout.write(table(results))
