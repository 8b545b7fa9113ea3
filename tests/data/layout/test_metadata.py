from pathlib import Path

import pytest

from resgat.data.layout.metadata import read_object
from resgat.errors import MetadataError


def read(path: Path) -> dict:
    return read_object(path, "the list of labels", "unpack it again")


def test_an_object_is_read_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    for mark in (b"", b"\xef\xbb\xbf"):
        path.write_bytes(mark + '{"é.mp4": {"label": [1]}}\r\n'.encode())
        assert read(path) == {"é.mp4": {"label": [1]}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected JSON without repeated keys, got Expecting value"),
        (b"[" * 100_000, "expected JSON without repeated keys"),
        (b"\xff\xfe", "expected JSON without repeated keys, got 'utf-8' codec"),
        (b'{"n": ' + b"9" * 5000 + b"}", "expected JSON without repeated keys, got Exceeds"),
        (b'{"a": {"b": 1, "b": 2}}', "expected JSON without repeated keys, got a repeated key 'b'"),
        (b"[]", "expected an object of video names, got list"),
    ],
)
def test_anything_else_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_bytes(content)
    with pytest.raises(MetadataError, match=rf"list\.json: {message}.*; unpack it again"):
        read(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MetadataError, match="no such file, expected the list of labels; unpack"):
        read(tmp_path / "list.json")
    with pytest.raises(MetadataError, match=r"got .*directory.*; unpack it again"):
        read(tmp_path)
