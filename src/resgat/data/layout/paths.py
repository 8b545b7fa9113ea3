"""A path that a data file names: judged by its text alone before anything is opened."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath

#: What common disks allow, of UTF-8; of a whole path with room for the folder it is below.
MAX_PART_BYTES, MAX_PATH_BYTES = 255, 2048


def has_controls(text: str) -> bool:
    r"""Tell whether a text holds what no name has: NUL, line breaks, undecodable bytes.

    Example:
        >>> has_controls("a b"), has_controls("a\nb")
        (False, True)
    """
    if text.isprintable():  # which most texts are, and which is quickly told
        return False
    return any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in text)


def relative_path(text: str, root: Path | None = None) -> PurePosixPath | None:
    r"""Return the path below a folder that a data file names, or None where it leaves the folder.

    Args:
        text: With either kind of slash.
        root: An absolute path below this folder is taken for a relative one; None refuses both
            absolute paths and drives.

    Example:
        >>> relative_path(r"real\a.mp4"), relative_path("../a.mp4"), relative_path("/etc/a.mp4")
        (PurePosixPath('real/a.mp4'), None, None)
        >>> relative_path("/data/real/a.mp4", root=Path("/data"))
        PurePosixPath('real/a.mp4')
    """
    if has_controls(text):
        return None
    path = PurePosixPath(text.replace("\\", "/"))
    if root is not None and path.is_absolute():
        base = PurePosixPath(Path(os.path.abspath(root)).as_posix())  # noqa: PTH100
        path = path.relative_to(base) if path.is_relative_to(base) else path
    is_elsewhere = path.is_absolute() or PureWindowsPath(path).drive or ".." in path.parts
    return path if path.parts and not is_elsewhere and _fits(path) else None


def refuse_pipe(path: Path) -> None:
    """Refuse a pipe or a device in a list's place, for reading one may never end.

    Raises:
        OSError: The path leads to something that is neither file nor folder.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        msg = "a pipe or a device"
        raise OSError(msg)


def _fits(path: PurePosixPath) -> bool:
    """Tell whether disks have room for the name; asked for a longer one, they raise."""
    longest = max(len(part.encode()) for part in path.parts)
    return longest <= MAX_PART_BYTES and len(path.as_posix().encode()) <= MAX_PATH_BYTES
