import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.formparsers import MultiPartParser
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message

from resgat.app.intake import Intake
from resgat.app.upload import UploadRoute


@pytest.fixture
def intake(tmp_path: Path) -> Intake:
    return Intake(tmp_path, room=2)


@pytest.fixture
def client(intake: Intake) -> TestClient:
    uploads = UploadRoute(intake)
    routes = [
        Route("/upload", uploads.answer, methods=["POST"]),
        Route("/upload_progress", uploads.progress),
    ]
    return TestClient(Starlette(routes=routes))


def test_a_file_goes_into_the_intake_and_its_token_comes_back(
    client: TestClient, intake: Intake
) -> None:
    content = bytes(range(256)) * 10_000
    answer = client.post("/upload", files={"files": ("../x/é.png", content)})
    (token,) = answer.json()
    with intake.taken(token) as upload:
        assert upload.path.read_bytes() == content
        assert upload.name == "é.png"


def test_the_same_file_twice_is_two_uploads(client: TestClient, intake: Intake) -> None:
    first, second = (
        client.post("/upload", files={"files": ("a.png", b"x")}).json()[0] for _ in range(2)
    )
    with intake.taken(first):
        pass
    with intake.taken(second) as upload:
        assert upload.path.read_bytes() == b"x"


@pytest.mark.parametrize(
    ("files", "status", "words"),
    [
        ({"files": ("a.png", b"")}, 400, "the file is empty (0 bytes); send it again"),
        ({"files": ("a.exe", b"x")}, 415, "neither an image nor a video by its ending"),
        ({"other": ("a.png", b"x")}, 400, "expected a form with one file in it"),
        (
            [("files", ("a.png", b"x")), ("files", ("b.png", b"x"))],
            400,
            "expected a form with one file in it",
        ),
    ],
)
def test_what_is_no_upload_is_refused_in_words_and_leaves_nothing(
    client: TestClient, intake: Intake, files: dict, status: int, words: str
) -> None:
    refused = client.post("/upload", files=files)
    assert refused.status_code == status
    assert words in refused.text
    assert list(intake.folder.iterdir()) == []


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", ""])
def test_what_is_no_form_is_refused_in_words(client: TestClient, kind: str) -> None:
    refused = client.post("/upload", content=b"abc", headers={"content-type": kind})
    assert (refused.status_code, refused.text[:15]) == (400, "expected a form")


def test_where_there_is_no_room_it_is_said(client: TestClient, intake: Intake) -> None:
    for _ in range(2):
        client.post("/upload", files={"files": ("a.png", b"x")})
    refused = client.post("/upload", files={"files": ("a.png", b"x")})
    assert refused.status_code == 503
    assert refused.text == "2 files are waiting already; try again in a minute"
    assert len(list(intake.folder.iterdir())) == 2


def test_a_refused_file_leaves_its_place_to_others(client: TestClient, intake: Intake) -> None:
    for _ in range(3):
        client.post("/upload", files={"files": ("a.exe", b"x")})
        client.post("/upload", content=b"abc", headers={"content-type": "multipart/form-data"})
    assert client.post("/upload", files={"files": ("a.png", b"x")}).status_code == 200


class Sender:
    """Sends a file in two pieces, the second when it is told to."""

    def __init__(self) -> None:
        self.started, self.may_end = asyncio.Event(), asyncio.Event()
        self.taken = 0
        self.status: int | None = None

    async def receive(self) -> Message:
        self.taken += 1
        if self.taken == 1:
            body = b'--e\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
            return {"type": "http.request", "body": body, "more_body": True}
        self.started.set()
        await self.may_end.wait()
        return {"type": "http.request", "body": b"x\r\n--e--\r\n", "more_body": False}

    async def send(self, message: Message) -> None:
        self.status = message.get("status", self.status)

    async def post(self, app: Any) -> None:
        kind = (b"content-type", b"multipart/form-data; boundary=e")
        scope = {"type": "http", "method": "POST", "path": "/upload", "headers": [kind]}
        await app({**scope, "query_string": b""}, self.receive, self.send)


def test_files_on_their_way_are_counted_and_others_are_listened_to_and_not_kept(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms = []
    parse = MultiPartParser.parse

    async def counted(self: MultiPartParser) -> Any:
        forms.append(self)
        return await parse(self)

    monkeypatch.setattr(MultiPartParser, "parse", counted)

    async def all_at_once() -> list[Sender]:
        senders = [Sender() for _ in range(3)]
        posts = [asyncio.create_task(sender.post(client.app)) for sender in senders]
        for sender in senders:
            await sender.started.wait()
        for sender in senders:
            sender.may_end.set()
        await asyncio.gather(*posts)
        return senders

    with ThreadPoolExecutor(1) as thread:  # the browser of other tests has a loop in this one
        senders = thread.submit(asyncio.run, all_at_once()).result()
    assert [sender.status for sender in senders] == [200, 200, 503]
    assert [sender.taken for sender in senders] == [2, 2, 2]
    assert len(forms) == 2


def test_nobody_counts_bytes(client: TestClient) -> None:
    assert client.get("/upload_progress").text == 'data: {"msg": "done"}\n\n'
