"""What a full or broken disk raises, told in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from resgat.errors import ResgatError, StorageError


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
        msg = f"{folder}: cannot write {what} ({error.strerror or error}); make room and run "
        raise StorageError(msg + "again: finished videos are kept") from error
