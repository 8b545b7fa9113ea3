"""Links between pages: from where they lead in the project to where they lead in the site."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

#: Files beside docs/ that are pages, pictures of pages or downloads, under the same path.
BESIDE = (
    *("CONTRIBUTING.md", "CHANGELOG.md", "experiments/*/README.md"),
    *("experiments/*/*.png", "notebooks/*.ipynb"),
)

_LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<path>[^)\s#]*)(?P<anchor>#[^)\s]*)?\)")
_CODE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def relinked(markdown: str, page: str, known: set[str]) -> str:
    """Return a page with its links as they must be in the site.

    Args:
        markdown: The page as it lies in the project.
        page: Its path in the site.
        known: Paths of all pages and pictures in the site.

    Example:
        >>> relinked("[a](../src/a.py), [b](../README.md#b)", "adr/x.md", {"index.md"})
        '`a`, [b](../index.md#b)'
    """
    return "".join(
        block if block.startswith("```") else _LINK.sub(lambda m: _link(m, page, known), block)
        for block in _CODE.split(markdown)
    )


def _link(match: re.Match[str], page: str, known: set[str]) -> str:
    path, anchor = match["path"], match["anchor"] or ""
    if not path or ":" in path:
        return match[0]
    target = _in_site(path, page)
    if target in known:
        relative = _relative(target, page)
        return f"{match['image']}[{match['text']}]({relative}{anchor})"
    text = match["text"]
    return text if "`" in text else f"`{text}`"


def _in_site(path: str, page: str) -> str:
    """Return where a link of a page in the project leads, as a path in the site."""
    # Pages in docs/ lie one folder higher in the site than in the project; those beside do not.
    home = PurePosixPath(page) if _is_beside(page) else PurePosixPath("docs") / page
    parts: list[str] = []
    for part in (home.parent / path).parts:
        if part == "..":
            parts[-1:] = []
        elif part != ".":
            parts.append(part)
    if parts and parts[0] == "docs":
        parts = parts[1:]
    found = "/".join(parts)
    return "index.md" if found == "README.md" else found


def _is_beside(page: str) -> bool:
    return any(PurePosixPath(page).match(pattern) for pattern in BESIDE)


def _relative(target: str, page: str) -> str:
    up = len(PurePosixPath(page).parent.parts)
    return "../" * up + target
