from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from resgat.data.folder import RemoteFolder
from resgat.data.store import FileStore, check_path
from resgat.errors import CropReadError

UNSAFE = ["", "/etc/passwd", "..", "a/../../b", "a\\b", "C:/b", "a\0b", "../b"]


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    """A store of two files, one of them empty, below a folder with a secret."""
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "crops" / "sub").mkdir(parents=True)
    (tmp_path / "crops" / "sub" / "a.png").write_bytes(b"a")
    (tmp_path / "crops" / "empty.png").touch()
    return FileStore(tmp_path / "crops")


def test_a_file_is_read(store: FileStore) -> None:
    assert store.read("sub/a.png") == b"a"


@pytest.mark.parametrize("path", UNSAFE)
def test_no_path_leads_out_of_the_store(path: str, store: FileStore) -> None:
    with pytest.raises(CropReadError, match="expected a POSIX path below the crops folder"):
        store.read(path)
    assert store.exist(pa.chunked_array([[path, "sub/a.png"]])).tolist() == [False, True]


@pytest.mark.parametrize("path", ["a..b", "..a/b", "a/...", "ä b.png"])
def test_a_harmless_path_passes(path: str) -> None:
    check_path(path)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("none.png", "none.png does not exist"),
        ("sub", "cannot be read"),
        ("empty.png", "empty.png has zero bytes"),
    ],
)
def test_what_cannot_be_read_is_named(path: str, found: str, store: FileStore) -> None:
    with pytest.raises(CropReadError, match=f"{found}.*; expected a crop or a mask.*preprocess"):
        store.read(path)


def test_existence_is_told_for_many(store: FileStore) -> None:
    paths = ["sub/a.png", "empty.png", "none.png", "sub", "gone/a.png"]
    found = store.exist(pa.chunked_array([paths[:2], paths[2:]]))
    assert found.dtype == np.bool_
    assert found.tolist() == [True, True, False, False, False]
    assert store.exist(pa.chunked_array([], pa.string())).tolist() == []


def test_files_behind_a_url_are_the_same() -> None:
    root = RemoteFolder("memory://files")
    (root / "sub/a.png").write_bytes(b"a")
    store = FileStore(root)
    assert store.read("sub/a.png") == b"a"
    assert store.name("sub/a.png") == "memory://files/sub/a.png"
    assert store.exist(pa.chunked_array([["sub/a.png", "b.png"]])).tolist() == [True, False]
    with pytest.raises(CropReadError, match=r"memory://files/b\.png does not exist"):
        store.read("b.png")
    root.remove()
