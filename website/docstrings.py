"""From how our docstrings are written to what the site's reader of docstrings knows."""

from __future__ import annotations

import re
from typing import Any

import griffe

_ROLE = re.compile(r":(?:class|func|meth|mod|data|attr):`~?([^`]+)`")
_SECTION = re.compile(r"^Shape:\n((?:    .*\n?|\n)+)", re.MULTILINE)
_ENTRY = re.compile(r"^    (?=\S)", re.MULTILINE)
_TABLE = re.compile(r"^(=+(?: +=+)+)\n(.+)\n\1\n((?:.+\n)+?)\1$", re.MULTILINE)


def in_markdown(text: str) -> str:
    """Return a docstring's text with names in the place of roles, and shapes as a list.

    Example:
        >>> in_markdown("See :func:`~resgat.run.load`.")
        'See `resgat.run.load`.'
    """
    text = _ROLE.sub(r"`\1`", text)
    text = re.sub(r"^Example:$", "Examples:", text, flags=re.MULTILINE)
    text = _TABLE.sub(_table, text)
    return _SECTION.sub(lambda match: "Shape:\n" + _ENTRY.sub("    * ", match[1]), text)


def _table(match: re.Match[str]) -> str:
    """Return a simple table of reStructuredText as Markdown has it."""
    starts = [rule.start() for rule in re.finditer("=+", match[1])]
    ends = [*starts[1:], None]
    rows: list[list[str]] = []
    for line in (match[2], *match[3].splitlines()):
        cells = [line[start:end].strip() for start, end in zip(starts, ends, strict=True)]
        if cells[0]:
            rows.append(cells)
        else:  # a cell goes on in the next line
            rows[-1] = [" ".join(both).strip() for both in zip(rows[-1], cells, strict=True)]
    head, *body = [f"| {' | '.join(cells)} |" for cells in rows]
    return "\n".join([head, "|---" * len(starts) + "|", *body])


class InMarkdown(griffe.Extension):
    """Applies it to every docstring that is read."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite one."""
        if obj.docstring is not None:
            obj.docstring.value = in_markdown(obj.docstring.value)
