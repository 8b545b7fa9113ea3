"""Three splits that may be compared: apart from each other, and each with both classes."""

from __future__ import annotations

import logging
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from resgat.data.crossing import crossing
from resgat.data.index import CropIndex
from resgat.data.schema import SPLITS
from resgat.errors import SplitError, SplitLeakageError
from resgat.types import FAKE, REAL

logger = logging.getLogger(__name__)

_NUM_EXAMPLES = 3


def check_splits(
    index: CropIndex,
    *,
    train: str = "train",
    val: str = "val",
    test: str = "test",
    is_judged_only: bool = False,
    allow_leakage: bool = False,
) -> None:
    """Refuse splits on which a number would mean nothing.

    Selection must not see the test data, so no two of the splits may be the same one. Each must
    hold real and fake crops. A person or source video (``identity_group``) in two splits lets the
    model recognise faces instead of forgeries.

    Args:
        index: Crops of all splits.
        train: Name of the split that the weights are fitted on.
        val: Name of the split that chooses the epoch and the threshold.
        test: Name of the split that is reported.
        is_judged_only: Nothing is fitted or selected: the test split alone is looked at, and one
            class of it is enough, for numbers that need both are then null. What a detector has
            seen of it stands in its checkpoint.
        allow_leakage: Log a warning about shared identity groups instead of refusing.

    Raises:
        SplitError: Two splits are one, or one that is needed has no crops or one class only.
        SplitLeakageError: Splits share identity groups and ``allow_leakage`` is false.
    """
    if is_judged_only:
        _check_crops(index, test)
        return
    _check_distinct(train=train, val=val, test=test)
    for name in (train, val, test):
        _check_classes(index, name)
    leak = _describe_leak(index, [train, val, test])
    if leak and not allow_leakage:
        msg = f"{leak}; give each group one split in the index, or set data.allow_leakage=true"
        raise SplitLeakageError(msg)
    if leak:
        logger.warning(
            "%s; numbers on val and test will be too good (data.allow_leakage=true)", leak
        )


def _check_distinct(**names: str) -> None:
    seen: dict[str, str] = {}
    for role, name in names.items():
        if name in seen:
            msg = (
                f"data.{seen[name]}_split and data.{role}_split are both {name!r}; "
                f"expected three different splits of {', '.join(SPLITS)}"
            )
            raise SplitError(msg)
        seen[name] = role


def _check_crops(index: CropIndex, split: str) -> None:
    counts = _counts(index, split)
    if not counts.any():
        names = pc.unique(index.table["split"].drop_null()).to_pylist()
        there = ", ".join(map(repr, sorted(names)))
        msg = (
            f"split {split!r} has no crops; the index in {index.crops_dir} has {there or 'none'}. "
            "Name another one with data.test_split=..."
        )
        raise SplitError(msg)
    if not counts.all():
        logger.warning(
            "split %r has %d real and %d fake crops: numbers that need both are null",
            split,
            counts[REAL],
            counts[FAKE],
        )


def _check_classes(index: CropIndex, split: str) -> None:
    counts = _counts(index, split)
    if not counts.all():
        msg = (
            f"split {split!r} has {counts[REAL]} real and {counts[FAKE]} fake crops; expected "
            f"both. Check the split column of the index in {index.crops_dir}, or name another split"
        )
        raise SplitError(msg)


def _counts(index: CropIndex, split: str) -> NDArray[np.int64]:
    """Return how many crops of each label a split has."""
    in_split = pc.fill_null(pc.equal(index.table["split"], split), False).to_numpy()
    return np.bincount(index.labels[in_split], minlength=2)


def _describe_leak(index: CropIndex, splits: list[str]) -> str:
    """Say which identity groups lie in more than one split; empty when none do."""
    pairs = index.table.select(["identity_group", "split"])
    pairs = pairs.filter(pc.is_in(pairs["split"], pa.array(splits, pa.string())))
    distinct = pairs.group_by(["identity_group", "split"], use_threads=False).aggregate([])
    groups = crossing((row["identity_group"], row["split"]) for row in distinct.to_pylist())
    examples = ", ".join(
        f"{group!r} in {' and '.join(found)}"
        for group, found in islice(groups.items(), _NUM_EXAMPLES)
    )
    return f"{len(groups)} identity group(s) lie in several splits ({examples})" if groups else ""
