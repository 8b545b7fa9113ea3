"""Where a crops folder lies: on this machine, or behind a URL that fsspec knows."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import fsspec
from fsspec.registry import known_implementations

from resgat.errors import ConfigError


@dataclass(frozen=True)
class RemoteFolder:
    """A folder or file behind a URL, with those methods of ``Path`` that reading crops needs.

    It holds nothing but the URL, so it may be pickled and used after a fork; each process makes its
    own connection when it first reads.

    Args:
        url: Such as ``s3://bucket/crops``.
    """

    url: str

    def __str__(self) -> str:
        return self.url

    def __truediv__(self, name: str) -> RemoteFolder:
        return RemoteFolder(f"{self.url.rstrip('/')}/{name}")

    def is_dir(self) -> bool:
        """Tell whether there is something below this name."""
        return bool(_filesystem(self.url).isdir(self.url))

    def is_file(self) -> bool:
        """Tell whether there is a file of this name."""
        return bool(_filesystem(self.url).isfile(self.url))

    def open(self, mode: str = "rb") -> Any:
        """Open the file; reading may start anywhere in it."""
        return _filesystem(self.url).open(self.url, mode)

    def read_bytes(self) -> bytes:
        """Return the whole file."""
        return bytes(_filesystem(self.url).cat_file(self.url))

    def read_text(self, encoding: str = "utf-8") -> str:
        """Return the whole file as text."""
        return self.read_bytes().decode(encoding)

    def read_range(self, start: int, length: int) -> bytes:
        """Return ``length`` bytes from ``start``, fewer at the end of the file."""
        return bytes(_filesystem(self.url).cat_file(self.url, start=start, end=start + length))

    def write_bytes(self, data: bytes) -> None:
        """Store a whole file under this name."""
        _filesystem(self.url).pipe_file(self.url, data)

    def upload(self, path: Path) -> None:
        """Store a local file under this name."""
        _filesystem(self.url).put_file(str(path), self.url)

    def remove(self) -> None:
        """Remove the file, or the folder with all that is in it."""
        _filesystem(self.url).rm(self.url, recursive=True)

    def names(self, kind: str | None = None) -> list[str]:
        """List what is in the folder, without its folder: all, or of kind ``file``."""
        entries = _filesystem(self.url).ls(self.url, detail=True)
        return [
            str(entry["name"]).rstrip("/").rsplit("/", 1)[-1]
            for entry in entries
            if kind in (None, entry["type"])
        ]


Folder: TypeAlias = Path | RemoteFolder


def as_folder(place: Folder | str) -> Folder:
    """Return a folder for a local path or a URL.

    Example:
        >>> as_folder("memory://bucket/crops")
        RemoteFolder(url='memory://bucket/crops')
    """
    if isinstance(place, str) and "://" in place:
        return RemoteFolder(place)
    return place if isinstance(place, RemoteFolder) else Path(place)


def read_range(file: Folder, start: int, length: int) -> bytes:
    """Return ``length`` bytes of a file from ``start``, fewer at its end."""
    if isinstance(file, RemoteFolder):
        return file.read_range(start, length)
    with file.open("rb", buffering=0) as raw:
        raw.seek(start)
        return raw.read(length)


def is_empty(folder: Folder) -> bool:
    """Tell whether a folder holds nothing, or is not there."""
    if isinstance(folder, RemoteFolder):
        return not folder.is_dir() or not folder.names()
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def file_names(folder: Folder) -> list[str]:
    """List the files in a folder, without their folder; none where there is no such folder."""
    try:
        if isinstance(folder, RemoteFolder):
            return folder.names("file")
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if entry.is_file()]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _filesystem(url: str) -> Any:
    """Return the connection of this process; fsspec keeps it.

    Raises:
        ConfigError: The package for this kind of URL is not installed, or there is none.
    """
    try:
        return fsspec.core.url_to_fs(url)[0]
    except (ImportError, ValueError) as error:
        protocol = url.partition("://")[0]
        known = known_implementations.get(protocol)
        if known is None:
            msg = f"{url}: {protocol}:// is no kind of storage that fsspec knows; expected one "
            raise ConfigError(msg + "such as s3:// or gs://, or a local folder") from error
        package = known["class"].partition(".")[0]
        remedy = known.get("err", "") if package == "fsspec" else f"run `pip install {package}`"
        msg = f"{url}: reading {protocol}:// needs a package that is not installed; {remedy}"
        raise ConfigError(msg) from error
