"""Which numbers of two runs agree. Reads nothing and writes nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

#: A number's place: keys of mappings and positions in lists.
Place = tuple[str | int, ...]

#: Names of what a clock decides, by their unit; no two runs agree in these.
_CLOCK = re.compile(r".+_(s|ms)|(.+_)?seconds")


class Agreement(StrEnum):
    """How a number of one run stands to the same number of another."""

    IDENTICAL = "identical"
    WITHIN = "within tolerance"
    DIFFERS = "differs"
    ONE_SIDED = "only in one"


@dataclass(frozen=True)
class Row:
    """One number in two runs.

    Attributes:
        number: Its path, such as ``test.video.auc`` or ``test.video.auc_ci[0]``.
        recorded: Its value in the first run; None where that has no such number.
        repeated: Its value in the second run.
        agreement: How the two stand to each other.
        difference: Absolute; None where only one run has the number.
        in_interval: For a number that differs: whether the repeated value lies in the interval that
            the first run gives under ``<key>_ci``; None where it gives none.
    """

    number: str
    recorded: float | None
    repeated: float | None
    agreement: Agreement
    difference: float | None = None
    in_interval: bool | None = None

    @property
    def agrees(self) -> bool:
        """Whether the number came out again."""
        return self.agreement in (Agreement.IDENTICAL, Agreement.WITHIN)


def agree(recorded: Mapping[str, Any], repeated: Mapping[str, Any], *, atol: float) -> list[Row]:
    """Compare every number of two results, however deep it lies.

    A yes or no counts as a number, text and null do not. A key whose unit is a time (``_s``,
    ``_ms``, ``seconds``) is passed over.

    Args:
        recorded: Mappings, lists and values, as JSON has them.
        repeated: The same of the other run.
        atol: Two numbers agree that differ by at most so much.

    Returns:
        A row for each number that either has, in alphabetical order.

    Example:
        >>> [row] = agree({"test": {"auc": 0.75}}, {"test": {"auc": 0.5}}, atol=1e-6)
        >>> row.number, row.agreement.value, row.difference
        ('test.auc', 'differs', 0.25)
    """
    first, second = dict(_numbers(recorded)), dict(_numbers(repeated))
    rows = [_row(place, first, second, atol) for place in first.keys() | second.keys()]
    return sorted(rows, key=lambda row: row.number)


def count(rows: Sequence[Row]) -> dict[str, int]:
    """Count the rows of each kind, those that there are none of, too."""
    found = Counter(row.agreement for row in rows)
    return {kind.value: found[kind] for kind in Agreement}


def worst(rows: Sequence[Row]) -> list[Row]:
    """Return the rows that are not identical: the largest difference first, one-sided ones last."""
    unlike = [row for row in rows if row.agreement is not Agreement.IDENTICAL]
    return sorted(unlike, key=lambda row: (row.difference is None, -(row.difference or 0)))


def verdict(rows: Sequence[Row], *, atol: float) -> str:
    """Say in one sentence what agrees."""
    counts, unlike = count(rows), worst(rows)
    if not rows:
        return "there is no number to compare"
    if not unlike:
        return f"all {len(rows)} numbers are identical"
    if all(row.agrees for row in rows):
        identical = counts[Agreement.IDENTICAL]
        agreeing = f"all {len(rows)} numbers agree within {atol:g}, {identical} are identical"
        return f"{agreeing}; {_largest(unlike[0])}"
    away = sum(not row.agrees for row in rows)
    parts = [f"{away} of {len(rows)} numbers do not agree within {atol:g}"]
    if unlike[0].difference is not None:
        parts.append(_largest(unlike[0]))
    if counts[Agreement.ONE_SIDED]:
        parts.append(f"only one run has {counts[Agreement.ONE_SIDED]} of them")
    judged = [row.in_interval for row in rows if row.in_interval is not None]
    if judged:
        parts.append(f"{sum(judged)} of {len(judged)} with an interval still lie in the recorded")
    return "; ".join(parts)


def _largest(row: Row) -> str:
    values = f"{row.recorded:.6g} recorded, {row.repeated:.6g} now"
    return f"the largest difference is {row.difference:.2g}, of {row.number} ({values})"


def _numbers(node: object, place: Place = ()) -> Iterator[tuple[Place, float]]:
    """Yield every number below a node with its place."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _numbers(value, (*place, str(key)))
    elif isinstance(node, list | tuple):
        for idx, value in enumerate(node):
            yield from _numbers(value, (*place, idx))
    elif isinstance(node, int | float) and not _is_clock(place):
        yield place, node


def _is_clock(place: Place) -> bool:
    names = [part for part in place if isinstance(part, str)]
    return bool(names) and _CLOCK.fullmatch(names[-1]) is not None


def _row(
    place: Place, recorded: Mapping[Place, float], repeated: Mapping[Place, float], atol: float
) -> Row:
    before, now = recorded.get(place), repeated.get(place)
    name = _name(place)
    if before is None or now is None:
        return Row(name, before, now, Agreement.ONE_SIDED)
    difference = abs(before - now)
    if before == now:
        return Row(name, before, now, Agreement.IDENTICAL, difference)
    if difference <= atol:
        return Row(name, before, now, Agreement.WITHIN, difference)
    inside = _in_interval(now, place, recorded)
    return Row(name, before, now, Agreement.DIFFERS, difference, inside)


def _in_interval(value: float, place: Place, recorded: Mapping[Place, float]) -> bool | None:
    *parents, key = place
    low, high = (recorded.get((*parents, f"{key}_ci", end)) for end in (0, 1))
    return None if low is None or high is None else low <= value <= high


def _name(place: Place) -> str:
    """Write a place as ``a.b[0]``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)[1:]
