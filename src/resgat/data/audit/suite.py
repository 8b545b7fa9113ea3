"""All checks of a crops folder, and ``audit.json``.

``audit.json``, schema 1::

    {"schema": 1,
     "corpus": "ffpp", "crops_dir": "data/ffpp",
     "videos": 5000, "crops": 160000,
     "settings": {"frames_per_video": 2, "max_distance": 6, ...},
     "verdict": "LEAK",                      the worst of the checks'
     "checks": {NAME: {"verdict": "ok" | "not checked" | "warning" | "broken" | "LEAK",
                       "summary": one line, ...}}}

The checks, and what each holds besides; a list is ``{"count": of all, "first": up to 1000}``:

* ``identity_groups``: ``crossing`` (list of ``identity_group`` and, per split, ``videos``,
  ``crops``, ``examples``).
* ``persons``: ``num_persons``; ``circles`` of persons that fakes connect, ``largest_circle``,
  ``crossing_circles``; ``crossing`` (list of ``person`` and, per split and part ``target`` or
  ``source``, ``videos`` and an ``example``); ``fakes_with_a_person_of_train`` (per other split
  ``fakes`` and ``exposed``).
* ``near_duplicates``: ``crops_compared``, ``crops_not_comparable``; ``pairs``,
  ``pairs_by_splits``, ``pairs_of_one_identity_group``, ``crops_in_pairs``, ``videos_in_pairs``;
  ``closest`` (up to 1000 pairs: ``first`` and ``second`` crop_id, ``splits``, ``methods``,
  ``distance`` in bits of 64, ``correlation`` of the reliefs).
* ``balance``: ``splits`` (per split ``real``, ``fake`` and each of ``methods``: ``videos``,
  ``crops``) and ``none``, what is in no split.
* ``coverage``: ``asked`` crops per video or null; ``per_video``, ``per_real_video``,
  ``per_fake_video`` (``min``, ``median``, ``max``, or null); ``fewer_than_asked`` (list).
* ``completeness``: ``official`` (per ``method/split``: ``official``, ``found``, ``with_face``
  videos), ``absent`` (list), ``missing_videos`` (list), ``failed_videos``,
  ``index_is_as_written``.
* ``files``: ``crops_read`` of ``crops``, ``absent``, ``broken`` (list of ``path``, ``reason``).
* ``crop_specs``: for ``crop_spec`` and ``compression`` of all crops, ``image_size`` and
  ``image_format`` of those read: ``num_values``, ``balanced_accuracy`` of telling the class by it,
  ``values`` (list of ``value``, crops ``real``, ``fake``, and per split).

The same folder and settings give the same file, byte for byte.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resgat.checks import check_range
from resgat.data.audit.balance import check_balance
from resgat.data.audit.completeness import check_completeness
from resgat.data.audit.coverage import check_coverage
from resgat.data.audit.crop_specs import Rows, attribute, check_crop_specs
from resgat.data.audit.crops import Crops
from resgat.data.audit.files import check_files
from resgat.data.audit.identities import check_identity_groups
from resgat.data.audit.manifest import Manifest, read_manifest
from resgat.data.audit.near_duplicates import (
    MAX_DISTANCE,
    MIN_CORRELATION,
    Pair,
    check_near_duplicates,
    choose,
    gather,
)
from resgat.data.audit.persons import check_persons
from resgat.data.audit.scan import Scan, scan
from resgat.data.audit.verdict import Check, Verdict, worst
from resgat.data.spread import spread

SCHEMA = 1

_BESIDE = ["label", "split", "video_id"]


@dataclass(frozen=True)
class AuditSettings:
    """How thoroughly to look.

    Attributes:
        frames_per_video: Crops of each video, evenly spread, that are compared with other splits'.
        max_distance: Bits of 64 in which near-duplicates may differ.
        min_correlation: How alike their reliefs must be as well.
        sample: Crops to read, evenly spread over the index; None reads all.

    Raises:
        ConfigError: A number is out of range.
    """

    frames_per_video: int = 2
    max_distance: int = MAX_DISTANCE
    min_correlation: float = MIN_CORRELATION
    sample: int | None = None

    def __post_init__(self) -> None:
        check_range("hash.frames_per_video", self.frames_per_video, low=1)
        check_range("hash.max_distance", self.max_distance, low=0, high=16)
        check_range("hash.min_correlation", self.min_correlation, low=0, high=1)
        if self.sample is not None:
            check_range("files.sample", self.sample, low=1)


@dataclass(frozen=True)
class AuditReport:
    """What the audit found.

    Attributes:
        pairs: Near-duplicates, most similar first.
    """

    checks: tuple[Check, ...]
    pairs: tuple[Pair, ...]
    num_videos: int
    num_crops: int
    settings: AuditSettings

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all checks."""
        return worst(check.verdict for check in self.checks)

    def named(self, verdict: Verdict) -> list[str]:
        """Return the names of the checks with this verdict."""
        return [check.name for check in self.checks if check.verdict == verdict]

    def to_dict(self, corpus: str, crops_dir: str) -> dict[str, Any]:
        """Return the content of ``audit.json``."""
        return {
            "schema": SCHEMA,
            "corpus": corpus,
            "crops_dir": crops_dir,
            "videos": self.num_videos,
            "crops": self.num_crops,
            "settings": asdict(self.settings),
            "verdict": self.verdict.value,
            "checks": {
                check.name: {
                    "verdict": check.verdict.value,
                    "summary": check.summary,
                    **check.details,
                }
                for check in self.checks
            },
        }


def audit(crops: Crops, settings: AuditSettings, num_threads: int | None = None) -> AuditReport:
    """Run all checks.

    Args:
        crops: The crops folder.
        settings: How thoroughly to look.
        num_threads: Threads that read images; None is Python's own choice.
    """
    positions = _sampled(len(crops), settings.sample)
    seen = scan(crops, positions, choose(crops, settings.frames_per_video), num_threads)
    duplicates, pairs = check_near_duplicates(
        crops,
        gather(crops, seen.fingerprints),
        num_flat=sum(found.is_flat for _, found in seen.fingerprints),
        max_distance=settings.max_distance,
        min_correlation=settings.min_correlation,
    )
    manifest = read_manifest(crops)
    checks = (
        check_identity_groups(crops.videos),
        check_persons(crops.videos),
        duplicates,
        check_balance(crops.videos),
        check_coverage(crops.videos, *_asked(manifest)),
        check_completeness(crops, manifest),
        check_files(crops, seen.problems, seen.num_read),
        check_crop_specs(_attributes(crops, seen)),
    )
    num_videos = len({video.video_id for video in crops.videos})
    return AuditReport(checks, tuple(pairs), num_videos, len(crops), settings)


def _sampled(available: int, wanted: int | None) -> NDArray[np.int64]:
    return spread(available, available if wanted is None else wanted)


def _asked(manifest: Manifest | str) -> tuple[int | None, str]:
    if isinstance(manifest, str):
        return None, manifest
    why_not = "all frames were asked for" if manifest.frames_per_video is None else ""
    return manifest.frames_per_video, why_not


def _attributes(crops: Crops, seen: Scan) -> dict[str, Rows]:
    """Gather what tells nothing of the face: from the index, and from the crops that were read."""
    rows = crops.index.take(["crop_spec", "compression", *_BESIDE])
    of_all = {
        name: rows.select([name, *_BESIDE]).rename_columns(["value", *_BESIDE])
        for name in ("crop_spec", "compression")
    }
    beside = crops.index.take(_BESIDE, np.array(seen.readable, np.int64))
    return {
        **of_all,
        "image_size": attribute(seen.sizes, beside),
        "image_format": attribute(seen.formats, beside),
    }
