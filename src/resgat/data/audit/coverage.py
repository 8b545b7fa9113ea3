"""Does every video have as many crops as it should?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from resgat.data.audit.crops import Video
from resgat.data.audit.verdict import Check, Verdict, listing
from resgat.data.videos import examples
from resgat.types import REAL

NAME = "coverage"


def check_coverage(videos: Sequence[Video], asked: int | None, why_not: str = "") -> Check:
    """Count the crops of each video.

    Args:
        videos: All videos of the index.
        asked: How many crops of each video preprocessing was asked for; None if that is not known,
            or was "all frames".
        why_not: The reason for not knowing.
    """
    counts: Counter[str] = Counter()
    for video in videos:
        counts[video.video_id] += video.num_crops
    real = {video.video_id for video in videos if video.label == REAL}
    short = {} if asked is None else {name: n for name, n in counts.items() if n < asked}
    per_video = _spread(counts.values())
    details = {
        "asked": asked,
        "per_video": per_video,
        "per_real_video": _spread(n for name, n in counts.items() if name in real),
        "per_fake_video": _spread(n for name, n in counts.items() if name not in real),
        "fewer_than_asked": listing(
            [{"video_id": name, "crops": number} for name, number in sorted(short.items())]
        ),
    }
    summary = "crops per video: {min} to {max}, median {median:g}".format(**per_video or {})
    if short:
        named = examples([f"{name} ({number})" for name, number in sorted(short.items())])
        reason = f"{len(short)} of {len(counts)} videos have fewer than {asked}: {named}; "
        return Check(NAME, Verdict.WARNING, reason + summary, details)
    suffix = f"; {asked} asked for" if asked is not None else ""
    suffix += f"; whether fewer than asked is not known: {why_not}" if why_not else ""
    return Check(NAME, Verdict.OK, summary + suffix, details)


def _spread(numbers: Iterable[int]) -> dict[str, Any] | None:
    """Return minimum, median and maximum; None of nothing."""
    values = np.fromiter(numbers, np.int64)
    if not len(values):
        return None
    return {
        "min": int(values.min()),
        "median": float(np.median(values)),
        "max": int(values.max()),
    }
