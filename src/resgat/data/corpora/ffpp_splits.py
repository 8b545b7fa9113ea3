"""The split lists of FaceForensics++: pairs of ids that were swapped with each other."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from resgat.data.layout.metadata import read_json
from resgat.data.schema import SPLITS
from resgat.errors import MetadataError

SPLITS_RESOURCE = "ffpp_splits.json"

_REMEDY = "leave splits_dir out to use the official lists"


class Pair(NamedTuple):
    """An official pair: two people whose originals and mutual fakes stay together."""

    ids: frozenset[str]
    split: str
    group: str


def read_lists(splits_dir: Path | None = None) -> dict[str, Any]:
    """Read train.json, val.json and test.json of a folder; None for the official lists.

    Returns:
        Split -> pairs of ids, each pair in one direction.

    Raises:
        MetadataError: A list is missing or malformed.

    Source:
        The official lists are those of ondyari/FaceForensics, commit b952e41.
    """
    if splits_dir is None:
        text = resources.files(__package__).joinpath(SPLITS_RESOURCE).read_text("utf-8")
        return dict(json.loads(text))
    return {split: _read_list(Path(splits_dir) / f"{split}.json") for split in SPLITS}


def pair_of(lists: Mapping[str, Iterable[Sequence[str]]]) -> dict[str, Pair]:
    """Map each id to its pair.

    Raises:
        MetadataError: An id is in two pairs.

    Example:
        >>> pair_of({"train": [("071", "054")]})["071"].group
        '054_071'
    """
    pairs: dict[str, Pair] = {}
    for split, members in lists.items():
        for first, second in members:
            pair = Pair(frozenset((first, second)), split, "_".join(sorted((first, second))))
            for member in (first, second):
                if pairs.setdefault(member, pair) != pair:
                    msg = f"FaceForensics++ {split} list: expected each id in one pair, "
                    msg += f"got {member!r} in two; {_REMEDY}"
                    raise MetadataError(msg)
    return pairs


def videos_per_split(pairs: Mapping[str, Pair]) -> dict[str, int]:
    """Count the originals of each split, which each method forges once.

    Example:
        >>> videos_per_split(pair_of(read_lists()))
        {'train': 720, 'val': 140, 'test': 140}
    """
    counts = Counter(pair.split for pair in pairs.values())
    return {split: counts[split] for split in SPLITS}


def forged_names(pairs: Mapping[str, Pair]) -> list[str]:
    """Name the fakes of a method, ``target_source``, in both directions of each pair, sorted."""
    return sorted(f"{target}_{min(pair.ids - {target})}" for target, pair in pairs.items())


def _read_list(path: Path) -> list[list[str]]:
    """Read one split list: ``[["071", "054"], ...]``."""
    pairs = read_json(path, "the list of a split", _REMEDY)
    if not isinstance(pairs, list) or not all(_is_pair(pair) for pair in pairs):
        msg = f'{path}: expected a list of id pairs such as [["071", "054"]]; {_REMEDY}'
        raise MetadataError(msg)
    return pairs


def _is_pair(value: object) -> bool:
    if not isinstance(value, list) or len(value) != 2 or value[0] == value[1]:
        return False
    return all(isinstance(member, str) and is_id(member) for member in value)


def is_id(text: str) -> bool:
    """Whether a text is an id of FaceForensics++: ASCII digits."""
    return text.isascii() and text.isdigit()
