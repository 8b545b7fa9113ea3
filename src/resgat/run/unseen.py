"""A detector is judged on videos and people that it has not learnt from, or its numbers say so."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from resgat.data.datamodule import CropDataModule
from resgat.data.seen import Overlap, Seen, overlaps, seen_in
from resgat.errors import SplitLeakageError

#: The fact under which a checkpoint remembers what it has seen.
SEEN = "seen"

_UNKNOWN = "not checked: the checkpoint is of a version that did not keep what it had seen"

logger = logging.getLogger(__name__)


def seen_by(datamodule: CropDataModule) -> Seen:
    """Return what a training learns from: its weights from train, epoch and threshold from val."""
    splits = {"train": datamodule.train_split, "val": datamodule.val_split}
    return seen_in(datamodule.index, splits)


def check_unseen(facts: Mapping[str, Any], datamodule: CropDataModule, *, allow: bool) -> None:
    """Refuse a test split with videos or people that the checkpoint was trained or selected on.

    Roles may be swapped, and another index may hold the same videos: only names tell.

    Args:
        facts: Of the checkpoint; one that does not say what it has seen is taken with a warning.
        datamodule: Whose test split is judged.
        allow: Log a warning instead of refusing.

    Raises:
        SplitLeakageError: There are some, and no flag says that this is wanted.
    """
    if SEEN not in facts:
        logger.warning("whether the test videos were trained on is %s", _UNKNOWN)
        return
    found = _overlaps(facts, datamodule)
    if not found:
        return
    said = (
        f"data.test_split={datamodule.test_split} of {datamodule.crops_dir} is not new to the "
        f"checkpoint: {', '.join(map(_told, found))}"
    )
    if allow:
        logger.warning("%s; the numbers will be too good, and are marked", said)
        return
    msg = f"{said}. Judge it on other videos, or accept marked numbers with allow_seen_videos=true"
    raise SplitLeakageError(msg)


def seen_in_training(facts: Mapping[str, Any], datamodule: CropDataModule) -> dict[str, Any]:
    """Return what results say of it: how much of the test split was seen, by role and kind.

    Returns:
        ``{"seen_in_training": {}}`` of a clean test, ``{"seen_in_training": {"val": {"videos":
        3}}}`` of another; or null and its reason where the checkpoint does not tell.
    """
    if SEEN not in facts:
        return {"seen_in_training": None, "seen_in_training_reason": _UNKNOWN}
    counts: dict[str, dict[str, int]] = {}
    for one in _overlaps(facts, datamodule):
        counts.setdefault(one.role, {})[one.kind] = one.num_seen
    return {"seen_in_training": counts}


def _overlaps(facts: Mapping[str, Any], datamodule: CropDataModule) -> list[Overlap]:
    return overlaps(facts[SEEN], datamodule.index.select(datamodule.test_split))


def _told(one: Overlap) -> str:
    kind = one.kind.replace("_", " ")
    return f"{one.num_seen} of its {one.num} {kind} were in {one.role} (such as {one.example!r})"
