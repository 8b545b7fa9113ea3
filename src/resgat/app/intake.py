"""Where uploads lie until they are judged: each in a folder of its own, and only so many."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

from resgat.checks import check_range
from resgat.data.layout.media import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from resgat.errors import ResgatError

#: A file that nobody asked about for so long is deleted: its page was closed.
MAX_AGE_S = 600.0


class UploadRefusedError(ResgatError, ValueError):
    """An upload is not taken; the message is for whoever sent it.

    Attributes:
        status: Of HTTP.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Upload:
    """A file that was sent.

    Attributes:
        token: Names it; who does not know the token cannot ask about the file.
        name: As its sender calls it, without folders; only ever shown, and never part of a path.
        path: Where it lies, under a name of our own.
        since: When it came, on the intake's clock.
    """

    token: str
    name: str
    path: Path
    since: float


@dataclass
class Intake:
    """Holds uploads.

    Args:
        folder: An empty folder of its own.
        room: How many may be there at once: on their way, waiting and being judged.
        clock: Seconds that only ever grow.

    Raises:
        ConfigError: There is room for none.
    """

    folder: Path
    room: int
    clock: Callable[[], float] = time.monotonic
    _coming: set[str] = field(default_factory=set, init=False)
    _waiting: dict[str, Upload] = field(default_factory=dict, init=False)
    _busy: set[str] = field(default_factory=set, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        check_range("max_waiting", self.room, low=1)

    def reserve(self) -> str:
        """Keep a place for an upload before any of it comes, and return its token.

        Whoever reserves a place releases it once the upload is open, or will not come.

        Raises:
            UploadRefusedError: There is no room.
        """
        self.sweep()
        token = secrets.token_urlsafe(24)
        with self._lock:
            if len(self._coming) + len(self._waiting) + len(self._busy) >= self.room:
                msg = f"{self.room} files are waiting already; try again in a minute"
                raise UploadRefusedError(msg, 503)
            self._coming.add(token)
        return token

    def release(self, token: str) -> None:
        """Give up the place of an upload that did not come; one that is open keeps its own."""
        with self._lock:
            self._coming.discard(token)

    def open(self, token: str, name: str) -> Upload:
        """Let an upload take its place and return where its bytes go.

        Args:
            token: Of a place that is reserved.
            name: As its sender calls it.

        Raises:
            UploadRefusedError: It is neither an image nor a video by its ending.
        """
        suffix = _suffix(name)
        upload = Upload(
            token, shown_name(name), self._folder(token) / f"upload{suffix}", self.clock()
        )
        with self._lock:
            self._coming.remove(token)
            self._waiting[token] = upload
        upload.path.parent.mkdir()
        return upload

    def discard(self, upload: Upload) -> None:
        """Forget an upload that did not arrive."""
        with self._lock:
            self._waiting.pop(upload.token, None)
        self._delete(upload.token)

    @contextmanager
    def taken(self, token: str) -> Iterator[Upload]:
        """Hand an upload over, once; afterwards it is deleted, whatever happened.

        Raises:
            UploadRefusedError: There is no such upload, or not any more.
        """
        with self._lock:
            upload = self._waiting.pop(token, None)
            if upload is None:
                msg = "the file is not here any more; send it again"
                raise UploadRefusedError(msg, 404)
            self._busy.add(token)
        try:
            yield upload
        finally:
            self._delete(token)
            with self._lock:
                self._busy.discard(token)

    def sweep(self) -> None:
        """Delete what has been waiting for too long."""
        oldest = self.clock() - MAX_AGE_S
        with self._lock:
            late = [token for token, upload in self._waiting.items() if upload.since < oldest]
            for token in late:
                del self._waiting[token]
        for token in late:
            self._delete(token)

    def _folder(self, token: str) -> Path:
        return self.folder / token

    def _delete(self, token: str) -> None:
        shutil.rmtree(self._folder(token), ignore_errors=True)


def shown_name(name: str) -> str:
    r"""Return the last part of a file's name, fit for being shown on one line.

    Example:
        >>> shown_name("../../etc/passwd.png"), shown_name("C:\\x\\a.png"), shown_name("..")
        ('passwd.png', 'a.png', 'unnamed')
    """
    last = PurePosixPath(PureWindowsPath(name).name).name
    plain = "".join(letter for letter in last if letter.isprintable()).strip()
    return plain[-200:] if plain.strip(". ") else "unnamed"


def _suffix(name: str) -> str:
    """Return the ending of a name, if it is one that is known."""
    suffix = Path(shown_name(name)).suffix.lower()
    if suffix not in (*IMAGE_SUFFIXES, *VIDEO_SUFFIXES):
        known = ", ".join((*IMAGE_SUFFIXES, *VIDEO_SUFFIXES))
        msg = f"this is neither an image nor a video by its ending; send one of {known}"
        raise UploadRefusedError(msg, 415)
    return suffix
