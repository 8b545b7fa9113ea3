"""Folders found whatever the case of their names, and files found below them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from resgat.errors import DatasetNotFoundError, MetadataError


def child_folder(folder: Path, name: str) -> Path | None:
    """Return the folder of a name in any case, or None.

    Raises:
        DatasetNotFoundError: ``folder`` cannot be listed.
        MetadataError: Two folders differ in case alone.
    """
    if not folder.is_dir():
        return None
    entries = [entry for entry in _entries(folder) if entry.name.lower() == name.lower()]
    found = [folder / entry.name for entry in entries if _holds(entry.is_dir)]
    if len(found) > 1:
        msg = f"{folder}: expected one folder {name}, got {found[0].name} and {found[1].name}; "
        raise MetadataError(msg + "put their files into one")
    return found[0] if found else None


class Listing(NamedTuple):
    """The files of one folder, sorted by name; hidden ones left out.

    Attributes:
        unreadable: Names of what is neither file nor folder, such as a link to nothing, and of
            what no text can name.
    """

    folder: Path
    files: list[Path]
    unreadable: list[str]


def walk(folder: Path) -> Iterator[Listing]:
    """Yield a folder and all below it, in order of their names, links followed.

    A folder that is reached a second time, as through a link to one above it, is not entered again.

    Raises:
        DatasetNotFoundError: A folder cannot be listed.
    """
    seen: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        status = current.stat()
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        listing, folders = _listing(current)
        yield listing
        waiting.extend(reversed(folders))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """List a folder by name. Its entries know what they are without another look at the disk."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        msg = f"{folder}: cannot be listed ({error.strerror}); check its permissions"
        raise DatasetNotFoundError(msg) from error


def _listing(folder: Path) -> tuple[Listing, list[Path]]:
    folders, files, unreadable = [], [], []
    for entry in _entries(folder):
        if entry.name.startswith("."):
            continue
        if not _is_text(entry.name):
            unreadable.append(ascii(entry.name))
        elif _holds(entry.is_dir):
            folders.append(folder / entry.name)
        elif _holds(entry.is_file):
            files.append(folder / entry.name)
        else:
            unreadable.append(entry.name)
    return Listing(folder, files, unreadable), folders


def _holds(question: Callable[[], bool]) -> bool:
    """Ask what an entry is; a link to itself is nothing."""
    try:
        return question()
    except OSError:
        return False


def _is_text(name: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in name)
