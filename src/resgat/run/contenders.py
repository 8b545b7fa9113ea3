"""Runs as the detectors that they are, each with a name and the logits of its seeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml

from resgat.metrics.comparison import Contender
from resgat.run.judged import Judged
from resgat.run.recipe import OF_A_SEED


def contenders(groups: Sequence[Sequence[Judged]], level: str) -> tuple[list[Contender], pa.Table]:
    """Return the detectors, and the rows that all of them judged.

    Args:
        groups: As :func:`group_seeds` returns them.
        level: "video" or "frame".

    Returns:
        Detectors, whose logits are in the order of the rows; and the rows.
    """
    detectors = []
    rows = None
    for name, group in zip(_labels(groups), groups, strict=True):
        tables = [run.tables[level] for run in group]
        thresholds = [run.test[level]["threshold_prob"] for run in group]
        logits = np.stack([table["logit"].to_numpy() for table in tables])
        detectors.append(Contender(name, logits, thresholds))
        rows = tables[0]
    return detectors, rows


def _labels(groups: Sequence[Sequence[Judged]]) -> list[str]:
    """Name each detector by what was said on its command line and not on all; or by its folder."""
    said = [_said(group[0].recorded.run_dir) for group in groups]
    shared = set.intersection(*map(set, said))
    folders = [_folder(group, groups) for group in groups]
    labels = [" ".join(word for word in words if word not in shared) for words in said]
    labels = [label or folder for label, folder in zip(labels, folders, strict=True)]
    return [
        label if labels.count(label) == 1 else f"{label} ({folder})"
        for label, folder in zip(labels, folders, strict=True)
    ]


def _said(run_dir: Path) -> list[str]:
    path = run_dir / ".hydra" / "overrides.yaml"
    try:
        words = yaml.safe_load(path.read_text("utf-8")) if path.is_file() else []
    except (OSError, ValueError, yaml.YAMLError):  # a name is no reason to give up
        words = []
    silent = tuple(f"{key}=" for key in (*sorted(OF_A_SEED), "hydra.run.dir", "hydra.sweep.dir"))
    return [word for word in map(str, words or []) if not word.lstrip("+").startswith(silent)]


def _folder(group: Sequence[Judged], groups: Sequence[Sequence[Judged]]) -> str:
    """Return the part of a group's path that is its own: what its runs share, and others do not."""
    every = [run.recorded.run_dir.resolve().parts for one in groups for run in one]
    mine = [run.recorded.run_dir.resolve().parts for run in group]
    above = min(_num_shared(every), len(mine[0]) - 1)
    inside = "/".join(mine[0][above : _num_shared(mine)])
    if inside:
        return inside
    return f"{'/'.join(mine[0][above:])} and {len(mine) - 1} more"


def _num_shared(paths: Sequence[tuple[str, ...]]) -> int:
    levels = zip(*paths, strict=False)
    return next(
        (place for place, names in enumerate(levels) if len(set(names)) > 1),
        min(map(len, paths)),
    )
