"""Where the bytes of crops and masks come from: loose files, or tar shards; local or not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from resgat.data.folder import Folder, file_names
from resgat.errors import CropReadError

#: An absolute path (POSIX or with a drive), a step upwards, a backslash, a NUL, or nothing; for RE2
#: and for Python alike.
UNSAFE_PATH = r"^$|^/|^[A-Za-z]:|(^|/)\.\.(/|$)|\\|\x00"

_UNSAFE = re.compile(UNSAFE_PATH)
_LAST_PART = r"/?[^/]*$"
_REMEDY = "Make it again with `python src/preprocess.py`, or take its row out of the index"


class CropStore(Protocol):
    """Files by their path in the index. Picklable, and usable after a fork."""

    def read(self, path: str) -> bytes:
        """Return a file's bytes.

        Raises:
            CropReadError: There is no such file, it is empty or cannot be read, or the path leads
                out of the store.
        """
        ...

    def exist(self, paths: pa.ChunkedArray) -> NDArray[np.bool_]:
        """Tell for each of many paths whether there is such a file, without reading it."""
        ...

    def name(self, path: str) -> str:
        """Name a file for a message."""
        ...


@dataclass(frozen=True)
class FileStore:
    """Loose files below a folder, local or behind a URL.

    Args:
        root: What paths are relative to.
    """

    root: Folder

    def read(self, path: str) -> bytes:
        """Return a file's bytes."""
        check_path(path)
        try:
            data = (self.root / path).read_bytes()
        except FileNotFoundError as error:
            raise unreadable(self.name(path), "does not exist") from error
        except OSError as error:
            why = error.strerror or error
            raise unreadable(self.name(path), f"cannot be read ({why})") from error
        if not data:
            raise unreadable(self.name(path), "has zero bytes")
        return data

    def exist(self, paths: pa.ChunkedArray) -> NDArray[np.bool_]:
        """List each folder once instead of asking for each file.

        On a network disk the one takes seconds and the other an hour.
        """
        safe = paths.filter(pc.invert(pc.match_substring_regex(paths, UNSAFE_PATH)))
        folders = pc.unique(pc.replace_substring_regex(safe, _LAST_PART, ""))
        there = [
            pa.array([f"{folder}/{name}" for name in file_names(self.root / folder)], pa.string())
            if folder
            else pa.array(file_names(self.root), pa.string())
            for folder in folders.to_pylist()
        ]
        found = pc.is_in(paths, value_set=pa.chunked_array(there, pa.string()))
        return np.asarray(found.to_numpy(), dtype=np.bool_)

    def name(self, path: str) -> str:
        """Return where the file lies."""
        return str(self.root / path)


def check_path(path: str) -> None:
    """Refuse a path that could lead out of the store. Lexical: nothing is asked of the disk.

    Raises:
        CropReadError: The path is empty or absolute, or holds ``..``, a backslash or a NUL.
    """
    if _UNSAFE.search(path):
        msg = f"index: path {path!r}: expected a POSIX path below the crops folder, without '..'. "
        raise CropReadError(msg + "Correct the index, or make it again")


def unreadable(name: str, found: str) -> CropReadError:
    """Return the error of a file that is not there or cannot be read."""
    return CropReadError(f"{name} {found}; expected a crop or a mask. {_REMEDY}")
