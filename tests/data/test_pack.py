import hashlib
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resgat.data import pack_target
from resgat.data.folder import Folder, RemoteFolder, file_names
from resgat.data.index import CropIndex
from resgat.data.pack import pack
from resgat.data.schema import INDEX_NAME
from resgat.data.shard_writer import write_shard
from resgat.data.tar_store import TarStore
from resgat.errors import ConfigError, CropReadError, DatasetNotFoundError, StorageError

Rows = list[dict[str, Any]]


@pytest.fixture(params=["local", "bucket"])
def out(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A place for shards, on disk and behind a URL."""
    if request.param == "local":
        yield tmp_path_factory.mktemp("out") / "packed"
    else:
        folder = RemoteFolder("memory://packed/crops")
        yield folder
        if folder.is_dir():
            folder.remove()


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards of 20 kB instead of MiB, so that the few crops fill several."""
    monkeypatch.setattr("resgat.data.pack._MIB", 20_000)


def contents(folder: Folder) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in file_names(folder)}


def test_packed_crops_are_the_loose_ones(
    crops_dir: Path, rows: Rows, out: Any, small_shards: None
) -> None:
    (crops_dir / "manifest.json").write_text("{}")
    (crops_dir / "failures.csv").write_text("video_id,path,reason\n")
    loose = CropIndex.read(crops_dir)
    report = pack(loose, out, shard_mb=1)
    assert (report.num_files, report.num_shards) == (48 + 24, 13)
    packed = CropIndex.read(out)
    assert isinstance(packed.store, TarStore)
    assert packed.take().equals(loose.take())
    for position in range(48):
        np.testing.assert_array_equal(packed.read_image(position), loose.read_image(position))
        for column in ("path", "mask_path"):
            path = rows[position][column]
            assert path is None or packed.store.read(path) == (crops_dir / path).read_bytes()
    found = contents(out)
    for name in (INDEX_NAME, "manifest.json", "failures.csv"):
        assert found[name] == (crops_dir / name).read_bytes()
    assert not [name for name in found if name.startswith(".")]


def test_other_tools_read_and_check_the_folder(
    crops_dir: Path, rows: Rows, tmp_path: Path, small_shards: None
) -> None:
    out = tmp_path / "packed"
    pack(CropIndex.read(crops_dir), out, shard_mb=1)
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=out, check=True)
    names = []
    for shard in sorted(out.glob("crops-*.tar")):
        with tarfile.open(shard) as tar:
            names += tar.getnames()
    in_order = [path for row in rows for path in (row["path"], row["mask_path"]) if path]
    assert names == in_order


def test_a_killed_run_ends_as_if_it_had_not_been(
    crops_dir: Path, out: Any, small_shards: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    index = CropIndex.read(crops_dir)
    pack(index, whole, shard_mb=1)
    written: list[int] = []
    limit = 3

    def write_some(path: Path, members: Any, number: int) -> Any:
        if len(written) == limit:
            raise KeyboardInterrupt
        written.append(number)
        return write_shard(path, members, number)

    monkeypatch.setattr(pack_target, "write_shard", write_some)
    with pytest.raises(KeyboardInterrupt):
        pack(index, out, shard_mb=1)
    with pytest.raises(DatasetNotFoundError, match=f"holds no {INDEX_NAME}"):
        CropIndex.read(out)
    assert len([name for name in file_names(out) if name.endswith(".tar")]) == 3
    if isinstance(out, Path):
        (out / ".crops-000003.0123.tar").write_bytes(b"begun by a run that was killed for good")
    limit = 100
    pack(index, out, shard_mb=1)
    assert written == list(range(13))
    assert contents(out) == contents(whole)


def test_packing_again_checks_the_sums(crops_dir: Path, out: Any, small_shards: None) -> None:
    index = CropIndex.read(crops_dir)
    report = pack(index, out, shard_mb=1)
    assert pack(index, out, shard_mb=1) == report
    shard = out / "crops-000001.tar"
    damaged = bytearray(shard.read_bytes())
    damaged[700] ^= 1
    shard.write_bytes(bytes(damaged))
    with pytest.raises(StorageError, match=r"crops-000001\.tar: its SHA-256 is not that of"):
        pack(index, out, shard_mb=1)


def test_an_upload_that_changed_is_noticed(
    crops_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = RemoteFolder("memory://changed")
    monkeypatch.setattr(RemoteFolder, "upload", lambda self, path: self.write_bytes(b"other"))
    with pytest.raises(StorageError, match="its SHA-256 is not that of what was written"):
        pack(CropIndex.read(crops_dir), out)
    out.remove()


def test_other_content_is_refused(crops_dir: Path, out: Any, small_shards: None) -> None:
    if isinstance(out, Path):
        out.mkdir()
    (out / "precious.txt").write_bytes(b"x")
    with pytest.raises(ConfigError, match=r"out=.*packed.* holds something else than these crops"):
        pack(CropIndex.read(crops_dir), out, shard_mb=1)
    assert contents(out) == {"precious.txt": b"x"}


def test_the_crops_folder_itself_or_another_size_is_refused(
    crops_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    index = CropIndex.read(crops_dir)
    out = tmp_path_factory.mktemp("out") / "packed"
    pack(index, out, shard_mb=1)
    for folder, shard_mb in ((crops_dir, 1), (out, 2)):
        with pytest.raises(ConfigError, match="expected an empty or new folder"):
            pack(index, folder, shard_mb=shard_mb)


def test_a_crop_that_cannot_be_read_ends_the_run(crops_dir: Path, rows: Rows, out: Any) -> None:
    index = CropIndex.read(crops_dir)
    (crops_dir / rows[7]["path"]).write_bytes(b"")
    with pytest.raises(CropReadError, match=r"0003\.png has zero bytes"):
        pack(index, out)
    with pytest.raises(DatasetNotFoundError):
        CropIndex.read(out)


@pytest.mark.parametrize("shard_mb", [0, 100_000])
def test_a_size_out_of_range_is_refused(shard_mb: int, crops_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="shard_mb: expected a number"):
        pack(CropIndex.read(crops_dir), tmp_path / "out", shard_mb=shard_mb)


def test_a_place_that_cannot_be_written_to_is_named(crops_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"file/out: cannot be written to \(Not a directory\)"):
        pack(CropIndex.read(crops_dir), tmp_path / "file" / "out")


def test_sums_are_those_of_the_files(crops_dir: Path, tmp_path: Path) -> None:
    pack(CropIndex.read(crops_dir), tmp_path / "packed")
    for line in (tmp_path / "packed" / pack_target.SUMS_NAME).read_text().splitlines():
        expected, name = line.split("  ")
        assert hashlib.sha256((tmp_path / "packed" / name).read_bytes()).hexdigest() == expected
