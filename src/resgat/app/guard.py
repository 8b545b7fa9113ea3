"""What stands before Gradio: which requests come through at all, and how large they may be.

Gradio's own addresses would read a message of any size into memory, fetch a file from any host that
a message names, and write the state of a page to disk when they are asked for a link to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: The address that takes files, and the one that takes messages, which hold texts and no files.
UPLOADS, MESSAGES = "/gradio_api/upload", "/gradio_api/queue/join"

#: All that the page and Gradio's client read below Gradio's own address.
_GRADIOS = "/gradio_api/"
_READ = ("upload_progress", "queue/data", "startup-events", "heartbeat/", "info")
#: Of a message that asks about an upload: it holds a token and little else.
_MESSAGE_BYTES = 20_000

_HEADERS = {
    # The page needs nothing from anywhere else, and cannot ask for it.
    "content-security-policy": "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
    "frame-ancestors 'none'; form-action 'self'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class _TooLargeError(Exception):
    """More has come in than may."""


class Guard:
    """Lets through what the page asks for, and refuses all else in words.

    Args:
        app: What is behind.
        max_mb: How large a file may be, in millions of bytes.
    """

    def __init__(self, app: ASGIApp, max_mb: float) -> None:
        self._app = app
        self._max_bytes = {UPLOADS: round(1e6 * max_mb) + _MESSAGE_BYTES, MESSAGES: _MESSAGE_BYTES}
        self._words = {
            UPLOADS: f"the file is larger than {max_mb:g} MB, and no larger one is taken",
            MESSAGES: "the message is too long",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        send = _with_headers(send)
        path = scope["path"]
        if scope["method"] == "POST" and _is_foreign(Headers(scope=scope)):
            refusal = PlainTextResponse("only the page itself may send anything here", 403)
            await refusal(scope, receive, send)
        elif scope["method"] == "POST" and path in self._max_bytes:
            await self._post(path, scope, receive, send)
        elif scope["method"] in ("GET", "HEAD") and _may_be_read(path):
            await self._app(scope, receive, send)
        else:
            refusal = PlainTextResponse("there is nothing of that kind here", 404)
            await refusal(scope, receive, send)

    async def _post(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        receive = _bounded(receive, self._max_bytes[path])
        try:
            if path == MESSAGES:
                body = await _whole(receive)
                if not _holds_texts_only(body):
                    refusal = PlainTextResponse("expected a message of texts", 400)
                    return await refusal(scope, receive, send)
                receive = _again(body, receive)
            await self._app(scope, receive, send)
        except _TooLargeError:
            await PlainTextResponse(self._words[path], 413)(scope, receive, send)


def _is_foreign(headers: Mapping[str, str]) -> bool:
    """Tell whether a browser asks for the sake of another page than this server's.

    It names the page's origin with every POST, and lets any page send a form to anywhere.

    Example:
        >>> here = {"host": "127.0.0.1:7860"}
        >>> _is_foreign(here), _is_foreign({**here, "origin": "http://127.0.0.1:7860"})
        (False, False)
        >>> _is_foreign({**here, "origin": "null"})
        True
    """
    host = headers.get("host", "").lower()
    origin = headers.get("origin")
    return origin is not None and origin.lower() not in (f"http://{host}", f"https://{host}")


def _may_be_read(path: str) -> bool:
    """Tell whether an address is the page's: its files, or what it asks Gradio.

    Example:
        >>> _may_be_read("/theme.css"), _may_be_read("/gradio_api/file=/etc/passwd")
        (True, False)
    """
    return not path.startswith(_GRADIOS) or path.removeprefix(_GRADIOS).startswith(_READ)


def _bounded(receive: Receive, most: int) -> Receive:
    """Count what comes in.

    Who sends more is listened to until the end, and nothing of it is kept: a browser that is
    interrupted would tell its user of a broken connection instead of the reason.
    """
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen <= most:
            return message
        while message["type"] == "http.request" and message.get("more_body"):
            message = await receive()
        raise _TooLargeError

    return counted


async def _whole(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """Let a body that was read be read once more."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return first.pop() if first else await receive()

    return replayed


def _holds_texts_only(body: bytes) -> bool:
    """Tell whether the data of a message are texts: a file in it would be fetched."""
    try:
        message: Any = json.loads(body)
    except (ValueError, RecursionError):
        return False
    if not isinstance(message, Mapping):
        return False
    data = message.get("data") or []
    return isinstance(data, list) and all(one is None or isinstance(one, str) for one in data)


def _with_headers(send: Send) -> Send:
    extra = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *extra]}
        await send(message)

    return sending
