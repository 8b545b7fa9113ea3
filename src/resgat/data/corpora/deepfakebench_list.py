"""DeepfakeBench's JSON of a data set: labels, splits, videos and their frames."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from resgat.data.layout.metadata import read_object
from resgat.data.schema import SPLITS
from resgat.data.videos import examples
from resgat.errors import MetadataError

logger = logging.getLogger(__name__)

COMPRESSIONS = ("raw", "c0", "c23", "c40")

#: A video that is listed in several splits stays in the first of these.
_STRONGEST = ("test", "val", "train")
_REMEDY = "expected DeepfakeBench's {data set: {label: {split: {video: {label, frames}}}}}; "
_REMEDY += "download its JSON again, or make it with its rearrange.py"


class Listed(NamedTuple):
    """A video of the JSON; its names and paths are as they stand there."""

    label: str
    split: str
    compression: str | None
    name: str
    frames: tuple[str, ...]


def read_list(path: Path, compression: str) -> list[Listed]:
    """Read the videos, each once.

    Args:
        path: Such as ``FaceForensics++.json``.
        compression: Of data sets that come at several levels, this one is read.

    Returns:
        In the JSON's order, without videos that have no frame. A video in test and another split
        is a test video, as DeepfakeBench repeats test as val for data sets without a val.

    Raises:
        MetadataError: The file is missing or malformed, or lists no video of this compression.
    """
    tree = read_object(path, "DeepfakeBench's list of a data set", _REMEDY)
    found: dict[tuple[str, str], Listed] = {}
    again = 0
    for video in _videos(path, tree, compression):
        key = (video.label, video.name)
        other = found.get(key)
        if other is None or _STRONGEST.index(video.split) < _STRONGEST.index(other.split):
            found[key] = video
        again += other is not None
    if again:
        logger.warning("%s: %d videos are in several splits; kept in test, else val", path, again)
    empty = [video.name for video in found.values() if not video.frames]
    if empty:
        logger.warning("%s: %d videos have no frame: %s", path, len(empty), examples(empty))
    if len(empty) == len(found):
        msg = f"{path}: expected videos of compression {compression}, found none; set compression="
        raise MetadataError(msg + "... to one that it lists")
    return [video for video in found.values() if video.frames]


def _videos(path: Path, tree: dict[str, Any], compression: str) -> Iterator[Listed]:
    for data_set, labels in tree.items():
        for label, splits in _members(path, labels, data_set):
            for split, videos in _members(path, splits, f"{data_set}/{label}"):
                where = f"{data_set}/{label}/{split}"
                if split not in SPLITS:
                    msg = f"{path}: {where}: expected a split train, val or test; {_REMEDY}"
                    raise MetadataError(msg)
                levels = dict(_members(path, videos, where))
                if levels.keys() <= set(COMPRESSIONS):
                    entries, level = levels.get(compression, {}), compression
                else:
                    entries, level = levels, None
                for name, entry in _members(path, entries, where):
                    frames = _frames(path, entry, f"{where}/{name}")
                    yield Listed(label, split, level, name, frames)


def _frames(path: Path, entry: object, where: str) -> tuple[str, ...]:
    frames = dict(_members(path, entry, where)).get("frames")
    if not isinstance(frames, list) or not all(isinstance(name, str) for name in frames):
        msg = f"{path}: {where}: expected a list of frames' paths; {_REMEDY}"
        raise MetadataError(msg)
    return tuple(frames)


def _members(path: Path, value: object, where: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        found = type(value).__name__
        msg = f"{path}: {where}: expected an object, got {found}; {_REMEDY}"
        raise MetadataError(msg)
    yield from value.items()
