"""Who is at work in a crops folder: one run for each part, on one machine or on many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from resgat.data.storing import storing
from resgat.errors import ConfigError


@contextmanager
def at_work(crops_dir: Path, part: str) -> Iterator[None]:
    """Hold a part of a folder while it is worked on; a process that is killed lets go of it.

    Args:
        crops_dir: The crops folder, which exists.
        part: Name of the part; parts may be worked on at the same time.

    Raises:
        ConfigError: Another run is at work on the part.
        StorageError: The folder cannot be written to.
    """
    path = _path(crops_dir, part)
    lock = FileLock(path, timeout=0)
    with storing(crops_dir, "its lock"):
        try:
            lock.acquire()
        except Timeout as error:
            msg = f"another run is at work in crops_dir {crops_dir} ({part}); wait for its end, or "
            msg += "stop it and run again: finished videos are kept"
            raise ConfigError(msg) from error
    try:
        yield
    finally:
        with suppress(OSError):  # a file that stays holds nobody
            path.unlink()  # while it is held: who opened it meanwhile notices
        lock.release()


def is_alone(crops_dir: Path, part: str) -> bool:
    """Tell whether no other part is worked on, and clear away the locks of killed runs."""
    for path in set(crops_dir.glob(".*.lock")) - {_path(crops_dir, part)}:
        try:
            with FileLock(path, timeout=0):
                path.unlink(missing_ok=True)
        except Timeout:
            return False
    return True


def _path(crops_dir: Path, part: str) -> Path:
    return crops_dir / f".{part}.lock"
