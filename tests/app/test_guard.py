import json
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from resgat.app.guard import MESSAGES, UPLOADS, Guard


async def echo(request: Request) -> JSONResponse:
    return JSONResponse({"bytes": len(await request.body())})


@pytest.fixture
def client() -> TestClient:
    """What is behind the guard answers everything."""
    routes = [Route("/{path:path}", echo, methods=["GET", "POST", "PUT"])]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(Guard, max_mb=0.1)]))


def message(data: object) -> bytes:
    return json.dumps({"data": data, "fn_index": 1, "session_hash": "a"}).encode()


def test_the_page_and_what_it_asks_come_through(client: TestClient) -> None:
    for path in ("/", "/theme.css", "/gradio_api/queue/data?session_hash=a"):
        assert client.get(path).json() == {"bytes": 0}
    assert client.post(UPLOADS, content=b"x" * 99_000).json() == {"bytes": 99_000}
    texts = message(["token", None])
    assert client.post(MESSAGES, content=texts).json() == {"bytes": len(texts)}


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("http://testserver", 200),
        ("https://TestServer", 200),
        ("https://evil.example", 403),
        ("http://testserver:81", 403),
        ("http://testserver.evil.example", 403),
        ("null", 403),
        ("", 403),
    ],
)
def test_a_foreign_page_can_send_nothing(
    client: TestClient, origin: str | None, status: int
) -> None:
    """A browser lets any page send a form to anywhere, and says which page it was."""
    headers = {} if origin is None else {"origin": origin}
    sent = [
        client.post(UPLOADS, content=b"x", headers=headers),
        client.post(MESSAGES, content=message(["token"]), headers=headers),
    ]
    assert [answer.status_code for answer in sent] == [status, status]
    if status == 403:
        assert sent[0].text == "only the page itself may send anything here"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("GET", "/gradio_api/proxy=http://example.com"),
        ("GET", "/gradio_api/deep_link?session_hash=a"),
        ("POST", "/gradio_api/run/judge"),
        ("POST", "/gradio_api/vibe-edit"),
        ("POST", "/login"),
        ("PUT", UPLOADS),
    ],
)
def test_all_else_is_refused_in_words(client: TestClient, method: str, path: str) -> None:
    refused = client.request(method, path)
    assert (refused.status_code, refused.text) == (404, "there is nothing of that kind here")


@pytest.mark.parametrize(
    "data",
    [
        [{"path": "http://example.com/a.png", "meta": {"_type": "gradio.FileData"}}],
        ["token", ["nested"]],
        {"path": "a"},
        [1],
    ],
)
def test_a_message_with_anything_but_texts_is_refused(client: TestClient, data: object) -> None:
    refused = client.post(MESSAGES, content=message(data))
    assert (refused.status_code, refused.text) == (400, "expected a message of texts")


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"[" * 15_000, b"\xff"])
def test_a_message_that_is_none_is_refused(client: TestClient, body: bytes) -> None:
    assert client.post(MESSAGES, content=body).status_code == 400


def pieces(size: int) -> Iterator[bytes]:
    """A body that does not say how long it is."""
    for _ in range(size // 1000):
        yield b"x" * 1000


@pytest.mark.parametrize("content", [b"x" * 200_000, 200])
def test_too_large_a_file_is_refused_in_words_whether_it_states_its_size_or_not(
    client: TestClient, content: bytes | int
) -> None:
    body = pieces(1000 * content) if isinstance(content, int) else content
    refused = client.post(UPLOADS, content=body)
    assert refused.status_code == 413
    assert refused.text == "the file is larger than 0.1 MB, and no larger one is taken"
    assert client.post(MESSAGES, content=b" " * 30_000).text == "the message is too long"


def test_every_answer_forbids_the_browser_to_ask_elsewhere(client: TestClient) -> None:
    for answer in (client.get("/"), client.get("/gradio_api/file=a"), client.post(UPLOADS)):
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")
        assert "http" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
