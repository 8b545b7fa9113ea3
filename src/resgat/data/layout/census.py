"""What is known of videos that a corpus's own list names: how many there should be, which lack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from resgat.data.corpora.base import Census
from resgat.data.videos import VideoRecord, absent_originals


def absent_ids(records: Sequence[VideoRecord]) -> set[str]:
    """Return the video_ids that are listed, or named as an original, and not on disk."""
    listed = {record.video_id for record in records if not record.is_present}
    return listed | set(absent_originals(records).values())


def census_of_list(records: Sequence[VideoRecord]) -> Census:
    """Count a corpus that lists all its videos in a file of its own.

    Args:
        records: One for each listed video, on disk or not.
    """
    counts: dict[str, Counter[str]] = {}
    for record in records:
        counts.setdefault(record.method, Counter())[record.split or "none"] += 1
    official = {method: dict(splits) for method, splits in counts.items()}
    return Census(official, tuple(sorted(absent_ids(records))))
