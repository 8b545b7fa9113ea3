"""A file that one run holds at a time, on one machine or on many."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from resgat.errors import ConfigError

logger = logging.getLogger(__name__)

#: What a disk answers that knows no locks.
_UNSUPPORTED = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)


@contextmanager
def held(path: Path, busy: str, *, waits: bool = False) -> Iterator[bool]:
    """Hold a file while work is done; a killed process lets go of it.

    On a disk without locks nothing is held, and a warning says so. Yields whether it is held.

    Args:
        path: The file, in a folder that exists; gone afterwards.
        busy: What to say where another run holds it.
        waits: Say it, and wait until that run lets go.

    Raises:
        ConfigError: Another run holds it, and this one does not wait.
        OSError: It cannot be written.
    """
    lock = FileLock(path, timeout=0, fallback_to_soft=False)
    try:
        _acquire(lock, path.parent, busy, waits=waits)
        yield lock.is_locked
    finally:
        if lock.is_locked:
            with suppress(OSError):  # a file that stays holds nobody
                path.unlink()  # while it is held: who opened it meanwhile notices
            lock.release()


def _acquire(lock: FileLock, folder: Path, busy: str, *, waits: bool) -> None:
    try:
        lock.acquire()
    except Timeout as error:
        if not waits:
            raise ConfigError(busy) from error
        logger.warning(busy)
        lock.acquire(timeout=-1)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        msg = "%s: this disk knows no locks; see to it that no two runs work in the folder"
        logger.warning(msg, folder)
