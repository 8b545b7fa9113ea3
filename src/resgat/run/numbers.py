"""What a run's numbers say of its test split, checked before another command relies on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from resgat.errors import RunFolderError
from resgat.report.metrics_json import LEVELS, SCHEMA
from resgat.run.recorded import RESULTS


def numbers_of_test(
    run_dir: Path, results: Mapping[str, Any], needed: Collection[str]
) -> Mapping[str, Any]:
    """Return what a training or an evaluation says of its test split.

    Args:
        run_dir: Of the run.
        results: As :func:`~resgat.run.recorded.read_results` returns them.
        needed: Keys that each level must have.

    Raises:
        RunFolderError: They are of a layout that is not known here, or some are missing.
    """
    path = run_dir / RESULTS["eval"]
    layout = results.get("schema", SCHEMA)
    if layout not in range(1, SCHEMA + 1):
        msg = (
            f"{path} has numbers of layout {layout!r}, and this version of resgat reads those up "
            f"to {SCHEMA}. Use the version that wrote it, or evaluate the checkpoint again"
        )
        raise RunFolderError(msg)
    test: object = results.get("test")
    if not isinstance(test, Mapping):
        raise RunFolderError(_lacks(path, "test"))
    for level in LEVELS:
        if not isinstance(test.get(level), Mapping):
            raise RunFolderError(_lacks(path, f"test.{level}"))
        missing = [key for key in needed if key not in test[level]]
        if missing:
            raise RunFolderError(_lacks(path, f"test.{level}.{missing[0]}"))
    return test


def _lacks(path: Path, key: str) -> str:
    return f"{path} lacks {key}. Evaluate the checkpoint again, or leave this run out"
