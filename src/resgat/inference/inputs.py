"""What a user asks about: files, folders, globs and lists, as single files in order."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Sequence
from pathlib import Path

from resgat.data.layout.media import is_image, is_video, natural_key
from resgat.errors import DatasetNotFoundError
from resgat.files import exists

#: Stands for a list on standard input, one path a line.
STDIN = "-"


def expand(inputs: Sequence[str], listed: Iterable[str] = ()) -> list[Path]:
    """Return the files that inputs name, each once, in the order of the inputs.

    A file is taken whatever its ending; of a folder, at any depth, and of a glob the images and
    videos are, in natural order. Hidden files are left out.

    Args:
        inputs: Files, folders, globs, or ``-``.
        listed: The lines that ``-`` stands for, with or without their ends; empty ones are passed
            over.

    Raises:
        DatasetNotFoundError: There is nothing under a name, or no image and no video.
    """
    lines = [line.rstrip("\r\n") for line in listed]
    names = [name for given in inputs for name in (lines if given == STDIN else [given])]
    found = [path for name in names if name for path in _files(name)]
    if not found:
        msg = f"input: expected images or videos, got none from {', '.join(inputs) or 'nothing'}"
        raise DatasetNotFoundError(msg)
    return list(dict.fromkeys(found))


def _files(name: str) -> list[Path]:
    path = Path(name)
    is_there = exists(path)
    if is_there and path.is_dir():
        files = [file for file in path.rglob("*") if not _is_hidden(file.relative_to(path))]
    elif is_there or not glob.has_magic(name):
        return [path]  # one that is missing is reported beside the others
    else:
        # Path.glob takes no absolute pattern; neither finds hidden files.
        files = [Path(file) for file in glob.iglob(name, recursive=True)]  # noqa: PTH207
    media = [file for file in files if (is_image(file) or is_video(file)) and file.is_file()]
    if not media:
        msg = f"input: no image and no video in {name}"
        raise DatasetNotFoundError(msg)
    return sorted(media, key=lambda file: [natural_key(part) for part in file.parts])


def _is_hidden(below: Path) -> bool:
    return any(part.startswith(".") for part in below.parts)
