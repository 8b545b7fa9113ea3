from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

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


def test_nobody_counts_bytes(client: TestClient) -> None:
    assert client.get("/upload_progress").text == 'data: {"msg": "done"}\n\n'
