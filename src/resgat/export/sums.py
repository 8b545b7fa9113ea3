"""The sums of a folder's files, in the form that ``sha256sum -c SHA256SUMS`` reads."""

from __future__ import annotations

from pathlib import Path

from resgat.errors import CheckpointError
from resgat.files import file_sha256, write_text

SUMS_NAME = "SHA256SUMS"


def write_sums(folder: Path) -> None:
    """Write the sums of all files of a folder, at any depth."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS_NAME)
    lines = [f"{file_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    write_text(folder / SUMS_NAME, "".join(lines))


def check_sums(folder: Path, *, needed: tuple[str, ...] = ()) -> None:
    """Refuse a folder one of whose files is not the one that was released.

    Args:
        folder: The release.
        needed: Files that must be there; others may have been left out of a download.

    Raises:
        CheckpointError: There are no sums, they are no text, a line is no sum, a file is missing or
            another one, or a needed one has no sum.
    """
    path = folder / SUMS_NAME
    if not path.is_file():
        msg = (
            f"{folder} is no release: it has no {SUMS_NAME}. Give a folder that export.py wrote, "
            "or a run's checkpoints/best.ckpt"
        )
        raise CheckpointError(msg)
    known = dict(_parsed(line, path) for line in _lines(path))
    for name in needed:
        if name not in known or not (folder / name).is_file():
            msg = f"{folder} is no whole release: {name} is missing. Download it again"
            raise CheckpointError(msg)
    for name, digest in known.items():
        file = folder / name
        if file.is_file() and file_sha256(file) != digest:
            msg = (
                f"{file} is not the file that was released: its SHA-256 differs from {SUMS_NAME}. "
            )
            raise CheckpointError(msg + "Download it again from where you trust")


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except UnicodeDecodeError as error:
        msg = f"{path} is no text, so it holds no sums. Download the release again"
        raise CheckpointError(msg) from error


def _parsed(line: str, path: Path) -> tuple[str, str]:
    digest, _, name = line.partition("  ")
    parts = Path(name).parts
    if len(digest) != 64 or not name or Path(name).is_absolute() or ".." in parts:
        msg = f"{path}: expected lines of a SHA-256 and a relative path, got {line!r}"
        raise CheckpointError(msg)
    return name, digest
