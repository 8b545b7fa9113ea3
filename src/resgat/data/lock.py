"""Who is at work in a crops folder: one run, or one for each shard; on one machine or on many."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from resgat.data.families import Shard
from resgat.data.storing import storing
from resgat.errors import ConfigError

logger = logging.getLogger(__name__)

#: What a disk answers that knows no locks.
_UNSUPPORTED = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)


@contextmanager
def at_work(crops_dir: Path, shard: Shard) -> Iterator[None]:
    """Hold a folder, or a shard of it, while it is worked on; a killed process lets go of it.

    Shards of one partition may be worked on at the same time. Anything else would cut videos twice:
    two runs of one shard, a shard beside the whole or beside a shard of another partition. On a
    disk without locks nothing is held, and a warning says so.

    Args:
        crops_dir: The crops folder, which exists.
        shard: What is worked on.

    Raises:
        ConfigError: Another run is at work.
        StorageError: The folder cannot be written to.
    """
    path = crops_dir / f".{shard.part}.lock"
    lock = _lock(path)
    try:
        with storing(crops_dir, "its lock"), _without_locks(crops_dir):
            _acquire(lock, crops_dir, shard.part)
            for other in set(crops_dir.glob(".*.lock")) - {path}:
                if not _may_run_beside(other, shard):
                    _clear_away(other, crops_dir)
        yield
    finally:
        if lock.is_locked:
            with suppress(OSError):  # a file that stays holds nobody
                path.unlink()  # while it is held: who opened it meanwhile notices
            lock.release()


@contextmanager
def _without_locks(crops_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        msg = "%s: this disk knows no locks; see to it that no two runs work in the folder"
        logger.warning(msg, crops_dir)


def _lock(path: Path) -> FileLock:
    return FileLock(path, timeout=0, fallback_to_soft=False)


def _acquire(lock: FileLock, crops_dir: Path, part: str) -> None:
    try:
        lock.acquire()
    except Timeout as error:
        msg = f"another run is at work in crops_dir {crops_dir} ({part}); wait for its end, or "
        msg += "stop it and run again: finished videos are kept"
        raise ConfigError(msg) from error


def _may_run_beside(other: Path, shard: Shard) -> bool:
    count = other.name.removesuffix(".lock").partition("-of-")[2]
    return shard.index is not None and count == str(shard.count)


def _clear_away(path: Path, crops_dir: Path) -> None:
    """Remove the lock of a run that was killed; refuse to work beside one that is alive."""
    lock = _lock(path)
    _acquire(lock, crops_dir, path.name[1:].removesuffix(".lock"))
    path.unlink(missing_ok=True)
    lock.release()
