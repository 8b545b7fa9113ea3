"""Asks a server about files as its page does, without a browser."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIMEOUT_S = 300
_LOCAL = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Answered:
    """What came back.

    Attributes:
        status: Of the upload, by HTTP.
        said: The verdict's markup, or the words of the refusal.
        compared: The comparison's markup.
    """

    status: int
    said: str
    compared: str = ""


def ask(url: str, path: Path) -> Answered:
    """Send a file and wait for its answer."""
    try:
        (token,) = json.loads(_post(f"{url}gradio_api/upload", *_form(path)))
    except urllib.error.HTTPError as refused:
        return Answered(refused.code, refused.read().decode())
    return Answered(200, *judged(url, token))


def judged(url: str, token: str) -> list[str]:
    """Ask about an upload, and return the last thing that was said."""
    session = secrets.token_hex(6)
    with _LOCAL.open(f"{url}config", timeout=TIMEOUT_S) as answer:
        config = json.load(answer)
    (number,) = (one["id"] for one in config["dependencies"] if one["api_name"] == "judge")
    message = {"data": [token], "fn_index": number, "session_hash": session}
    body = json.dumps(message).encode()
    _post(f"{url}gradio_api/queue/join", body, "application/json")
    stream = f"{url}gradio_api/queue/data?session_hash={session}"
    with _LOCAL.open(stream, timeout=TIMEOUT_S) as events:
        for line in events:
            event: dict[str, Any] = json.loads(line[5:]) if line.startswith(b"data:") else {}
            if event.get("msg") == "process_completed":
                assert event["success"], event
                found: list[str] = event["output"]["data"]
                return found
    msg = "the server ended the conversation"
    raise AssertionError(msg)


def rss_mb(pid: int) -> float:
    """Return how much memory a process holds, in MiB; Linux only."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def _form(path: Path) -> tuple[bytes, str]:
    edge = secrets.token_hex(16)
    head = (
        f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="{path.name}"\r\n\r\n'
    )
    body = head.encode() + path.read_bytes() + f"\r\n--{edge}--\r\n".encode()
    return body, f"multipart/form-data; boundary={edge}"


def _post(url: str, body: bytes, kind: str) -> bytes:
    request = urllib.request.Request(url, body, {"Content-Type": kind})
    with _LOCAL.open(request, timeout=TIMEOUT_S) as answer:
        return bytes(answer.read())
