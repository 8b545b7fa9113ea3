"""What a check has to say, in one form for the table, the file and the exit status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

#: So many items of a list go into ``audit.json``; the count beside them is of all.
MAX_LISTED = 1000


class Verdict(StrEnum):
    """From harmless to worst; the last two make the command fail."""

    NOT_CHECKED = "not checked"
    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"
    LEAK = "LEAK"


@dataclass(frozen=True)
class Check:
    """The answer to one question.

    Attributes:
        name: The question, as ``audit.json`` names it.
        summary: One line with the numbers behind the verdict, or the reason for having none.
        details: Plain containers for JSON, in a fixed order.
    """

    name: str
    verdict: Verdict
    summary: str
    details: Mapping[str, Any] = field(default_factory=dict)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of some verdicts.

    Example:
        >>> worst([Verdict.OK, Verdict.BROKEN, Verdict.WARNING]).value
        'broken'
    """
    return max(verdicts, key=list(Verdict).index, default=Verdict.OK)


def listing(items: Sequence[Any]) -> dict[str, Any]:
    """Return ``{"count": ..., "first": [...]}``, the first :data:`MAX_LISTED` of them.

    Example:
        >>> listing(["a", "b"])
        {'count': 2, 'first': ['a', 'b']}
    """
    return {"count": len(items), "first": list(items[:MAX_LISTED])}
