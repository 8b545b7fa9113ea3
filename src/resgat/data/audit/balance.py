"""How many videos and crops of each class and method does each split hold?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from resgat.data.audit.crops import Video
from resgat.data.audit.verdict import Check, Verdict
from resgat.data.schema import SPLITS
from resgat.types import FAKE, REAL

NAME = "balance"

NO_SPLIT = "none"

_CLASSES = {"real": REAL, "fake": FAKE}


def check_balance(videos: Sequence[Video]) -> Check:
    """Count classes and methods per split; no detector can be judged on a split of one class."""
    present = [name for name in SPLITS if any(video.split == name for video in videos)]
    counts = {name: _count_split([v for v in videos if v.split == name]) for name in present}
    unsplit = [video for video in videos if video.split is None]
    details = {"splits": counts, NO_SPLIT: _size(unsplit)}
    single = [name for name in present if not all(counts[name][kind]["crops"] for kind in _CLASSES)]
    summary = ", ".join(
        f"{name} {counts[name]['real']['videos']} + {counts[name]['fake']['videos']}"
        for name in present
    )
    summary = f"real + fake videos: {summary or 'no video is in a split'}"
    if unsplit:
        summary += f"; {len(unsplit)} videos in no split"
    if single or not present:
        reason = f"only one class in {' and '.join(single)}; " if single else ""
        return Check(NAME, Verdict.BROKEN, reason + summary, details)
    absent = [name for name in SPLITS if name not in present]
    if absent:
        reason = f"no video in {' and '.join(absent)}; "
        return Check(NAME, Verdict.WARNING, reason + summary, details)
    return Check(NAME, Verdict.OK, summary, details)


def _count_split(videos: Sequence[Video]) -> dict[str, Any]:
    classes = {
        name: _size(video for video in videos if video.label == label)
        for name, label in _CLASSES.items()
    }
    methods = {
        method: _size(video for video in videos if video.method == method)
        for method in sorted({video.method for video in videos})
    }
    return {**classes, "methods": methods}


def _size(videos: Iterable[Video]) -> dict[str, int]:
    counts = [video.num_crops for video in videos]
    return {"videos": len(counts), "crops": sum(counts)}
