"""Celeb-DF's list of test videos, whose labels are the other way round: 1 is real."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from resgat.data.layout.paths import refuse_pipe
from resgat.errors import MetadataError
from resgat.types import FAKE, REAL

LIST_NAME = "List_of_testing_videos.txt"
CELEB, YOUTUBE, SYNTHESIS = "Celeb-real", "YouTube-real", "Celeb-synthesis"

#: What the list's labels mean; elsewhere 1 is fake.
_LABELS = {"1": REAL, "0": FAKE}
_FOLDERS = {CELEB: REAL, YOUTUBE: REAL, SYNTHESIS: FAKE}
_BY_SPELLING = {folder.lower(): folder for folder in _FOLDERS}
_LINE = re.compile(r"(\S+)\s+([A-Za-z-]+)/(?:videos/)?([A-Za-z0-9_]{1,60})\.mp4")
_REMEDY = f"download {LIST_NAME} again"


class Entry(NamedTuple):
    """A test video: its folder as the publisher spells it, and its name."""

    folder: str
    stem: str


def read_test_list(path: Path) -> dict[Entry, int]:
    """Read the list: ``1 YouTube-real/00170.mp4`` in each line.

    Returns:
        Test video -> the line that names it.

    Raises:
        MetadataError: The list is missing or malformed, or a label contradicts its folder.
    """
    try:
        refuse_pipe(path)
        text = path.read_text("utf-8-sig")
    except FileNotFoundError as error:
        msg = f"{path}: no such file, expected the list of test videos; {_REMEDY}"
        raise MetadataError(msg) from error
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read as text ({error}); {_REMEDY}"
        raise MetadataError(msg) from error
    entries: dict[Entry, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            entry = _entry(path, number, line.strip())
            if entries.setdefault(entry, number) != number:
                first = f"as in line {entries[entry]}"
                raise _malformed(path, number, f"expected each video once, got {line!r} {first}")
    if not entries:
        raise _malformed(path, 1, "expected test videos, got an empty list")
    return entries


def _entry(path: Path, number: int, line: str) -> Entry:
    match = _LINE.fullmatch(line)
    if match is None:
        problem = f"expected such as '1 YouTube-real/00170.mp4', got {line[:80]!r}"
        raise _malformed(path, number, problem)
    label, spelling, stem = match.groups()
    folder = _BY_SPELLING.get(spelling.lower())
    if folder is None:
        problem = f"expected a folder of {', '.join(_FOLDERS)}, got {spelling[:80]!r}"
        raise _malformed(path, number, problem)
    if _LABELS.get(label) != _FOLDERS[folder]:
        expected = "1 (real)" if _FOLDERS[folder] == REAL else "0 (fake)"
        problem = f"label: expected {expected}, as it lies in {folder}, got {label[:80]!r}"
        raise _malformed(path, number, problem)
    return Entry(folder, stem)


def _malformed(path: Path, number: int, problem: str) -> MetadataError:
    return MetadataError(f"{path}: line {number}: {problem}; {_REMEDY}")
