"""Records, which are dataclasses, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import fields
from typing import Any


def to_csv(kind: type[Any], records: Iterable[Any]) -> str:
    """Return records of a kind as CSV, with every digit; None is empty.

    Args:
        kind: A dataclass; its fields are the columns. Without a record they stand alone.
        records: Of that kind.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass
        ... class Shot:
        ...     name: str
        ...     prob: float | None
        >>> print(to_csv(Shot, [Shot("a", 0.25), Shot("b", None)]), end="")
        name,prob
        a,0.25
        b,
    """
    names = [field.name for field in fields(kind)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([getattr(record, name) for name in names] for record in records)
    return text.getvalue()
