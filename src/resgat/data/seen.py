"""Which videos and people of an index were seen before, whatever their split is called there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow.compute as pc
import torch
from numpy.typing import NDArray
from torch import Tensor

from resgat.data.index import CropIndex

#: What must not be met again: in the words of results -> column of the index.
_MET_AGAIN = {"videos": "video_id", "identity_groups": "identity_group"}

#: Role -> kind -> digests of names.
Seen = Mapping[str, Mapping[str, Tensor]]


class Overlap(NamedTuple):
    """What of an index was seen in one role.

    Attributes:
        role: train or val.
        kind: videos or identity_groups.
        num_seen: How many of these were seen.
        num: How many there are.
        example: The first of the seen by name.
    """

    role: str
    kind: str
    num_seen: int
    num: int
    example: str


def seen_in(index: CropIndex, splits: Mapping[str, str]) -> dict[str, dict[str, Tensor]]:
    """Return what a checkpoint remembers of the crops that made it: eight bytes for each name.

    Args:
        index: Crops of all splits.
        splits: Role -> name of its split.

    Returns:
        Role -> "videos" and "identity_groups" -> ascending digests, (N,) int64.
    """
    return {role: _remembered(index.select(split)) for role, split in splits.items()}


def overlaps(seen: Seen, index: CropIndex) -> list[Overlap]:
    """Find what of an index was seen, in the order of roles and kinds; what was not is left out.

    Args:
        seen: As :func:`seen_in` returned it.
        index: The crops to be judged.
    """
    found = []
    for kind, names in _names(index).items():
        digests = _digests(names)
        for role, known in seen.items():
            again = np.flatnonzero(np.isin(digests, known[kind].numpy()))
            if again.size:
                found.append(Overlap(role, kind, again.size, len(names), names[again[0]]))
    return sorted(found, key=lambda one: (list(seen).index(one.role), one.kind != "videos"))


def _remembered(index: CropIndex) -> dict[str, Tensor]:
    named = _names(index).items()
    return {kind: torch.from_numpy(np.sort(_digests(names))) for kind, names in named}


def _names(index: CropIndex) -> dict[str, list[str]]:
    """Return the distinct names of each kind, in alphabetical order."""
    return {
        kind: sorted(pc.unique(index.table[column]).to_pylist())
        for kind, column in _MET_AGAIN.items()
    }


def _digests(names: list[str]) -> NDArray[np.int64]:
    """Return a number for each name; that two of a million share one is a chance of 3e-8."""
    digests = (hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names)
    return np.frombuffer(b"".join(digests), dtype="<i8").astype(np.int64)
