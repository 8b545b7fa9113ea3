"""What a full or broken disk raises, told in one line."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from resgat.errors import ResgatError, StorageError

_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def storing(folder: Path, what: str) -> Iterator[None]:
    """Name the folder and what was to be written to it when the disk refuses.

    Raises:
        StorageError: The disk is full or cannot be written to.
    """
    try:
        yield
    except ResgatError:  # some are OSErrors, too, and say enough
        raise
    except OSError as error:
        remedy = "make room" if error.errno in _FULL else "see to the folder and its disk"
        msg = f"{folder}: cannot write {what} ({error.strerror or error}); {remedy} and run again: "
        raise StorageError(msg + "finished videos are kept") from error
