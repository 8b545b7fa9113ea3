"""A video of a corpus and its provenance, before any frame of it is read."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

#: The method of every real video.
REAL_METHOD = "original"


@dataclass(frozen=True)
class VideoRecord:
    """One video file with everything the index says about it.

    A record may name a file that is missing: the corpus's own metadata lists it, so its absence is
    a failure to report rather than a video to forget.

    Attributes:
        label: 1 = fake, 0 = real.
        method: The manipulation; :data:`REAL_METHOD` for a real video.
        target_id: Whose video it is.
        source_id: Whose face was put in; None for real videos.
        identity_group: Shared by all videos that must stay in one split.
        original_video_id: The aligned real video of a fake, whether or not it is on disk.
        split: train, val, test, or None for a video in no split.
        mask_path: The video of a fake's manipulated pixels; None where there is none on disk.
        frames: The still images of a video that comes as such, in order of time; ``path`` is then
            their folder, or the one image.
    """

    path: Path
    label: int
    dataset: str
    method: str
    compression: str
    name: str
    target_id: str | None
    source_id: str | None
    identity_group: str
    original_video_id: str | None
    split: str | None
    mask_path: Path | None = None
    frames: tuple[Path, ...] = ()

    @property
    def video_id(self) -> str:
        """``dataset/method/compression/name``, unique over all corpora."""
        return video_id(self.dataset, self.method, self.compression, self.name)

    @property
    def family_key(self) -> str:
        """The video_id of the original of a fake, else its own: aligned videos share it."""
        return self.original_video_id or self.video_id

    @property
    def is_present(self) -> bool:
        """Whether its file, or its folder of frames, is there."""
        return self.path.exists() if self.frames else self.path.is_file()


def video_id(dataset: str, method: str, compression: str, name: str) -> str:
    """Join the parts of a video's identifier.

    Example:
        >>> video_id("ffpp", "Deepfakes", "c23", "000_003")
        'ffpp/Deepfakes/c23/000_003'
    """
    return f"{dataset}/{method}/{compression}/{name}"


def identity_groups(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Connect ids that occur in a pair, directly or through others.

    Returns:
        Each id with the smallest id of its connected component.

    Example:
        >>> identity_groups([("c", "b"), ("b", "a"), ("x", "x")])
        {'c': 'a', 'b': 'a', 'a': 'a', 'x': 'x'}
    """
    parent: dict[str, str] = {}

    def root(member: str) -> str:
        parent.setdefault(member, member)
        while parent[member] != member:
            parent[member] = parent[parent[member]]
            member = parent[member]
        return member

    for first, second in pairs:
        low, high = sorted((root(first), root(second)))
        parent[high] = low
    return {member: root(member) for member in parent}


def absent_originals(records: Iterable[VideoRecord]) -> dict[str, str]:
    """Return each fake's video_id with its original's, where no file of that original exists."""
    videos = list(records)
    present = {record.video_id for record in videos if record.is_present}
    return {
        record.video_id: record.original_video_id
        for record in videos
        if record.original_video_id is not None and record.original_video_id not in present
    }


def warn_absent_originals(records: Iterable[VideoRecord]) -> None:
    """Log once how many fakes lack their original; they stay usable, pair comparisons do not."""
    absent = absent_originals(records)
    if absent:
        pairs = [f"{fake} (original {real})" for fake, real in absent.items()]
        logger.warning("%d fakes without their original on disk: %s", len(pairs), examples(pairs))


def examples(names: Sequence[str], limit: int = 3) -> str:
    """Name the first few and count the rest.

    Example:
        >>> examples(["a", "b", "c", "d"], limit=2)
        'a, b and 2 more'
    """
    rest = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {rest} more" if rest > 0 else "")
