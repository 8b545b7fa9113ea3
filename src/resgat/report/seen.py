"""How much of what a detector was judged on it had learnt from, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def seen_words(test: Mapping[str, Any]) -> str:
    """Say it of the numbers of one split; those of an older version do not tell.

    Args:
        test: As ``metrics.json`` holds it.

    Example:
        >>> seen_words({"seen_in_training": {"val": {"videos": 1200, "identity_groups": 3}}})
        '1,200 videos were in val, 3 identity groups were in val'
        >>> seen_words({"seen_in_training": {}}), seen_words({})
        ('nothing', 'not checked')
    """
    seen = test.get("seen_in_training")
    if seen is None:
        return str(test.get("seen_in_training_reason", "not checked"))
    parts = [
        f"{count:,} {kind.replace('_', ' ')} were in {role}"
        for role, counts in seen.items()
        for kind, count in counts.items()
    ]
    return ", ".join(parts) or "nothing"
