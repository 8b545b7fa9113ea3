"""Splits for corpora that come without: by a hash of who is seen, so that they never change."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import accumulate

#: Of a corpus without any split.
SHARES = {"train": 0.70, "val": 0.15, "test": 0.15}

#: Which share of the people goes to val, where a publisher gives a test set and no val.
HELD_OUT = 0.15


def split_by_hash(group: str, shares: Mapping[str, float] = SHARES) -> str:
    """Choose a group's split: the same on every machine, whatever else the corpus holds.

    Args:
        group: What must not lie in two splits.
        shares: Split -> share of the groups; adds up to 1.

    Example:
        >>> [split_by_hash(group) for group in ("folder/a", "folder/d", "folder/g")]
        ['train', 'test', 'val']
    """
    position = int.from_bytes(hashlib.sha256(group.encode()).digest()[:6], "big") / 2**48
    bounds = zip(shares, accumulate(shares.values()), strict=True)
    # The shares' sum may fall short of 1 by a rounding error.
    return next((split for split, bound in bounds if position < bound), [*shares][-1])


def hold_out(*people: str) -> str | None:
    """Choose between train and val for a video in which people of a training set are seen.

    Args:
        people: The groups of all who are seen: of a fake, its target and its source.

    Returns:
        val where all of them are held out, train where none is; else None, as such a fake would
        show a person of one split in the other.

    Example:
        >>> hold_out("celebdf/id0"), hold_out("celebdf/id2"), hold_out("celebdf/id0", "celebdf/id2")
        ('val', 'train', None)
    """
    shares = {"val": HELD_OUT, "train": 1 - HELD_OUT}
    splits = {split_by_hash(person, shares) for person in people}
    return splits.pop() if len(splits) == 1 else None
