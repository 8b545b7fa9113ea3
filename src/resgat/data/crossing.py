"""What lies in more than one split, of anything that has a name and belongs to splits."""

from __future__ import annotations

from collections.abc import Iterable


def crossing(members: Iterable[tuple[str | None, str | None]]) -> dict[str, list[str]]:
    """Find the names that occur in more than one split.

    Args:
        members: A name and a split, any number of times. One without a name, or in no split, does
            not count.

    Returns:
        Name -> its splits, both in alphabetical order.

    Example:
        >>> crossing([("ann", "train"), ("ann", "test"), ("bob", "val"), ("bob", None)])
        {'ann': ['test', 'train']}
    """
    splits_of: dict[str, set[str]] = {}
    for name, split in members:
        if name is not None and split is not None:
            splits_of.setdefault(name, set()).add(split)
    return {name: sorted(splits) for name, splits in sorted(splits_of.items()) if len(splits) > 1}
