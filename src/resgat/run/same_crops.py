"""Whether runs were tested on the same crops, and what differs where they were not."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from resgat.errors import RunFolderError
from resgat.run.judged import Judged
from resgat.run.predicted import CROP_FACTS

#: Settings that hint at how crops were cut, where nothing better is known.
_HINTS = ("size_px", "normalise")

logger = logging.getLogger(__name__)


def check_same_crops(runs: Sequence[Judged]) -> None:
    """Refuse runs that were tested on different crops, or believed different things of them.

    Raises:
        RunFolderError: They were; the message says how they differ.
    """
    first, *others = runs
    _check_index(runs)
    for other in others:
        mine, theirs = (pa.array(one.table["crop_id"].to_pylist()) for one in (first, other))
        for here, there, which in ((mine, theirs, other), (theirs, mine, first)):
            missing = here.filter(pc.invert(pc.is_in(here, there)))
            if len(missing):
                raise RunFolderError(_unlike(first, other, f"{which.name} lacks", missing, here))
        for column in CROP_FACTS:
            differs = _differs(first.table[column], other.table[column])
            if differs.true_count:
                unequal = mine.filter(differs)
                raise RunFolderError(_unlike(first, other, f"another {column} has", unequal, mine))


def _check_index(runs: Sequence[Judged]) -> None:
    """Refuse crops of another index: equal ids may name crops that were cut differently."""
    known: dict[str, Judged] = {}
    for run in runs:
        if run.index_sha256:
            known.setdefault(run.index_sha256, run)
    if len(known) > 1:
        (mine, first), (theirs, other), *_ = known.items()
        how = f"the SHA-256 of the index of their crops begins {mine[:12]} and {theirs[:12]}"
        raise RunFolderError(_refusal(first, other, how))
    unknown = [run for run in runs if not run.index_sha256]
    for run in unknown:
        _check_hints(run, runs)
    if unknown and len(runs) > 1:
        logger.warning(
            "that all runs were tested on crops that were cut alike is not known: the SHA-256 of "
            "the index was not recorded by %s",
            ", ".join(run.name for run in unknown),
        )


def _check_hints(run: Judged, runs: Sequence[Judged]) -> None:
    for other in runs:
        mine, theirs = (one.recorded.config.get("data") or {} for one in (run, other))
        for key in _HINTS:
            if mine.get(key) != theirs.get(key):
                how = (
                    f"data.{key} is {mine.get(key)} and {theirs.get(key)}, and {run.name} did not "
                    "record the SHA-256 of the index of its crops, which could show them the same"
                )
                raise RunFolderError(_refusal(run, other, how))


def _differs(here: pa.ChunkedArray, there: pa.ChunkedArray) -> pa.Array:
    """Return where two columns differ; a missing value equals another."""
    one_is_missing = pc.xor(pc.is_null(here), pc.is_null(there))
    return pc.coalesce(pc.not_equal(here, there), one_is_missing).combine_chunks()


def _unlike(first: Judged, other: Judged, how: str, crops: pa.Array, among: pa.Array) -> str:
    named = f"{how} {len(crops)} of {len(among)} crops, such as {crops[0]}"
    if first.test_split != other.test_split:
        named += f" (data.test_split is {first.test_split!r} and {other.test_split!r})"
    return _refusal(first, other, named)


def _refusal(first: Judged, other: Judged, how: str) -> str:
    return (
        f"{first.name} and {other.name} were tested on different data: {how}. Evaluate both with "
        "src/eval.py on the same crops folder"
    )
