"""What the site has beside the pages in docs/: experiments, the changelog, the configuration.

MkDocs calls ``on_files`` before it reads a page and ``on_page_markdown`` for each page.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

# MkDocs loads this file alone.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from website.links import BESIDE, relinked
from website.reference import configuration_page

ROOT = Path(__file__).resolve().parents[1]


def on_files(files: Files, *, config: Any) -> Files:
    """Add the pages that do not lie in docs/."""
    for pattern in BESIDE:
        for path in sorted(ROOT.glob(pattern)):
            name = path.relative_to(ROOT).as_posix()
            files.append(File.generated(config, name, abs_src_path=str(path)))
    page = configuration_page(ROOT / "conf", ROOT / "src")
    files.append(File.generated(config, "configuration.md", content=page))
    return files


def on_page_markdown(markdown: str, *, page: Any, files: Files, **_: Any) -> str:
    """Lead links to where their pages lie in the site; what is no page keeps its words alone."""
    return relinked(markdown, page.file.src_uri, {file.src_uri for file in files})
