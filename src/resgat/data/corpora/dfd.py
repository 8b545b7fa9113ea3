"""DeepFakeDetection (DFD): scenes played by 28 actors and forged between them; split by actor."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from resgat.checks import check_choice
from resgat.data.corpora.base import Census
from resgat.data.layout.census import absent_ids
from resgat.data.layout.sequences import COMPRESSIONS, Clip, Sequences
from resgat.data.videos import REAL_METHOD, VideoRecord, video_id, warn_absent_originals
from resgat.types import FAKE, REAL

logger = logging.getLogger(__name__)

FAKE_METHOD = "DeepFakeDetection"

#: Actor -> split: 18 actors train, 4 val, 6 test.
#:
#: The publisher gives no split. A fake whose two actors lie in different splits belongs to none, so
#: fewer and larger splits keep more: were all 756 ordered pairs of actors equally frequent, these
#: would keep 306 + 12 + 30 of them, 46 %. 18-5-5 keeps as many, with a third fewer pairs in test;
#: 22-3-3 keeps 63 %, with 6 pairs in test.
ACTOR_SPLITS = {
    f"{actor:02d}": "train" if actor <= 18 else "val" if actor <= 22 else "test"
    for actor in range(1, 29)
}

#: What the publisher lists, over all actors.
NUM_REAL, NUM_FAKE = 363, 3068

_REALS, _FAKES = "original_sequences/actors", f"manipulated_sequences/{FAKE_METHOD}"
_SCENE = r"[A-Za-z0-9-]+(?:_[A-Za-z0-9-]+)*"  # two underscores end it
_REAL_NAME = re.compile(rf"([0-9]{{2}})__({_SCENE})")
_FAKE_NAME = re.compile(rf"([0-9]{{2}})_([0-9]{{2}})__({_SCENE})__[A-Za-z0-9]{{8}}")


class Dfd:
    """Reads what FaceForensics' download script makes of its two DFD sequences.

    ``<actor>__<scene>.mp4`` in ``original_sequences/actors/<compression>/videos`` and
    ``<target>_<source>__<scene>__<code>.mp4`` in ``manipulated_sequences/DeepFakeDetection/...``,
    or stills in their place (see :class:`~resgat.data.layout.sequences.Sequences`).

    The split is the actors' (:data:`ACTOR_SPLITS`). A fake across two splits is in none: it would
    show a person of one in the other.

    The identity group is the target actor, the smallest group that crosses no split: all videos
    that actor was filmed in, forged or not. Fakes connect nearly all actors of a split, so groups
    of connected actors would leave the bootstrap one unit per split. As a source's face does occur
    in several groups, intervals over so few actors are a little too narrow.

    Args:
        compression: raw, c0 (its older name), c23 or c40.

    Source:
        Dufour and Gully 2019, "Contributing Data to Deepfake Detection Research"; layout of
        ondyari/FaceForensics, commit b952e41.
    """

    name: ClassVar[str] = "dfd"

    def __init__(self, compression: str = "c23") -> None:
        check_choice("compression", compression, COMPRESSIONS)
        self.compression = compression

    def prepare(self, crops_dir: Path) -> None:
        """Do nothing: the crops of a real corpus come from its videos."""

    def videos(self, raw_dir: Path) -> list[VideoRecord]:
        """List the originals, then the fakes, each sorted by name.

        Raises:
            DatasetNotFoundError: ``raw_dir`` is no folder or holds no such video.
        """
        sequences = Sequences(raw_dir, self.compression, [_REALS, _FAKES])
        reals, fakes = sequences.clips(_REALS, _REAL_NAME), sequences.clips(_FAKES, _FAKE_NAME)
        if not reals and not fakes:
            raise sequences.not_found(self.name)
        sequences.warn_incomplete()
        records = [self._real_record(clip) for clip in reals]
        records += [self._fake_record(clip, sequences.mask(_FAKES, clip.name)) for clip in fakes]
        _log_unsplit(records)
        warn_absent_originals(records)
        return records

    def census(self, records: Sequence[VideoRecord]) -> Census:
        """Give the published numbers, and the originals that only their fakes tell of."""
        official = {REAL_METHOD: {"all": NUM_REAL}, FAKE_METHOD: {"all": NUM_FAKE}}
        return Census(official, tuple(sorted(absent_ids(records))))

    def _real_record(self, clip: Clip) -> VideoRecord:
        actor, _ = clip.ids
        return VideoRecord(
            path=clip.path,
            label=REAL,
            dataset=self.name,
            method=REAL_METHOD,
            compression=self.compression,
            name=clip.name,
            target_id=actor,
            source_id=None,
            identity_group=f"{self.name}/{actor}",
            original_video_id=None,
            split=ACTOR_SPLITS.get(actor),
            frames=clip.frames,
        )

    def _fake_record(self, clip: Clip, mask: Path | None) -> VideoRecord:
        target, source, scene = clip.ids
        original = f"{target}__{scene}"
        return VideoRecord(
            path=clip.path,
            label=FAKE,
            dataset=self.name,
            method=FAKE_METHOD,
            compression=self.compression,
            name=clip.name,
            target_id=target,
            source_id=source,
            identity_group=f"{self.name}/{target}",
            original_video_id=video_id(self.name, REAL_METHOD, self.compression, original),
            split=split_of(target, source),
            mask_path=mask,
            frames=clip.frames,
        )


def split_of(target: str, source: str) -> str | None:
    """Return the split of a fake: that of its two actors, or None where they lie in two.

    Example:
        >>> split_of("23", "28"), split_of("01", "28"), split_of("01", "99")
        ('test', None, None)
    """
    split = ACTOR_SPLITS.get(target)
    return split if split == ACTOR_SPLITS.get(source) else None


def _log_unsplit(records: Sequence[VideoRecord]) -> None:
    """Log how many fakes the split by actor costs."""
    fakes = [record for record in records if record.label == FAKE]
    unsplit = sum(record.split is None for record in fakes)
    if unsplit:
        msg = "%d of %d DFD fakes join actors of two splits and are in none"
        logger.info(msg, unsplit, len(fakes))
