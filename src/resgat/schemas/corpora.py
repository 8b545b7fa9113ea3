"""The keys of the commands that make, check and pack crops."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING


@dataclass
class ShardConfig:
    """Which part of a corpus a preprocessing run cuts."""

    index: int | None = None
    """From 0; null is all of the corpus, or, with a count above 1, the merge of its parts."""
    count: int = 1
    """How many parts there are."""


@dataclass
class PreprocessConfig:
    """What ``src/preprocess.py`` reads."""

    data: Any = MISSING
    """The corpus: its raw folder, its crops folder, its layout."""
    detector: Any = MISSING
    """The face detector."""
    size_px: int = 224
    """Side of a stored crop."""
    margin: float = 1.3
    """Side of the crop over the longer side of the face box."""
    alignment: str = "none"
    """none, or similarity: the five landmarks come to lie in the same place in every crop."""
    image_format: str = "png"
    """png (lossless), jpeg or webp."""
    quality: int | None = None
    """1 to 100 for JPEG and WebP; null is 95."""
    frames_per_video: int | None = 32
    """Crops wanted of each video, spread evenly over all of it; null takes every frame."""
    stride: int = 1
    """Only every so many-th frame may be taken."""
    resample: int = 2
    """How often other frames are tried where a wanted one shows no face."""
    shard: ShardConfig = field(default_factory=ShardConfig)
    """Which part of the corpus this run cuts."""
    num_workers: int | None = None
    """Worker processes; null is one for each usable core, 0 works in this process."""
    timeout_s: float = 600.0
    """Seconds that one video may take before it counts as failed."""
    retry_failures: bool = False
    """Try videos again that failed in an earlier run."""
    allow_failures: bool = False
    """Succeed although some videos could not be read or show no face."""
    contact_sheet: bool = False
    """Write pictures of the crops to look at; --contact-sheet does the same."""


@dataclass
class HashConfig:
    """Which crops of two splits count as copies of each other."""

    frames_per_video: int = 2
    """Crops compared of each video, spread evenly over it."""
    max_distance: int = 6
    """Bits of 64 in which their hashes may differ."""
    min_correlation: float = 0.96
    """How alike their reliefs, of 16 x 16 cells, must be as well."""


@dataclass
class FilesConfig:
    """Which crops are read, with their masks."""

    sample: int | None = None
    """So many, spread evenly over the index; null is all."""


@dataclass
class AuditConfig:
    """What ``src/audit.py`` reads."""

    data: Any = MISSING
    """The corpus: its crops folder, its rule of splits."""
    hash: HashConfig = field(default_factory=HashConfig)
    """The search for near-duplicates across splits."""
    files: FilesConfig = field(default_factory=FilesConfig)
    """The search for broken files."""
    num_threads: int | None = None
    """Threads that read images; null is Python's own choice."""


@dataclass
class PackConfig:
    """What ``src/pack.py`` reads."""

    data: Any = MISSING
    """The corpus whose crops are packed: its crops folder."""
    out: str = MISSING
    """The folder to fill with tar shards: new or empty, or a URL such as s3://bucket/crops."""
    shard_mb: int = 256
    """Size of a shard, in MiB."""
