"""Settings of two runs, laid side by side."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

_MISSING = object()


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Name every value by its path.

    Example:
        >>> flat({"seed": 0, "data": {"size_px": 224}})
        {'seed': 0, 'data.size_px': 224}
    """
    named: dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping):
            named |= flat(value, f"{prefix}{key}.")
        else:
            named[f"{prefix}{key}"] = value
    return named


def differing(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """Return the names of the values that differ, or that one side alone has, in order.

    Example:
        >>> differing({"seed": 0, "lr": 0.1}, {"seed": 1, "lr": 0.1, "size_px": 224})
        ['seed', 'size_px']
    """
    return [
        key
        for key in sorted(mine.keys() | theirs.keys())
        if mine.get(key, _MISSING) != theirs.get(key, _MISSING)
    ]


def first_difference(
    mine: Mapping[str, Any], theirs: Mapping[str, Any], may_differ: Container[str] = ()
) -> str | None:
    """Say how their settings differ from mine; None if they do not.

    Args:
        mine: Asked for here.
        theirs: Found there.
        may_differ: Names that are not looked at.

    Example:
        >>> first_difference({"seed": 0, "lr": 0.1}, {"seed": 1, "lr": 0.2})
        'lr is 0.2 there and 0.1 here (2 differ)'
    """
    keys = [key for key in differing(mine, theirs) if key not in may_differ]
    if not keys:
        return None
    return (
        f"{keys[0]} is {theirs.get(keys[0])!r} there and {mine.get(keys[0])!r} here "
        f"({len(keys)} differ)"
    )
