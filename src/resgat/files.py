"""Writing a file so that its final name only ever holds a whole one."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

_UNFINISHED = re.compile(r"\..+\.[0-9a-f]{16}(\.[^.]+)?")


class Readable(Protocol):
    """A file here or behind a URL."""

    def open(self, mode: Literal["rb"], /) -> Any:
        """Open it for reading."""


def exists(path: Path) -> bool:
    """Tell whether there is something at a path; there is nothing at one too long for a name."""
    try:
        return path.exists()
    except OSError:
        return False


def file_sha256(file: Readable) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def write_atomic(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a file beside ``path``, then give it the name ``path``.

    A run that is killed, or a ``write`` that fails, leaves what was there before.

    Args:
        path: Where the file shall be; missing folders are made.
        write: Called with a path in the same folder and with the same suffix.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.stem}.{secrets.token_hex(8)}{path.suffix}")
    try:
        write(beside)
        flush_to_disk(beside)
        os.replace(beside, path)  # noqa: PTH105  (the one call known to replace atomically)
    finally:
        beside.unlink(missing_ok=True)


def sweep_unfinished(folder: Path) -> None:
    """Remove what calls of :func:`write_atomic` left in a folder that were killed at work."""
    for path in folder.iterdir():
        if _UNFINISHED.fullmatch(path.name):
            path.unlink(missing_ok=True)


def flush_to_disk(path: Path) -> None:
    """Return once a file's content cannot be lost to a power cut any more."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON, keys in the order given, floats with every digit.

    Raises:
        ValueError: A number is nan or infinite, which JSON does not know.
    """
    write_text(path, json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8."""
    write_atomic(path, lambda beside: beside.write_text(text, encoding="utf-8"))


def write_parquet(path: Path, table: pa.Table) -> None:
    """Write a table as one Parquet file."""
    write_atomic(path, lambda beside: pq.write_table(table, beside, compression="zstd"))
