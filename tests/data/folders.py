"""What lies in a folder, to compare it with another."""

from __future__ import annotations

from pathlib import Path


def names(folder: Path) -> set[str]:
    """Return the names of what lies in a folder."""
    return {path.name for path in folder.iterdir()}


def tree(crops_dir: Path) -> dict[str, bytes]:
    """Return all files but the journal, whose files and lines have no order."""
    files = sorted(path for path in crops_dir.rglob("*") if path.is_file())
    found = {path.relative_to(crops_dir).as_posix(): path.read_bytes() for path in files}
    return {name: data for name, data in found.items() if not name.startswith("journal/")}
