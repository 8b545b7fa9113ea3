import pickle
from pathlib import Path
from typing import Any

import fsspec
import pytest

from resgat.data.folder import RemoteFolder, as_folder, file_names, is_empty, read_range
from resgat.errors import ConfigError


@pytest.fixture
def bucket() -> Any:
    """A bucket in memory with two files."""
    memory = fsspec.filesystem("memory")
    memory.pipe({"/bucket/crops/a.png": b"0123456789", "/bucket/crops/sub/b.png": b"b"})
    yield RemoteFolder("memory://bucket/crops")
    memory.rm("/bucket", recursive=True)


def test_local_places_are_paths_and_urls_are_not(tmp_path: Path) -> None:
    assert as_folder(str(tmp_path)) == as_folder(tmp_path) == tmp_path
    assert as_folder("s3://bucket/crops/") == RemoteFolder("s3://bucket/crops/")
    assert as_folder(RemoteFolder("s3://bucket")) == RemoteFolder("s3://bucket")
    assert str(RemoteFolder("s3://bucket/crops/") / "a/b.png") == "s3://bucket/crops/a/b.png"


def test_a_bucket_reads_like_a_folder(bucket: RemoteFolder) -> None:
    assert bucket.is_dir()
    assert not (bucket / "a.png").is_dir()
    assert (bucket / "a.png").is_file()
    assert not (bucket / "c.png").is_file()
    assert (bucket / "a.png").read_bytes() == b"0123456789"
    assert (bucket / "a.png").read_text() == "0123456789"
    with (bucket / "a.png").open() as file:
        assert file.read(2) == b"01"
    assert file_names(bucket) == ["a.png"]
    assert sorted(bucket.names()) == ["a.png", "sub"]
    with pytest.raises(FileNotFoundError):
        (bucket / "c.png").read_bytes()


def test_a_range_is_the_same_everywhere(bucket: RemoteFolder, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"0123456789")
    for folder in (bucket, tmp_path):
        assert read_range(folder / "a.png", 3, 4) == b"3456"
        assert read_range(folder / "a.png", 8, 4) == b"89"


def test_files_are_listed_without_folders(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "sub").mkdir()
    assert file_names(tmp_path) == ["a.png"]
    assert file_names(tmp_path / "nowhere") == file_names(tmp_path / "a.png") == []
    assert file_names(RemoteFolder("memory://nowhere")) == []


def test_empty_is_what_holds_nothing(bucket: RemoteFolder, tmp_path: Path) -> None:
    assert is_empty(tmp_path)
    assert is_empty(tmp_path / "nowhere")
    assert is_empty(RemoteFolder("memory://nowhere"))
    assert not is_empty(bucket)
    (tmp_path / "a.png").touch()
    assert not is_empty(tmp_path)
    assert not is_empty(tmp_path / "a.png")


def test_files_can_be_stored_and_removed(bucket: RemoteFolder, tmp_path: Path) -> None:
    (tmp_path / "local").write_bytes(b"up")
    (bucket / "new/up").upload(tmp_path / "local")
    (bucket / "new/written").write_bytes(b"w")
    assert (bucket / "new/up").read_bytes() == b"up"
    (bucket / "new").remove()
    assert not (bucket / "new").is_dir()


def test_a_pickle_holds_the_url_alone(bucket: RemoteFolder) -> None:
    bucket.is_dir()
    copy = pickle.loads(pickle.dumps(bucket))
    assert (copy / "a.png").read_bytes() == b"0123456789"


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(url: str) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", fail)
    with pytest.raises(ConfigError) as caught:
        RemoteFolder("s3://bucket/crops").is_dir()
    assert str(caught.value) == (
        "s3://bucket/crops: reading s3:// needs a package that is not installed; "
        "run `pip install s3fs`"
    )


def test_an_unknown_kind_of_url_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"nofs:// is no kind of storage that fsspec knows"):
        RemoteFolder("nofs://bucket").is_dir()
